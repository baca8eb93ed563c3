"""What hides secrets in a command's output."""

import itertools
import random

import pytest

from worker.masks import Masks
from worker.output import Output


@pytest.mark.parametrize(
    ("values", "text", "shown"),
    [
        ([b"hunter2\n"], b"the password is hunter2.\n", b"the password is ***.\n"),
        ([b"  hunter2 \n"], b"<hunter2>", b"<***>"),
        ([b"hunter2", b"other-one"], b"hunter2other-one", b"***"),
        ([b"abcde", b"cdefg"], b"xabcdefgx", b"x***x"),
        ([b"abab"], b"ababab abab", b"*** ***"),
        ([b"first\nsecond\n"], b"a second and a first", b"a *** and a ***"),
        ([b"ab\ncd\nef\n"], b"x\nab\ncd\nef\ny", b"x\n***\n***\n***\ny"),
        ([b"ab\ncd\nef\n"], b"ab cd ef", b"ab cd ef"),
        ([b"one\r\ntwo2\r\n"], b"two2\r\n", b"***\r\n"),
        ([b"abc"], b"abc", b"abc"),
        ([b""], b"text", b"text"),
        ([], b"text", b"text"),
        ([b"\xff\xfe\x00\x01"], b"\xff\xfe\x00\x01", b"***"),
    ],
)
def test_a_value_and_each_of_its_lines_is_hidden(
    values: list[bytes], text: bytes, shown: bytes
) -> None:
    assert Masks(values).hide(text) == shown


def test_what_may_be_a_part_of_a_secret_is_hidden_where_the_text_was_cut() -> None:
    masks = Masks([b"hunter2"])
    assert masks.hide(b"is hunt", cut_end=True) == b"is ***"
    assert masks.hide(b"is h", cut_end=True) == b"is ***"
    assert masks.hide(b"ter2 is", cut_start=True) == b"*** is"
    assert masks.hide(b"2 is", cut_start=True) == b"*** is"
    assert masks.hide(b"unter", cut_start=True) == b"***"
    assert masks.hide(b"2 is hunter2 or h", cut_start=True, cut_end=True) == b"*** is *** or ***"


def test_half_a_secret_at_the_true_end_is_hidden_and_a_letter_is_not() -> None:
    masks = Masks([b"hunter2"])
    assert masks.hide(b"is hunt") == b"is ***"
    assert masks.hide(b"enough") == b"enough"


def test_no_secret_is_seen_however_the_output_is_cut() -> None:
    rng = random.Random(5)
    secret = b"s3cr3t-v4lue"
    words = [secret, b"plain ", b"s3c", b"lue", b"\n", b"-"]
    for head, tail in itertools.product(range(0, 30, 3), range(0, 30, 3)):
        printed = b"".join(rng.choice(words) for _ in range(40))
        output = Output(head, tail)
        cuts = sorted(rng.sample(range(len(printed)), 5))
        for low, high in itertools.pairwise([0, *cuts, len(printed)]):
            output.take(printed[low:high])
        kept = output.kept(Masks([secret])).output
        shown_head, _, shown_tail = kept.partition(b"bytes left out ...\n")
        hidden_head = printed[:head].replace(secret, b"***")
        assert secret not in kept
        if output.truncated:
            whole = printed.replace(secret, b"\0" * len(secret))
            seen_head = whole[:head].rstrip(b"\0")
            assert not any(
                shown_head.partition(b"\n...")[0].endswith(secret[:size])
                and seen_head != whole[:head]
                for size in range(1, len(secret))
            ), (hidden_head, shown_head)
            assert not (
                whole[len(whole) - tail :].startswith(b"\0")
                and any(shown_tail.startswith(secret[-size:]) for size in range(1, len(secret)))
            )


def test_hiding_leaves_as_many_lines_as_there_were() -> None:
    rng = random.Random(7)
    masks = Masks([b"alpha\nbe\ngamma\n", b"delta"])
    for _ in range(300):
        text = b"".join(rng.choice([b"alpha", b"be", b"gamma", b"delta", b"\n"]) for _ in range(30))
        assert masks.hide(text).count(b"\n") == text.count(b"\n")


def test_how_much_of_an_end_may_be_a_secret_that_goes_on() -> None:
    masks = Masks([b"hunter2", b"unterwegs"])
    assert masks.begun(b"a hunter") == len(b"hunter")
    assert masks.begun(b"a hunterw") == len(b"unterw")
    assert masks.begun(b"a hunter2") == 0
    assert masks.begun(b"a hun") == len(b"hun")
    assert masks.begun(b"") == 0
