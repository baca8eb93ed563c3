"""Many texts are found at once as they would be one by one."""

import random
from collections.abc import Sequence

import pytest

from worker import needles
from worker.masks import Masks
from worker.needles import BLOCK, FEW, LEAST_BYTES, Needles

ALPHABETS = (b"a", b"ab", b"abc ", bytes(range(256)))


def one_by_one(texts: Sequence[bytes], text: bytes) -> bytearray:
    """The cover by every text at every place."""
    cover = bytearray(len(text))
    for each in texts:
        for place in range(len(text) - len(each) + 1):
            if text.startswith(each, place):
                cover[place : place + len(each)] = b"\1" * len(each)
    return cover


def longest_begun(texts: Sequence[bytes], text: bytes) -> int:
    """How long the longest end of the text is that one of these begins with and goes on behind."""
    sizes = range(1, len(text) + 1)
    return max(
        (n for n in sizes for each in texts if len(each) > n and each.startswith(text[-n:])),
        default=0,
    )


def made_up(rng: random.Random, alphabet: bytes) -> tuple[list[bytes], bytes]:
    """Texts that often begin alike, contain one another and overlap; and one made of them."""
    texts = [_word(rng, alphabet)]
    for _ in range(rng.choice((0, 3, FEW, 3 * FEW))):
        begun = rng.choice(texts)[: rng.randrange(40)]
        texts.append(begun + _word(rng, alphabet))
    parts = [rng.choice(texts)[rng.randrange(3) :][: rng.randrange(60)] for _ in range(12)]
    return texts, b"".join(part + _word(rng, alphabet)[: rng.randrange(9)] for part in parts)


def _word(rng: random.Random, alphabet: bytes) -> bytes:
    return bytes(rng.choices(alphabet, k=rng.choice((4, 5, 7, 8, 15, 16, 17, 33))))


@pytest.mark.parametrize("alphabet", ALPHABETS, ids=len)
def test_all_of_them_are_found_wherever_they_stand_and_overlap(alphabet: bytes) -> None:
    rng = random.Random(11)
    for _ in range(150):
        texts, text = made_up(rng, alphabet)
        found = Needles(texts)
        assert found.cover(text) == one_by_one(texts, text), (texts, text)
        assert found.begun(text) == longest_begun(texts, text), (texts, text)
        assert found.begun(text[:7]) == longest_begun(texts, text[:7]), (texts, text)


def test_they_are_found_at_each_place_of_a_long_text() -> None:
    texts = [b"line %04d of the key" % number for number in range(10 * FEW)]
    text = bytearray(b"." * (3 * LEAST_BYTES * BLOCK + 50))
    for turn, each in enumerate(texts):
        low = (turn * 307 * LEAST_BYTES + turn) % (len(text) - len(each))
        text[low : low + len(each)] = each
    assert Needles(texts).cover(bytes(text)) == one_by_one(texts, bytes(text))


def test_an_end_that_may_go_on_is_known_however_long_it_is() -> None:
    long = bytes(range(256)) * 200
    found = Needles([long, *(b"%05d" % number for number in range(2 * FEW))])
    assert [found.begun(b"x" + long[:size]) for size in (1, 3, 4, 17, 40_000)] == [
        1, 3, 4, 17, 40_000
    ]  # fmt: skip
    assert found.begun(b"x" + long) == 256 * 199
    assert found.begun(b"-" + long[:40_000] + b"-") == 0


def test_no_text_and_no_needle_are_nothing() -> None:
    assert Needles([]).cover(b"some") == bytearray(4)
    assert Needles([]).begun(b"some") == 0
    many = Needles(b"%05d" % number for number in range(2 * FEW))
    assert [many.cover(text) for text in (b"", b"000", b"0000")] == [
        bytearray(n) for n in (0, 3, 4)
    ]


def test_a_thousand_lines_are_not_looked_for_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[bytes] = []
    monkeypatch.setattr(needles, "_find", lambda text, needle, cover: sought.append(needle))
    lines = [b"%06d" % (number * 997) for number in range(1000)]
    shown = Masks([b"\n".join(lines)]).hide(b"a" + lines[500] + b"b")
    assert (shown, sought) == (b"a***b", [b"000000"])
