"""`GET /api/v1/why`: why a due instant did, did not or will (not) run, in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from common.clock import Clock, read
from common.clocks import Clocks
from common.errors import InvalidField, LogStoreError
from common.job import Job, check_name, found_name
from common.log_store import LogStore
from common.logs import visible
from common.schedule import Schedule
from common.store import Store
from master.answers import answering
from master.inputs import only, required, whole
from master.request import Request
from master.routes import Routes
from master.why_answer import Answer, answer
from master.why_by_hand import by_hand, newest_by_hand
from master.why_due import (
    is_over,
    is_put_off,
    not_due,
    not_due_yet,
    since_created,
    skipped_clock,
    told_twice,
)
from master.why_facts import Facts, gather, happenings
from master.why_history import absent, edited, forgotten, no_such_job, paused, schedule_at, unseen
from master.why_open import to_come, unsettled
from master.why_shares import tell_all
from master.why_time import SKIPPED, Moment, is_due, nearest, read_moment, seconds_meant

AT, LAST, NEXT = "at", "last", "next"
RAN = ("success", "retried", "caught_up", "running", "will_run")
"""Where a run by hand explains nothing."""
OWN_CLOCK_OFF = (
    "The clock of this master is off from most others: what is said of now may be wrong."
)


@dataclass(frozen=True, slots=True)
class Question:
    """A job, and which instant of it: the last due one, the next one, or the one in `at`."""

    name: str
    which: str = LAST
    at: str = ""


def read_question(query: Mapping[str, str]) -> Question:
    """The question in a request; InvalidField when it is none, or more than one."""
    only(query, ("name", AT, LAST, NEXT))
    name = found_name(required(query, "name"))
    asked = [which for which in (LAST, NEXT) if whole(query, which, 0, 0, 1)]
    asked += [AT] if query.get("at") else []
    if len(asked) > 1:
        raise InvalidField(asked[-1], f"only one of at, last and next, not {' and '.join(asked)}")
    return Question(name, asked[0] if asked else LAST, query.get("at", ""))


class Why:
    """Answers out of the two stores and of the clocks that were heard; `zone` is the fleet's."""

    def __init__(
        self,
        store: Store,
        logs: LogStore,
        zone: str,
        now: Callable[[], int],
        clock: Clock,
        clocks: Clocks,
        trusted: Callable[[], int | None],
    ) -> None:
        """`trusted` gives None while our own clock does not agree with most."""
        self._store = store
        self._logs = logs
        self._zone = zone
        self._now = now
        self._clock = clock
        self._clocks = clocks
        self._trusted = trusted

    def add_to(self, routes: Routes) -> None:
        """Put the call into the table."""
        routes.add("GET", "/api/v1/why", answering(self.why))

    def why(self, request: Request) -> Any:
        """The sentences, the cause's code, the instant, and the ids of its runs and records."""
        question = read_question(request.query)
        ahead = self._clocks.ahead_ms(read(self._clock))
        facts = gather(self._store, question.name, self._zone, self._now(), ahead)
        moment = _moment(question, facts)
        told = (
            self._nothing_due(question, facts)
            if moment is None
            else self._told(question, facts, moment)
        )
        if question.which == LAST and told.cause == "before_created" and facts.schedule:
            begun = self._begun_by_hand(facts, since_created(facts.schedule, facts.now))
            told, moment = (begun, None) if begun else (told, moment)
        off = OWN_CLOCK_OFF if self._trusted() is None else ""
        told = told.more(_number(question, moment), off)
        document = told.document()
        document["answer"] = [visible(each) for each in document["answer"]]
        due = moment.ms if moment else None
        return {"name": question.name, "planTime": due, "zone": facts.zone, **document}

    def _nothing_due(self, question: Question, facts: Facts) -> Answer:
        """There is no last or next instant."""
        if facts.listed is None:
            return self._no_such_job(facts)
        if facts.schedule is None:
            return invalid(facts)
        over = is_over if question.which == NEXT else not_due_yet
        told = over(facts.schedule, facts.now)
        return told if question.which == NEXT else self._begun_by_hand(facts, told) or told

    def _told(self, question: Question, facts: Facts, moment: Moment) -> Answer:
        if moment.clock == SKIPPED and facts.schedule is not None:
            schedule = schedule_at(facts, moment.ms) or facts.schedule
            shifted = None if is_put_off(schedule, moment) else skipped_clock(schedule, moment)
            if shifted is not None:
                return shifted
        found, unread = happenings(facts, self._logs, moment.ms)
        if found:
            told = tell_all(facts, found)
        elif facts.listed is None:
            told = absent(facts, moment.ms) or self._no_such_job(facts)
        else:
            told = without_trace(facts, moment)
            told = _unread(told) if unread else told
        if facts.schedule is not None:
            shifted = skipped_clock(facts.schedule, moment) if found else None
            told = shifted.more(*told.sentences).about(told.runs, told.records) if shifted else told
            told = told.more(told_twice(facts.schedule, moment))
        missing = _unasked(unread) if unread else ""
        beside = "" if unread or told.cause in RAN else by_hand(facts, self._logs, moment.ms)
        if question.which == LAST and not (beside or unread or told.cause in RAN):
            newest, silent = self._newest(facts)
            beside = newest.sentences[0] if newest else silent
        return told.more(beside, missing)

    def _newest(self, facts: Facts) -> tuple[Answer | None, str]:
        """The newest run by hand, None without one; or that nobody could be asked about it."""
        try:
            return newest_by_hand(facts, self._logs), ""
        except LogStoreError as error:
            return None, _unasked(str(error))

    def _begun_by_hand(self, facts: Facts, told: Answer) -> Answer | None:
        """The newest run by hand, and then that no instant came before it; None without one."""
        newest, silent = self._newest(facts)
        if newest is None:
            return told.more(silent) if silent else None
        return newest.more(told.sentences[0])

    def _no_such_job(self, facts: Facts) -> Answer:
        told = no_such_job(facts, self._store)
        if told.cause == "no_such_job":
            check_name(facts.name)
        return told


