"""A user beside the one that the tests run as: daemon where that is root, else there is none."""

import os
import pwd

from tests.own_user import OWN_USER
from worker.executor_config import ExecutorConfig

AS_ROOT = os.getuid() == 0
OTHER = "daemon" if AS_ROOT else OWN_USER
USER = pwd.getpwnam(OTHER)
ALLOWING = ExecutorConfig(default_user="", allowed_users=("*", "root"))
"""Jobs may name everybody; root runs those that name nobody as nobody."""
