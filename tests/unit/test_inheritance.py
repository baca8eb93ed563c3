"""What a former life left: gone on with where an executor has it, and ended once."""

from dataclasses import replace

import pytest

from common.job import Job
from common.record import FAILED, KILLED, LOST, NOT_STARTED, SUCCESS
from tests.unit.running import Desk, T, ended, unstarted
from worker.asks import Before, End, KeysAlone
from worker.baggage import Baggage, pack_baggage
from worker.claim import Claim
from worker.ends_told import EndsTold
from worker.events import FormerOver, Inherited, KillAsked, Resumed
from worker.hello import Held
from worker.inheritance import Inheritance
from worker.orders import Ended, ExecutorLost, Over, Started
from worker.spooled import Range, Spooled

CLAIM = Claim("a", 3, "echo hi", T - 1, T, "me", 7, True, None)
JOB = Job("a", "echo hi", "* * * * *", retries=1, on_restart="keep")
BAGGAGE = Baggage(CLAIM, JOB, 10, 8, T + 3)
RUN = CLAIM.run_id
KNOWN = dict[str, tuple[str, int]]


class Heir(Desk):
    """A running table of a new life, and its inheritance."""

    def __init__(self) -> None:
        super().__init__()
        self.looked: list[KNOWN] = []
        self.spool: dict[int, Spooled] = {}
        self.inheritance = Inheritance(
            self.clock,
            self.notes,  # type: ignore[arg-type]
            lambda runs, strays: self.looked.append(dict(runs)),
            self.runs,
            lambda where, begin: self.spool.get(begin),
        )

    def resume(self, context: str = "", pid: int = 99) -> None:
        """An executor has the run."""
        held = Held(RUN, "a", 10, 5.0, True, context or pack_baggage(BAGGAGE), pid, T)
        self.inheritance.resume(Resumed((held,)))

    def inherit(self) -> None:
        """The store says that the run is ours."""
        self.inheritance.take(Inherited(((CLAIM, 10),)))

    def tell_again(self, *run_ids: str, context: str = "") -> EndsTold:
        """An executor of a former life has these ends in its spool."""
        context = context or pack_baggage(BAGGAGE)
        over = [short(run_id, n) for n, run_id in enumerate(run_ids)]
        self.spool = {each.offset: Spooled(each.offset, 9, context, {}, b"") for each in over}
        event = EndsTold(Range("home", 0, 0, 0, 0, 9), tuple(over), again=True)
        self.inheritance.ended_before(event)
        return event

    def end(self) -> End:
        """The one end that was asked for."""
        (asked,) = self.asked
        assert isinstance(asked, End)
        return asked


def short(run_id: str, offset: int) -> Over:
    """The end of a run that failed, in short."""
    return Over(run_id, FAILED, 1, None, T, T + 5, "exit code 1", "", offset)


@pytest.fixture
def heir() -> Heir:
    """One of whose former life nothing is known yet."""
    return Heir()


def told(context: str = "", **changed: object) -> Ended:
    """The end, as it is told to another life."""
    context = context or pack_baggage(BAGGAGE)
    return replace(ended(RUN, output=b"hi\n"), context=context, **changed)  # type: ignore[arg-type]


def test_a_run_that_an_executor_has_goes_on_and_ends_as_if_it_were_of_this_life(
    heir: Heir,
) -> None:
    heir.inherit()
    assert heir.looked == [{RUN: ("a", 10)}]
    heir.resume()
    assert (len(heir.runs), len(heir.inheritance)) == (1, 0)
    heir.inheritance.settle(FormerOver(frozenset(), frozenset()))
    heir.runs.ended(ended(RUN, FAILED, b"hi\n"))
    asked = heir.end()
    assert (asked.finish.revision, asked.unlock, asked.told) == (10, True, True)
    assert asked.finish.retry, "its job was known"
    ((record,),) = (filing.records for filing in heir.filed)
    assert (record.outcome, record.output, record.schedule_time) == (FAILED, "hi\n", T + 3)
    assert heir.filed[0].told == RUN


def test_a_run_that_had_not_started_says_so_if_it_is_killed_before(heir: Heir) -> None:
    heir.resume(pid=0)
    heir.runs.ended(unstarted(RUN, KILLED))
    assert heir.outcomes() == [(RUN, NOT_STARTED)]


def test_a_run_that_starts_after_the_restart_has_started(heir: Heir) -> None:
    heir.resume(pid=0)
    heir.runs.started(Started(RUN, 99, T))
    heir.runs.ended(ended(RUN, KILLED))
    assert heir.outcomes() == [(RUN, KILLED)]


@pytest.mark.parametrize("revision", [8, 9])
def test_a_kill_means_it_by_when_its_key_was_created(heir: Heir, revision: int) -> None:
    heir.resume()
    heir.runs.kill(KillAsked("a", revision, ""))
    assert bool(heir.crew.kills) == (revision > 8)


def test_a_kill_that_was_heard_before_it_was_resumed_means_it_too(heir: Heir) -> None:
    heir.runs.kill(KillAsked("a", 9, RUN))
    heir.resume()
    assert [run_id for run_id, _ in heir.crew.kills] == [RUN]


def test_an_end_that_nobody_recorded_is_recorded_once(heir: Heir) -> None:
    heir.inherit()
    for _ in range(2):
        heir.inheritance.told_again(told())
    assert heir.outcomes() == [(RUN, SUCCESS)]
    assert (heir.end().told, heir.filed[0].told) == (True, RUN)
    assert len(heir.inheritance) == 0