def _unasked(why: str) -> str:
    return f"The log store could not be asked: {why}."


def _unread(told: Answer) -> Answer:
    """The same where nothing hangs on records; else that they could not be read."""
    if told.cause not in ("no_record", "edited"):
        return told
    said = "What became of it is not known now: the log store does not answer."
    return answer("log_store", said, *(told.sentences if told.cause == "edited" else ()))


def invalid(facts: Facts) -> Answer:
    """That the job's value is none that a worker can run."""
    said = f"The job cannot run: what is stored of it is invalid ({facts.invalid})."
    return answer("invalid", said, "No worker runs it; save it again.")


def without_trace(facts: Facts, moment: Moment) -> Answer:
    """What explains an instant of which there is neither a run nor a record."""
    job, schedule, at = facts.job, facts.schedule, moment.ms
    if job is None or schedule is None:
        return invalid(facts)
    if at > facts.now:
        return _future(facts, job, schedule, moment)
    then = schedule_at(facts, at) or schedule
    was_due = is_due(then, at) or is_due(schedule, at)
    found = (
        skipped_clock(then, moment)
        or (absent(facts, at) if was_due else None)
        or (paused(facts, at) if is_due(then, at) else None)
        or edited(facts, at)
        or (None if is_due(then, at) else not_due(then, at))
        or unsettled(facts, job, at)
    )
    return found.more(unseen(facts, at), forgotten(facts, at))


def _future(facts: Facts, job: Job, schedule: Schedule, moment: Moment) -> Answer:
    shifted = skipped_clock(schedule, moment)
    if not is_due(schedule, moment.ms):
        return shifted or not_due(schedule, moment.ms)
    coming = to_come(facts, job, schedule, moment.ms)
    return shifted.more(*coming.sentences) if shifted else coming


def _moment(question: Question, facts: Facts) -> Moment | None:
    """The instant that is meant; None where there is none."""
    if question.which == AT:
        return read_moment(question.at, facts.zone)
    if facts.schedule is None:
        return None
    before, after = nearest(facts.schedule, facts.now + (question.which == LAST))
    due = before if question.which == LAST else after
    return None if due is None else Moment(due)


def _number(question: Question, moment: Moment | None) -> str:
    asked = question.which == AT and moment is not None and question.at.lstrip("-").isdigit()
    return seconds_meant(moment.ms) if asked and moment else ""
