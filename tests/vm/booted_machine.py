"""The machine itself: what its other tests rest on."""

from tests.booted.guest import Guest


def test_every_controller_that_a_limit_needs_is_there(guest: Guest) -> None:
    controllers = guest.sh("cat /sys/fs/cgroup/cgroup.controllers").split()
    assert {"cpu", "io", "memory", "pids"} <= set(controllers)


def test_the_product_of_this_checkout_is_installed(guest: Guest) -> None:
    assert "standalone" in guest.run("/opt/fleetcron/bin/fleetcron", "--help")
