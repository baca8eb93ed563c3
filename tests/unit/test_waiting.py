"""The waiting table: who tries its turn when, and what calls a waiting run off."""

from dataclasses import replace

import pytest

from common.job import Job
from common.owed import WAITING
from common.record import NOT_STARTED
from tests.planned import planned
from tests.turned_clock import TurnedClock
from worker.asks import Ask, End, Turn, Turns
from worker.claim import Claim
from worker.events import KillAsked
from worker.kills import KEPT_SECONDS, Kills
from worker.planned import Planned
from worker.relief import AT_ONCE, CROWDED_SECONDS
from worker.standing import Standing
from worker.waiting import AGAIN_SECONDS, STRANGE_SECONDS, Waiting
from worker.waits import Turned, Unturned, Waits

T = 1_800_000_000_000
CREATED, REVISION = 20, 21


class Desk:
    """A waiting table on a turned clock, and all that it asks."""

    def __init__(self) -> None:
        self.clock = TurnedClock(wall_ms=T)
        self.asked: list[Ask] = []
        self.jobs: dict[str, Planned] = {}
        self.standing: Standing | None = Standing("me", 7, 1e9)
        self.whose: str | None = ""
        self.others: str | None = ""
        self.kills = Kills(self.clock)
        self.waiting = Waiting(
            self.clock,
            self.asked.append,
            self.jobs.get,
            lambda: self.standing,
            self.kills,
            lambda claim, instead: self.others if instead else self.whose,
        )
        self.save()

    def save(self, revision: int = 5, **fields: object) -> None:
        """Let the job be this."""
        job = replace(Job("a", "true", "* * * * *", overlap="queue"), **fields)  # type: ignore[arg-type]
        self.jobs["a"] = planned(job, revision)
        self.waiting.saved("a", self.clock.now_ms)

    def wait(self, at: int = T, delay_ms: int | None = None, **changes: object) -> Claim:
        """Let a run wait from now on; its claim."""
        claim = replace(Claim("a", 5, "true", T - 1, at, "me", 7, True, None), **changes)  # type: ignore[arg-type]
        owed = replace(claim.owed(), state=WAITING, delay_ms=delay_ms)
        self.waiting.add(Waits(claim, owed, REVISION, CREATED))
        return claim

    def turns(self, room: int = 5) -> list[Turn]:
        """Look, and give the turns that it asks for."""
        self.asked.clear()
        self.waiting.look(self.clock.now_ms, room)
        return [turn for ask in self.asked if isinstance(ask, Turns) for turn in ask.turns]

    def ended(self) -> list[tuple[str, str, str]]:
        """Run, outcome and reason of what was called off since."""
        finishes = [ask.finish for ask in self.asked if isinstance(ask, End) and ask.files]
        return [(each.run_id, each.owed.outcome, each.owed.reason) for each in finishes]


@pytest.fixture
def desk() -> Desk:
    """A desk with a job that queues."""
    return Desk()


def test_a_waiting_run_tries_its_turn_as_its_job_is_by_then(desk: Desk) -> None:
    claim = desk.wait()
    desk.save(8, command="other", overlap="allow")
    (turn,) = desk.turns()
    assert (turn.claim.run_id, turn.revision) == (claim.run_id, REVISION)
    assert (turn.claim.job_revision, turn.claim.command, turn.claim.locks) == (8, "other", False)
    assert turn.claim.counts_from_now


def test_it_tries_again_after_a_while_and_at_once_when_a_run_of_its_unit_ends(desk: Desk) -> None:
    desk.wait()
    (turn,) = desk.turns()
    desk.waiting.unturned(Unturned(turn.claim))
    assert desk.turns() == []
    desk.waiting.freed(["b"])
    assert desk.turns() == []
    desk.waiting.freed(["a"])
    (turn,) = desk.turns()
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(AGAIN_SECONDS)
    assert len(desk.turns()) == 1


def test_a_turn_is_tried_once_at_a_time(desk: Desk) -> None:
    desk.wait()
    assert len(desk.turns()) == 1
    desk.waiting.freed(["a"])
    assert desk.turns() == []
    assert desk.waiting.turning == 1


def test_a_retry_waits_for_its_delay_by_a_clock_that_no_step_moves(desk: Desk) -> None:
    claim = desk.wait(delay_ms=10_000, attempt=1)
    desk.clock.now_ms += 3_600_000
    desk.waiting.freed(["a"])
    assert desk.turns() == []
    desk.clock.turn(10)
    (turn,) = desk.turns()
    assert turn.claim.run_id == claim.run_id == f"a@{T}+1"


