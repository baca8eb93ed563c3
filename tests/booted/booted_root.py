"""The container itself: what the other booted tests rest on."""

from tests.booted.guest import Guest


def test_the_root_comes_up_with_systemd_and_nothing_failed(guest: Guest) -> None:
    assert guest.until("systemctl is-system-running").strip() == "running"
    assert guest.sh("cat /proc/1/comm").strip() == "systemd"


def test_cgroups_are_of_version_two_alone_and_can_be_killed(guest: Guest) -> None:
    assert guest.sh("stat -fc %T /sys/fs/cgroup").strip() == "cgroup2fs"
    assert guest.sh("ls /sys/fs/cgroup/system.slice/cgroup.kill")


def test_the_product_of_this_checkout_is_installed_with_its_units(guest: Guest) -> None:
    assert "standalone" in guest.run("/opt/fleetcron/bin/fleetcron", "--help")
    assert "loaded" in guest.sh("systemctl show -p LoadState fleetcron-worker.service")
