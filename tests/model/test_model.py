"""The claim protocol in random worlds: every promise is kept, and every rule is needed."""

import pytest

from tests.model.__main__ import main
from tests.model.mutants import UNNOTICED, attempt
from tests.model.provocation import Provocation
from tests.model.provocations import ALL, Outages
from tests.model.rules import Rule, named
from tests.model.runner import Findings, explore
from tests.model.world import World

WORLDS, OF_EACH_PROVOCATION, TO_NOTICE = 50, 4, 80

# These compute and wait for nothing: among many others on a busy machine that takes its time.
pytestmark = pytest.mark.timeout(900)

# What a model that tries out nothing would never come to; the worlds left to chance come to it.
EXERCISED = [
    "adoption: begins",
    "adoption: moves",
    "all full: wait",
    "batch: refused as a whole",
    "batch: several",
    "claim: gives way to who waits",
    "claim: lock held, too early",
    "claim: ours already",
    "claim: settled by another",
    "claim: won, with a gap",
    "crash: disk",
    "crash: reboot",
    "finish: ours, outlived its lease",
    "go: finds the lock held",
    "go: runs",
    "inherit: ended",
    "inherit: running",
    "inherit: waiting",
    "killed",
    "lease lost by a living worker",
    "lock: kept",
    "lost: run again",
    "master: by hand",
    "missed: no worker",
    "not started: deleted or paused",
    "outcome unknown: given up",
    "overlap: queue",
    "overlap: replace",
    "overlap: skipped",
    "record: success, marked lost",
    "request: answer lost",
    "request: late",
    "restart: ends",
    "restart: keeps",
    "retry",
    "search: own ended",
    "search: own running",
    "search: own waiting",
    "waiting: called off",
    "waiting: handed over",
    "waiting: its turn",
]


@pytest.fixture(scope="module")
def chance() -> Findings:
    """What worlds without a provocation show."""
    return explore(range(WORLDS), provocation=Provocation)


def test_worlds_left_to_chance_keep_every_promise(chance: Findings) -> None:
    assert not chance.violations


def test_worlds_left_to_chance_try_out_the_whole_protocol(chance: Findings) -> None:
    assert not [what for what in EXERCISED if not chance.seen[what]]


@pytest.mark.parametrize("provocation", ALL[1:], ids=lambda provocation: provocation.__name__)
def test_provoked_worlds_keep_every_promise(provocation: type[Provocation]) -> None:
    assert not explore(range(OF_EACH_PROVOCATION), provocation=provocation).violations


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule not in UNNOTICED])
def test_a_rule_that_is_switched_off_is_noticed(rule: Rule) -> None:
    assert attempt(rule, TO_NOTICE).violations, rule.instead


def test_keys_that_are_too_many_go_and_no_record_is_lost_but_with_a_disk() -> None:
    findings = explore(range(4), provocation=Outages)
    assert not findings.violations
    assert findings.seen["fallback: a key let go"]
    assert findings.seen["spool: told again"]


def test_what_is_not_sent_again_is_found_by_the_search() -> None:
    findings = explore(range(10), [Rule.RESEND], Provocation)
    assert findings.seen["claim: decided by a read"]
    assert not findings.violations


def test_a_seed_makes_the_same_world_again() -> None:
    first, again = World(3).run(), World(3).run()
    assert first.steps == again.steps
    assert first.witness.owed == again.witness.owed


def test_rules_are_named_and_an_unknown_one_is_refused() -> None:
    assert named("equal") is Rule.EQUAL
    with pytest.raises(ValueError, match="no rule 'equality'; there are baseline, "):
        named("equality")


def test_the_command_tells_a_violation_and_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--seeds", "8", "--provoke", "chance"]
    assert main(arguments) == 0
    assert "8 worlds" in capsys.readouterr().out
    assert main([*arguments, "--off", "acknowledge", "--story", "j0"]) == 1
    told = capsys.readouterr().out
    assert " starts " in told
    assert "\nVIOLATION owed but no record: " in told