def test_who_waits_tries_no_turn_without_room_and_stays_in_line(desk: Desk) -> None:
    first = desk.wait()
    desk.clock.turn(1)
    desk.wait(at=T + 1000)
    assert desk.turns(room=0) == []
    assert [turn.claim.run_id for turn in desk.turns(room=1)] == [first.run_id]


def test_the_waiter_of_a_turn_is_known_once(desk: Desk) -> None:
    desk.wait()
    (turn,) = desk.turns()
    waiter = desk.waiting.turned(Turned(turn.claim, 30))
    assert waiter
    assert waiter.created == CREATED
    assert desk.waiting.turned(Turned(turn.claim, 30)) is None
    assert len(desk.waiting) == 0


def test_what_another_goes_on_with_is_forgotten(desk: Desk) -> None:
    claim = desk.wait()
    (turn,) = desk.turns()
    desk.waiting.unturned(Unturned(turn.claim, moved=True))
    assert claim.run_id not in desk.waiting
    assert desk.ended() == []


def test_a_kill_means_what_waited_when_it_was_asked_for(desk: Desk) -> None:
    claim = desk.wait()
    desk.waiting.kill(KillAsked("a", CREATED))
    desk.waiting.kill(KillAsked("a", CREATED + 1, "a@7"))
    assert desk.ended() == []
    desk.waiting.kill(KillAsked("a", CREATED + 1))
    ((run_id, outcome, reason),) = desk.ended()
    assert (run_id, outcome) == (claim.run_id, NOT_STARTED)
    assert "killed on request" in reason
    assert desk.turns() == []


def test_a_kill_that_was_heard_before_the_run_waited_means_it_too(desk: Desk) -> None:
    desk.kills.add(KillAsked("a", CREATED + 1))
    claim = desk.wait()
    assert [run_id for run_id, _, _ in desk.ended()] == [claim.run_id]


def test_what_is_called_off_while_it_tries_its_turn_is_ended_when_that_is_answered(
    desk: Desk,
) -> None:
    desk.wait()
    (turn,) = desk.turns()
    desk.waiting.kill(KillAsked("a", CREATED + 1))
    assert desk.ended() == []
    desk.waiting.unturned(Unturned(turn.claim))
    assert len(desk.ended()) == 1


def test_a_deletion_and_a_pause_call_off_what_waits(desk: Desk) -> None:
    desk.wait()
    desk.waiting.gone("a", deleted=True)
    assert [reason for _, _, reason in desk.ended()] == ["the job was deleted"]
    desk.wait(at=T + 1000)
    desk.asked.clear()
    desk.save(6, paused=True, paused_by="ada")
    assert [reason for _, _, reason in desk.ended()] == ["the job was paused by ada"]


def test_what_was_asked_for_by_hand_is_not_called_off_by_a_pause(desk: Desk) -> None:
    desk.wait(manual="0badcafe", by="ada")
    desk.save(6, paused=True)
    assert len(desk.turns()) == 1


def test_a_job_that_was_made_anew_is_another(desk: Desk) -> None:
    desk.wait()
    desk.jobs["a"] = replace(desk.jobs["a"], revision=30, created=30)
    assert desk.turns() == []
    assert [reason for _, _, reason in desk.ended()] == ["the job was deleted"]


def test_what_was_called_off_is_not_found_again_as_it_was(desk: Desk) -> None:
    claim = desk.wait()
    desk.waiting.gone("a", deleted=True)
    owed = replace(claim.owed(), state=WAITING)
    desk.waiting.add(Waits(claim, owed, REVISION, CREATED))
    assert claim.run_id not in desk.waiting


def test_a_job_that_is_not_listed_yet_is_waited_for_and_not_for_ever(desk: Desk) -> None:
    desk.wait()
    del desk.jobs["a"]
    (turn,) = desk.turns()
    assert turn.claim.job_revision == -1, "a revision that no job has"
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(STRANGE_SECONDS + 1)
    assert desk.turns() == []
    assert [reason for _, _, reason in desk.ended()] == ["the job cannot run"]


def test_a_worker_that_may_not_run_it_hands_it_over(desk: Desk) -> None:
    desk.wait()
    desk.whose = "other"
    (turn,) = desk.turns()
    assert (turn.to, turn.claim.incarnation) == ("other", "me")


def test_a_worker_without_room_hands_over_what_it_may_not_run(desk: Desk) -> None:
    desk.wait()
    assert desk.turns(room=0) == []
    desk.clock.turn(AGAIN_SECONDS)
    desk.whose = "other"
    (turn,) = desk.turns(room=0)
    assert turn.to == "other"
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(AGAIN_SECONDS)
    desk.whose = ""
    (turn,) = desk.turns()
    assert turn.to == ""


