"""The chain of the audit log: how rows follow, and which change is found where."""

import json
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.audit.chain import GENESIS, NotARow, canonical, check, clean, follow, moment, row_of
from recruit.audit.usecases import read_export, verify_export
from recruit.audit.values import Entry, Head, Row

AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def make_chain(length: int) -> list[Row]:
    rows, head = [], GENESIS
    for number in range(1, length + 1):
        entry = Entry("Alex Moor", 7, "192.0.2.1", "step.waived", "partner", str(number), "{}")
        rows.append(follow(head, entry, AT + timedelta(minutes=number)))
        head = Head(rows[-1].seq, rows[-1].hash)
    return rows


def end_of(rows: list[Row]) -> Head:
    return Head(rows[-1].seq, rows[-1].hash)


def test_an_untouched_chain_holds() -> None:
    rows = make_chain(20)
    verdict = check(rows, newest=end_of(rows))
    assert (verdict.rows, verdict.head, verdict.broken) == (20, end_of(rows), None)


def test_an_empty_log_holds() -> None:
    assert check([], newest=GENESIS).broken is None


def test_the_hash_is_sha_256_of_the_sorted_json_of_everything_else() -> None:
    import hashlib

    row = make_chain(1)[0]
    body = {k: v for k, v in asdict(row).items() if k != "hash"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert row.hash == hashlib.sha256(text.encode()).hexdigest()
    assert row.prev_hash == "0" * 64


@pytest.mark.parametrize("name", [field.name for field in fields(Row) if field.name != "seq"])
def test_a_change_of_any_field_is_found_at_its_row(name: str) -> None:
    rows = make_chain(9)
    old = getattr(rows[4], name)
    changed = old + 1 if isinstance(old, int) else ("f" if old[:1] != "f" else "e") + old[1:]
    rows[4] = replace(rows[4], **{name: changed})
    found = check(rows, newest=end_of(rows)).broken
    assert found is not None
    assert found.seq == 5


@given(st.integers(0, 11), st.data())
def test_one_changed_character_anywhere_is_found(index: int, data: Any) -> None:
    rows = make_chain(12)
    texts = [f.name for f in fields(Row) if isinstance(getattr(rows[index], f.name), str)]
    name = data.draw(st.sampled_from(texts))
    text = getattr(rows[index], name)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != text[place]))
    rows[index] = replace(rows[index], **{name: text[:place] + letter + text[place + 1 :]})
    found = check(rows, newest=end_of(make_chain(12))).broken
    assert found is not None
    assert found.seq == index + 1


def test_a_row_that_was_changed_and_hashed_anew_is_found_by_the_next() -> None:
    rows = make_chain(5)
    forged = follow(end_of(rows[:2]), Entry("Mallory", None, "", "x", "y", "z", "{}"), AT)
    rows[2] = forged
    found = check(rows, newest=end_of(rows)).broken
    assert found is not None
    assert (found.seq, "doesn't follow on row 3" in found.why) == (4, True)


def test_a_row_taken_out_is_named() -> None:
    rows = make_chain(5)
    found = check(rows[:2] + rows[3:], newest=end_of(rows)).broken
    assert found is not None
    assert found.seq == 3


def test_a_log_cut_short_is_found_by_its_end() -> None:
    rows = make_chain(5)
    found = check(rows[:3], newest=end_of(rows)).broken
    assert found is not None
    assert (found.seq, "ends too early" in found.why) == (4, True)


def test_a_row_appended_past_the_lock_is_found() -> None:
    rows = make_chain(5)
    found = check(rows, newest=end_of(rows[:4])).broken
    assert found is not None
    assert found.seq == 5


def test_a_chain_made_anew_does_not_pass_through_a_head_that_was_noted() -> None:
    rows, noted = make_chain(5), end_of(make_chain(3))
    assert check(rows, newest=end_of(rows), noted=noted).broken is None
    anew, head = [], GENESIS
    for _ in rows:
        anew.append(follow(head, Entry("Mallory", None, "", "a", "b", "c", "{}"), AT))
        head = end_of(anew)
    found = check(anew, newest=head, noted=noted).broken
    assert found is not None
    assert (found.seq, "made anew" in found.why) == (3, True)
    short = check(anew[:2], newest=end_of(anew[:2]), noted=noted).broken
    assert short is not None
    assert short.seq == 3


def test_moments_are_written_in_utc_and_sort_as_texts() -> None:
    assert moment(AT) == "2026-03-03T09:30:00.000000Z"
    assert moment(AT.astimezone(timezone(timedelta(hours=5)))) == moment(AT)
    assert moment(AT) < moment(AT + timedelta(microseconds=1))


def test_text_that_a_database_would_change_is_changed_before_it_is_hashed() -> None:
    assert clean("a\0b\ud83dc") == "a\ufffdb?c"
    assert clean("Zoë 💩") == "Zoë 💩"


def test_details_that_json_cannot_say_exactly_are_refused() -> None:
    with pytest.raises(TypeError):
        canonical({"at": AT})


def lines_of(rows: list[Row]) -> list[str]:
    return [json.dumps(asdict(row)) + "\n" for row in rows]


def test_an_export_is_verified_without_the_database() -> None:
    rows = make_chain(4)
    assert verify_export(lines_of(rows)).broken is None
    lines = lines_of(rows)
    lines[1] = lines[1].replace("Alex", "Alix")
    found = verify_export(lines).broken
    assert found is not None
    assert found.seq == 2


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", "{}", '{"seq": "1"}', '{"seq": true}', '"text"', "1e400"]
)
def test_a_line_that_is_no_row_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(NotARow, match="Line 2"):
        list(read_export([*lines_of(make_chain(1)), line]))


def test_a_row_of_other_kinds_is_broken_and_breaks_nothing() -> None:
    row = row_of(asdict(make_chain(1)[0]) | {"actor": b"bytes"})
    found = check([row], newest=None).broken
    assert found is not None
    assert found.seq == 1
