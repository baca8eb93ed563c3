"""A real etcd cluster on loopback."""

import json
from pathlib import Path

from tests.servers.etcd import EtcdServer
from tests.waiting import until


class EtcdCluster:
    """`size` nodes, each an EtcdServer that can be killed, frozen and started by itself."""

    def __init__(self, folder: Path, size: int = 3, arguments: tuple[str, ...] = ()) -> None:
        """Choose names and ports; nothing runs before start()."""
        self.nodes = [
            EtcdServer(folder / f"etcd{n}", f"etcd{n}", arguments=arguments) for n in range(size)
        ]
        members = ",".join(f"{node.name}={node.peer_url}" for node in self.nodes)
        for node in self.nodes:
            node.cluster = members

    @property
    def endpoints(self) -> list[str]:
        """`host:port` of every node, running or not."""
        return [node.endpoint for node in self.nodes]

    def start(self) -> None:
        """Start every node that is not running; returns when all are healthy."""
        for node in self.nodes:
            if not node.child.running:
                node.start(wait=False)
        for node in self.nodes:
            node.wait_healthy()

    def stop(self) -> None:
        """End every node, frozen ones too."""
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        """SIGKILL every node."""
        for node in self.nodes:
            node.kill()

    def leader(self, timeout: float = 30.0) -> EtcdServer:
        """The node that leads; waits up to `timeout` s for the running nodes to have one."""
        return until(self._leader, timeout, "the cluster has a leader") or self.nodes[0]

    def etcdctl(self, *arguments: str, stdin: str = "") -> str:
        """Run etcdctl against the first node that says that it is healthy."""
        healthy = until(lambda: [node for node in self.nodes if node.healthy()], why="a node")
        return healthy[0].etcdctl(*arguments, stdin=stdin)

    def _leader(self) -> EtcdServer | None:
        for node in self.nodes:
            if node.child.running and node.healthy():
                status = json.loads(node.etcdctl("endpoint", "status", "-w", "json"))[0]["Status"]
                if status["leader"] == status["header"]["member_id"]:
                    return node
        return None
