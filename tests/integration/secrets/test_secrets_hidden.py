"""A run's secrets are hidden in what it prints."""

from tests.integration.executing import Desk
from tests.integration.secrets.giving import VALUE
from worker.live_orders import Follow


def test_what_it_prints_of_them_is_hidden_and_all_else_is_not(office: Desk) -> None:
    ended = office.run(
        'cd "$FLEETCRON_SECRETS"; cat token key; echo "<$(cat token)>"',
        secrets=("token", "key"),
    )
    assert ended.output == b"***\n***\n***\n***\n***\n<***>\n"
    assert ended.output_bytes > len(ended.output)


def test_a_secret_is_hidden_over_reads_and_cuts(office: Desk) -> None:
    half = len(VALUE) // 2
    ended = office.run(
        f"printf %s {VALUE[:half]}; sleep 0.2; echo {VALUE[half:]}", secrets=("token",)
    )
    assert ended.output == b"***\n"
    for head in range(0, 3 * len(VALUE), 3):
        ended = office.run(
            f"for i in 1 2 3 4 5 6 7 8 9; do printf '{VALUE}|'; done",
            secrets=("token",),
            output_head_bytes=head,
            output_tail_bytes=20,
        )
        shown = ended.output.replace(b"bytes left out", b"")
        assert not any(VALUE[at : at + 3].encode() in shown for at in range(len(VALUE) - 2)), shown


def test_a_secret_in_the_line_that_the_pattern_finds_is_hidden(office: Desk) -> None:
    ended = office.run(f"echo ERROR: {VALUE} is wrong", secrets=("token",), fail_pattern="ERROR")
    assert ended.err == "line 1 of its output matches failPattern: ERROR: *** is wrong"


def test_a_secret_is_hidden_while_the_run_is_followed(office: Desk) -> None:
    half = len(VALUE) // 2
    command = f"printf 'is %s' {VALUE[:half]}; sleep 0.6; echo {VALUE[half:]}; sleep 0.3"
    given = office.submit(command, secrets=("token",))
    office.link.inform(Follow((given.run_id,)))
    assert office.ended(given).output == b"is ***\n"
    assert b"".join(each.output for each in office.printed) == b"is ***\n"