def test_a_worker_that_runs_nothing_now_lets_another_go_on_if_one_has_room(desk: Desk) -> None:
    desk.wait()
    desk.waiting.pass_on()
    assert desk.asked == []
    desk.others = "other"
    desk.clock.turn(AGAIN_SECONDS)
    desk.waiting.pass_on()
    ((ask,),) = [ask.turns for ask in desk.asked if isinstance(ask, Turns)]
    assert ask.to == "other"


def test_what_finds_no_room_for_a_while_is_handed_to_who_has_some(desk: Desk) -> None:
    desk.wait()
    desk.others = "other"
    assert desk.turns(room=0) == []
    desk.clock.turn(CROWDED_SECONDS - 0.1)
    assert desk.turns(room=0) == []
    desk.clock.turn(AGAIN_SECONDS)
    (turn,) = desk.turns(room=0)
    assert (turn.to, turn.unlocked) == ("other", True)
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(AGAIN_SECONDS)
    assert [turn.to for turn in desk.turns(room=0)] == ["other"], "its lock may be free by now"


def test_what_finds_no_room_stays_where_nobody_has_any(desk: Desk) -> None:
    desk.wait()
    desk.turns(room=0)
    desk.clock.turn(CROWDED_SECONDS)
    assert desk.turns(room=0) == []
    assert [turn.to for turn in desk.turns(room=1)] == [""]


def test_who_has_room_is_given_a_few_at_a_time(desk: Desk) -> None:
    for number in range(AT_ONCE + 1):
        desk.wait(at=T + number)
    desk.others = "other"
    desk.turns(room=0)
    desk.clock.turn(CROWDED_SECONDS)
    assert len(desk.turns(room=0)) == AT_ONCE
    desk.clock.turn(AGAIN_SECONDS)
    assert len(desk.turns(room=0)) == 1


def test_a_delay_goes_on_where_it_was_begun(desk: Desk) -> None:
    desk.wait(delay_ms=10_000, attempt=1)
    desk.whose = desk.others = "other"
    assert desk.turns(room=0) == []
    desk.waiting.pass_on()
    assert desk.asked == []


def test_a_retry_of_a_job_that_is_gone_is_called_off_before_its_delay_is_over(desk: Desk) -> None:
    del desk.jobs["a"]
    desk.wait(delay_ms=3_600_000, attempt=1)
    (turn,) = desk.turns()
    assert turn.claim.job_revision == -1, "a revision that no job has"
    desk.waiting.unturned(Unturned(turn.claim, deleted=True))
    assert [reason for _, _, reason in desk.ended()] == ["the job was deleted"]


def test_a_retry_whose_job_is_listed_late_waits_for_the_rest_of_its_delay(desk: Desk) -> None:
    job = desk.jobs.pop("a")
    desk.wait(delay_ms=100_000, attempt=1)
    (turn,) = desk.turns()
    desk.jobs["a"] = job
    desk.waiting.freed(["a"])
    desk.waiting.unturned(Unturned(turn.claim))
    desk.waiting.freed(["a"])
    desk.clock.turn(99)
    assert desk.turns() == []
    desk.clock.turn(1)
    assert len(desk.turns()) == 1


def test_what_nobody_may_run_waits_for_a_worker_and_not_for_ever(desk: Desk) -> None:
    desk.wait()
    desk.whose = None
    assert desk.turns() == []
    desk.clock.turn(STRANGE_SECONDS + 1)
    assert desk.turns() == []
    assert [reason for _, _, reason in desk.ended()] == ["no worker that may run it was there"]


def test_nothing_is_tried_without_a_lease_and_nothing_of_a_life_that_is_over(desk: Desk) -> None:
    desk.wait()
    desk.standing = None
    assert desk.turns() == []
    assert len(desk.waiting) == 1
    desk.standing = Standing("me again", 8, 1e9)
    desk.clock.turn(AGAIN_SECONDS)
    assert desk.turns() == []
    assert len(desk.waiting) == 0
    assert desk.ended() == []


def test_what_waits_of_a_job_that_cannot_be_read_says_so(desk: Desk) -> None:
    desk.wait()
    desk.waiting.gone("a", deleted=False)
    assert [reason for _, _, reason in desk.ended()] == ["the job cannot run"]


def test_kills_of_jobs_that_are_never_killed_again_are_not_kept_for_ever(desk: Desk) -> None:
    for number in range(5):
        desk.kills.add(KillAsked(f"job-{number}", 30))
        desk.clock.turn(KEPT_SECONDS / 2)
    assert len(desk.kills) == 2
    assert desk.kills.reason("job-4", "job-4@1", 29)