def test_an_end_told_again_of_a_run_that_goes_on_here_ends_it(heir: Heir) -> None:
    heir.resume()
    heir.inheritance.told_again(told())
    assert heir.outcomes() == [(RUN, SUCCESS)]
    assert len(heir.runs) == 0


def test_an_end_of_what_was_killed_before_it_started_says_so(heir: Heir) -> None:
    nothing = told(outcome=KILLED, exit_code=None, signal=None, cpu_seconds=None)
    heir.inheritance.told_again(nothing)
    assert heir.outcomes() == [(RUN, NOT_STARTED)]


def test_what_was_given_up_is_still_ended_and_let_go_of_when_its_executor_is_heard(
    heir: Heir,
) -> None:
    heir.inherit()
    heir.inheritance.settle(FormerOver(frozenset([RUN]), frozenset([RUN])))
    heir.inheritance.told_again(told())
    assert heir.outcomes() == [(RUN, LOST), (RUN, SUCCESS)]
    assert [filing.told for filing in heir.filed] == ["", RUN], "its executor waits for that"


def test_what_was_given_up_and_still_runs_goes_on(heir: Heir) -> None:
    heir.inherit()
    heir.inheritance.settle(FormerOver(frozenset([RUN]), frozenset([RUN])))
    heir.resume()
    heir.runs.ended(ended(RUN, KILLED))
    assert [filing.told for filing in heir.filed] == ["", RUN]


def test_an_executor_that_dies_loses_the_run(heir: Heir) -> None:
    heir.resume()
    heir.runs.lost(ExecutorLost(0, (RUN,)))
    assert heir.outcomes() == [(RUN, LOST)]


def test_of_what_no_text_explains_the_key_must_do(
    heir: Heir, caplog: pytest.LogCaptureFixture
) -> None:
    heir.inherit()
    heir.resume("nonsense")
    assert len(heir.inheritance) == 0
    heir.runs.ended(ended(RUN))
    assert heir.outcomes() == [(RUN, SUCCESS)]
    assert heir.end().finish.revision == 10
    assert "what its key says must do" in caplog.text


def test_a_run_that_goes_on_is_lost_with_its_executor_whatever_text_that_comes_with(
    heir: Heir,
) -> None:
    heir.resume()
    heir.inheritance.told_again(told("?", outcome=LOST))
    assert (heir.outcomes(), len(heir.runs)) == ([(RUN, LOST)], 0)


def test_a_run_of_which_the_end_was_never_told_again_is_ended_by_its_key(heir: Heir) -> None:
    heir.inherit()
    heir.inheritance.told_again(told("?", outcome=LOST))
    assert (heir.outcomes(), len(heir.inheritance)) == ([(RUN, LOST)], 0)
    assert (heir.end().finish.revision, heir.end().told) == (10, True)


def test_of_what_neither_text_nor_key_explains_only_a_key_can_be_recorded(
    heir: Heir, caplog: pytest.LogCaptureFixture
) -> None:
    heir.inheritance.told_again(told("nonsense"))
    heir.resume("nonsense")
    assert (heir.asked, heir.filed, len(heir.runs)) == ([Before((RUN,)), KeysAlone((RUN,))], [], 0)
    assert "others settle it" in caplog.text


def test_an_end_in_the_spool_of_a_run_that_is_ours_still_is_written_with_its_retry(
    heir: Heir,
) -> None:
    heir.inherit()
    event = heir.tell_again(RUN)
    asked = heir.end()
    assert (asked.finish.run_id, asked.finish.revision, asked.durable) == (RUN, 10, True)
    assert asked.finish.retry, "its job was read from the spool"
    assert (heir.spooled, heir.filed, len(heir.inheritance)) == ([event], [], 0)


def test_an_end_in_the_spool_of_a_run_that_goes_on_here_ends_it(heir: Heir) -> None:
    heir.resume()
    event = heir.tell_again(RUN)
    assert heir.end().told
    assert (heir.spooled, len(heir.runs)) == ([event], 0)


def test_of_runs_that_are_over_already_only_the_records_are_owed(heir: Heir) -> None:
    heir.inherit()
    event = heir.tell_again("b@1", RUN, "b@2")
    before, asked = heir.asked if isinstance(heir.asked[0], Before) else heir.asked[::-1]
    assert before == Before(("b@1", "b@2"))
    assert isinstance(asked, End)
    assert heir.spooled == [event]
    assert ("over", "b@1") in heir.notes.lines, "a next life need not look for it"


def test_a_stray_s_end_in_the_spool_is_written_as_its_baggage_says(heir: Heir) -> None:
    heir.inheritance.take(Inherited((), ((RUN, ("a", 10)),)))
    heir.tell_again(RUN)
    assert (heir.end().finish.run_id, heir.end().finish.revision) == (RUN, 10)


def test_a_stray_of_which_no_text_explains_anything_is_left_to_others(heir: Heir) -> None:
    heir.inheritance.take(Inherited((), ((RUN, ("a", 10)),)))
    event = heir.tell_again(RUN, context="nonsense")
    assert heir.asked == [Before((RUN,))]
    assert heir.spooled == [event]


def test_an_end_that_is_told_twice_in_a_life_is_written_once(heir: Heir) -> None:
    heir.inherit()
    heir.tell_again(RUN)
    heir.tell_again(RUN)
    assert heir.end().told
