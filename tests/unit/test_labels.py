"""A worker's labels and slots in its configuration."""

from pathlib import Path

import pytest

from common.config import load_worker
from common.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    path = folder / "worker.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    ['labels = {role = "db", "disk/kind" = "a b"}', '[labels]\nrole="db"\n"disk/kind"="a b"'],
)
def test_labels_are_a_table_of_texts(tmp_path: Path, text: str) -> None:
    assert load_worker(written(tmp_path, text)).labels == {"role": "db", "disk/kind": "a b"}


def test_slots_are_what_the_executors_can_run_unless_they_are_fewer(tmp_path: Path) -> None:
    assert load_worker(written(tmp_path, "executors = 3\nexecutor_threads = 5")).most_runs == 15
    assert load_worker(written(tmp_path, "executors = 3\nslots = 4")).most_runs == 4


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('labels = {host = "x"}', "labels: host is a label that every worker has by itself"),
        ('labels = {instance = "x"}', "labels: instance is a label that every worker has"),
        ("labels = ['role=db']", "labels: expected labels, each a text, got a list"),
        ("labels = 2026-01-01", "labels: expected labels, each a text, got another kind"),
        ("labels = {role = 1}", "labels: expected a text for role"),
        ('labels = {" role" = "db"}', "labels: ' role' is not 1-63 letters"),
        ('labels = {role = ""}', "labels: no term can name role = ''"),
        ('labels = {role = " db"}', "labels: no term can name role = ' db'"),
        ('labels = {role = "db "}', "labels: no term can name role = 'db '"),
        ('labels = {role = "=db"}', "labels: no term can name role = '=db'"),
        (f'labels = {{role = "{"x" * 300}"}}', "labels: no term can name role = 'xxx"),
        ("[labels]\n" + "\n".join(f"l{n} = 'x'" for n in range(65)), "65 labels are more than"),
        ("slots = -1", "slots: expected a whole number from 0 to 65536, got -1"),
        ("executor_threads = 4\nslots = 9", "slots: 9 runs at once are more than the 8 that"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_worker(written(tmp_path, text))
    assert sentence in str(refused.value)
