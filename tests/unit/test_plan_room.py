"""Jobs that wait in line for room."""

from tests.desk import Desk
from worker.events import Adopted


def test_without_room_jobs_wait_in_line_oldest_first(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.save(name)
        desk.adopt(name)
    desk.clock.turn(2)
    assert [take.claim.name for take in desk.takes(room=1)] == ["a"]
    assert desk.takes(room=0) == []
    assert [take.claim.name for take in desk.takes(room=9)] == ["b", "c"]


def test_a_job_waits_in_line_once_however_often_workers_come_and_go(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.clock.turn(2)
    assert desk.takes(room=0) == []
    for names in (("other",), ("me",)) * 3:
        desk.see(*names)
        desk.adopt()
        desk.clock.turn(1)
        assert desk.takes(room=0) == []
    assert desk.plan.crowded == 1
    assert len(desk.takes(room=9)) == 1


def test_what_is_only_recorded_needs_no_room(desk: Desk) -> None:
    desk.save()
    desk.save("rare", expr="0 0 * * *")
    for name in ("a", "rare"):
        desk.plan.adopted(Adopted({name: (1, desk.clock.now_ms - 86_400_000)}))
    (take,) = desk.takes(room=0)
    assert (take.claim.name, bool(take.missed)) == ("rare", True)
