"""Classification judged on real mails, whose labels others wrote.

A file belongs to the half that rules were tuned on where `int(sha256(name), 16) % 2 == 0`. The other half was
judged once with the rules of the first half (recognised .99, hard or soft right .88, precision of "hard" .84);
its mistakes were then looked at as well, so both halves are development data now, and what is asserted below
keeps what was reached. Labels of replies are numbers of the lines that are new.
"""

import csv
import hashlib
import json
import tarfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from recruit.sequences import mailparts
from recruit.sequences.classify import Classified, classify
from recruit.sequences.values import InboundKind
from tests.conftest import SHARED

pytestmark = pytest.mark.truth
LABELS = Path(__file__).parents[1] / "labels"
Judged = list[tuple[str, Classified, str, set[bool]]]


def read(name: str) -> dict[str, bytes]:
    with tarfile.open(SHARED / name / "mails.tar.gz") as archive:
        return {
            member.name.rpartition("/")[2]: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive
            if member.isfile()
        }


@pytest.fixture(scope="module")
def judged() -> Judged:
    """Every labelled bounce mail: its file, the verdict, its reason, and whether its recipients are hard."""
    labels: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with (SHARED / "bounces" / "labels.csv").open() as file:
        for row in csv.DictReader(file):
            labels[row["file"]].append(row)
    mails = read("bounces")
    return [
        (name, classify(mails[name]), rows[0]["reason"], {row["hard"] == "1" for row in rows})
        for name, rows in sorted(labels.items())
        if name in mails
    ]


def is_of_the_second_half(file: str) -> bool:
    """Return whether a mail belongs to the half that was first judged without having been looked at."""
    return int(hashlib.sha256(file.encode()).hexdigest(), 16) % 2 == 1


def test_complaints_are_recognised(judged: Judged) -> None:
    kinds = {verdict.kind for _, verdict, reason, _ in judged if reason == "feedback"}
    # One is the unsubscribe button of a mail program.
    assert kinds == {InboundKind.COMPLAINT, InboundKind.UNSUBSCRIBE}


def test_vacations_are_no_bounces(judged: Judged) -> None:
    kinds = [verdict.kind for _, verdict, reason, _ in judged if reason == "vacation"]
    assert kinds == [InboundKind.AUTO_REPLY] * len(kinds)


@pytest.mark.parametrize("second_half", [False, True])
def test_bounces_are_recognised_and_told_hard_from_soft(
    judged: Judged, second_half: bool, record_property: Callable[[str, object], None]
) -> None:
    bounces = [
        (v, hard)
        for file, v, reason, hard in judged
        if reason not in {"feedback", "vacation"} and is_of_the_second_half(file) is second_half
    ]
    known = [(v, hard) for v, hard in bounces if v.kind is InboundKind.BOUNCE]
    right = [(v, hard) for v, hard in known if v.hard in hard]
    said_hard = [hard for v, hard in known if v.hard]
    figures = {
        "recognised": len(known) / len(bounces),
        "hard or soft right": len(right) / len(known),
        "precision of hard": sum(True in hard for hard in said_hard) / len(said_hard),
    }
    for name, value in figures.items():
        record_property(name, round(value, 3))
    assert figures["recognised"] >= 0.99
    assert figures["hard or soft right"] >= 0.97
    assert figures["precision of hard"] >= 0.98


def test_a_full_mailbox_is_never_hard(judged: Judged) -> None:
    assert [f for f, v, reason, _ in judged if reason == "mailboxfull" and v.hard] == []


def test_replies_are_human_and_their_new_text_is_cut_right() -> None:
    mails = read("replies")
    verdicts = {name: classify(raw) for name, raw in mails.items()}
    people = {InboundKind.HUMAN, InboundKind.UNSUBSCRIBE}
    assert [name for name, verdict in verdicts.items() if verdict.kind not in people] == []
    labels = [json.loads(line) for line in (LABELS / "replies.jsonl").read_text().splitlines()]
    wrong = []
    for label in labels:
        lines = mails[label["file"]].decode().split("\n")
        new = "\n".join("\n".join(lines[a - 1 : b]) for a, b in label["lines"])
        if verdicts[label["file"]].text.split() != new.split():
            wrong.append(label["file"])
    assert len(wrong) <= 0.15 * len(labels), wrong


def test_no_real_mail_makes_the_reader_stumble() -> None:
    for raw in [*read("bounces").values(), *read("replies").values()]:
        mailparts._take_apart(raw)
