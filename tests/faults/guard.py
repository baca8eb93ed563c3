"""An etcd that asks daemons who they are, and what they are allowed there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.servers.etcd_cluster import EtcdCluster

USER = ROLE = "fleet"


class Guard:
    """The user of the daemons, with a role for what lies under /cron/ alone."""

    def __init__(self, etcd: EtcdCluster, password_file: Path) -> None:
        """Choose a password, and write it where the daemons' settings say."""
        self._etcd = etcd
        self._password = secrets.token_hex(8)
        password_file.touch(0o600)
        password_file.write_text(self._password)
        self.settings: Mapping[str, Any] = {
            "etcd_user": USER,
            "etcd_password_file": str(password_file),
        }

    def close_the_door(self) -> None:
        """Make user and role, and let nobody in without a login; the cluster must run."""
        first = self._etcd.nodes[0]
        first.etcdctl("role", "add", ROLE)
        self.permit()
        first.etcdctl("user", "add", USER, "--new-user-password", self._password)
        first.etcdctl("user", "grant-role", USER, ROLE)
        login = first.require_login()
        for node in self._etcd.nodes:
            node.login = login

    def permit(self) -> None:
        """Give the role its right."""
        self._etcd.etcdctl("role", "grant-permission", ROLE, "--prefix=true", "readwrite", "/cron/")

    def forbid(self) -> None:
        """Take the right away."""
        self._etcd.etcdctl("role", "revoke-permission", ROLE, "--prefix=true", "/cron/")
