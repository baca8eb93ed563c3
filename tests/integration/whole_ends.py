"""The ends that executors tell in short, read whole where they lie."""

from collections.abc import Callable
from pathlib import Path

from worker.ends_file import end_of, frames
from worker.ends_told import EndsTold
from worker.executor_link import News
from worker.orders import Ended, Over


def whole(executors: Path, told: EndsTold) -> list[Ended]:
    """All that lies where it says; in short what cannot be read there."""
    place = told.range
    try:
        found = list(frames(place.path(executors), place.turn, place.begin, place.end))
    except OSError:
        return [_short(over) for over in told.over]
    ends = [end_of(frame.said) for frame in found]
    assert [end.run_id for end in ends] == [over.run_id for over in told.over]
    return ends


def _short(over: Over) -> Ended:
    """What is told of it."""
    output = (b"", 0, False)
    return Ended(*over[:6], *output, over.err, over.reason, None)


def reading(executors: Path, tell: Callable[[News], None]) -> Callable[[News], None]:
    """Tells one by one and whole what is told in short."""

    def hear(news: News) -> None:
        for each in whole(executors, news) if isinstance(news, EndsTold) else (news,):
            tell(each)

    return hear
