"""Questions, papers, sittings, reminders, phases and uploads: rules as tables of cases."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.onboarding.course import parse_course
from recruit.onboarding.definitions import ContentError, definition_json
from recruit.onboarding.grading import AnswersIncomplete, grade
from recruit.onboarding.paper import draw_paper
from recruit.onboarding.question import AnswerUnreadable, read_number
from recruit.onboarding.reminding import Reminder, due_reminder
from recruit.onboarding.sitting import Started, Tried, stand
from recruit.onboarding.track import parse_track
from recruit.onboarding.uploads import MOST_BYTES, UploadRefused, check_upload, clean_name
from tests.conftest import NOW
from tests.factories.onboarding import basics_data, track_data

DAY = timedelta(days=1)
ORDER = {
    "key": "first",
    "kind": "order",
    "text": "What comes first?",
    "options": ["Offer", "Register", "Sign"],
    "answer": ["Register", "Offer", "Sign"],
    "lesson": "what",
}
NUMBER = {
    "key": "how-many",
    "kind": "number",
    "text": "How many?",
    "answer": 12.5,
    "tolerance": 0.5,
    "lesson": "what",
}


def quiz_of(*questions: dict[str, Any], **over: Any) -> Any:
    data = basics_data()
    data["quiz"] |= {"questions": list(questions), "pass_mark": 1.0} | over
    return parse_course(data).quiz


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.5", 12.5),
        (" 12,5 ", 12.5),
        ("1 234.5", 1234.5),
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567),
        ("-3e2", -300),
        ("−7", -7),
        ("+4", 4),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["", "twelve", "nan", "inf", "1_000", "1.2.3", "9" * 400, "0x10"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(AnswerUnreadable, match="is no number"):
        read_number(text)


@pytest.mark.parametrize(
    ("answer", "right"), [("12", True), ("13", True), ("13.01", False), ("11.9", False)]
)
def test_a_number_is_right_within_its_tolerance(answer: str, right: bool) -> None:
    assert grade(quiz_of(NUMBER), {"how-many": [answer]}).passed is right


@pytest.mark.parametrize(
    ("given_order", "right"),
    [(["Register", "Offer", "Sign"], True), (["Offer", "Register", "Sign"], False)],
)
def test_an_order_is_right_as_a_whole(given_order: list[str], right: bool) -> None:
    assert grade(quiz_of(ORDER), {"first": given_order}).passed is right


@pytest.mark.parametrize("answer", [["Register", "Register", "Sign"], ["Register"]])
def test_an_order_that_uses_something_twice_or_not_at_all_is_no_answer(answer: list[str]) -> None:
    with pytest.raises(AnswersIncomplete, match="Use every one once"):
        grade(quiz_of(ORDER), {"first": answer})


QUESTION_FAULTS = [
    (NUMBER | {"answer": "many"}, "is no number"),
    (NUMBER | {"answer": [1, 2]}, "quiz.questions.1.answer"),
    (NUMBER | {"answer": True}, "quiz.questions.1.answer"),
    (NUMBER | {"options": ["1", "2"]}, "has no options"),
    (NUMBER | {"tolerance": -1}, "tolerance"),
    (ORDER | {"answer": ["Register", "Offer"]}, "each option once"),
    (ORDER | {"options": ["Register"]}, "two options or more"),
    ({**ORDER, "kind": "text"}, "has no options"),
    ({**NUMBER, "kind": "text"}, "read by staff"),
    ({**NUMBER, "kind": "essay"}, "quiz.questions.1.kind"),
    (NUMBER | {"pool": "sums"}, "How many of the pool 'sums'"),
]


@pytest.mark.parametrize(("question", "words"), QUESTION_FAULTS)
def test_a_question_that_cannot_be_answered_is_refused_with_its_place(
    question: dict[str, Any], words: str
) -> None:
    with pytest.raises(ContentError, match=words):
        quiz_of(question)


@pytest.mark.parametrize(
    ("draw", "words"),
    [({"sum": 1}, "no question's pool. Did you mean 'sums'"), ({"sums": 9}, "which has 1")],
)
def test_a_pool_that_cannot_be_drawn_from_is_refused(draw: dict[str, int], words: str) -> None:
    with pytest.raises(ContentError, match=words):
        quiz_of(NUMBER | {"pool": "sums"}, draw=draw)


@given(st.text(max_size=30), st.integers(1, 6))
def test_a_paper_has_as_many_questions_of_a_pool_as_were_asked_for(seed: str, count: int) -> None:
    pool = [NUMBER | {"key": f"n{n}", "pool": "sums"} for n in range(6)]
    quiz = quiz_of(*pool, ORDER, draw={"sums": count}, shuffle=True)
    paper = draw_paper(quiz, seed)
    assert len(paper.questions) == count + 1 == quiz.asked
    assert len({q.key for q in paper.questions}) == count + 1
    assert paper == draw_paper(quiz, seed)
    assert next(q for q in paper.questions if q.key == "first").answer == tuple(ORDER["answer"])


def test_an_order_question_is_never_shown_in_the_order_of_its_file_alone() -> None:
    shown = {draw_paper(quiz_of(ORDER), str(n)).questions[0].options for n in range(40)}
    assert len(shown) == 6


def failed(number: int, *, days: float) -> Tried:
    return Tried(number, False, NOW - timedelta(days=days))


def test_a_clock_that_ran_out_counts_as_an_attempt() -> None:
    quiz = quiz_of(NUMBER, time_limit_minutes=10, attempts=2)
    clock = Started(1, NOW - DAY, NOW - DAY + timedelta(minutes=10))
    standing = stand(quiz, [], [clock], NOW)
    assert (standing.number, standing.left, standing.expired) == (2, 1, clock)
    assert stand(quiz, [failed(1, days=1)], [clock], NOW).expired is None
    assert stand(quiz, [failed(1, days=1), failed(2, days=1)], [], NOW).left == 0
    assert stand(quiz, [failed(1, days=1), failed(2, days=1)], [], NOW, granted=1).left == 1


def test_a_wait_is_over_to_the_second() -> None:
    quiz = quiz_of(NUMBER, cool_down_hours=24)
    assert stand(quiz, [failed(1, days=0.99)], [], NOW).refusal
    assert not stand(quiz, [failed(1, days=1)], [], NOW).refusal


UNTIL = datetime(2026, 12, 31, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "days"),
    [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0)],
)
def test_the_reminder_that_is_due_is_the_latest_one(left: int, days: int | None) -> None:
    now = UNTIL.replace(hour=5) - left * DAY
    wanted = None if days is None else Reminder(days)
    assert due_reminder(UNTIL - 365 * DAY, UNTIL, now) == wanted


def test_a_certificate_of_a_month_is_not_reminded_of_on_the_day_it_is_awarded() -> None:
    assert due_reminder(UNTIL - 30 * DAY, UNTIL, UNTIL - 30 * DAY) is None
    assert due_reminder(UNTIL - 30 * DAY, UNTIL, UNTIL - 7 * DAY) == Reminder(7)


@pytest.mark.parametrize(("days", "due"), [(0, True), (29, True), (30, False)])
def test_an_end_is_told_for_a_month(days: int, due: bool) -> None:
    assert (due_reminder(UNTIL - 365 * DAY, UNTIL, UNTIL + days * DAY) is not None) is due


def phases(*, parallel: bool) -> dict[str, Any]:
    steps = track_data()["steps"]
    return {
        "name": "reseller",
        "title": "Reseller",
        "phases": [
            {"key": "join", "title": "Join", "steps": steps[:2], "parallel": parallel},
            {"key": "learn", "title": "Learn", "steps": steps[2:]},
        ],
    }


@pytest.mark.parametrize("parallel", [True, False])
def test_a_phase_begins_when_the_one_before_it_is_done(parallel: bool) -> None:
    track = parse_track(phases(parallel=parallel))
    before = {step.key: [s.key for s in track.before(step.key)] for step in track.steps}
    assert before["company"] == ([] if parallel else ["agreement"])
    assert before["basics"] == ["agreement", "company"]
    assert before["certification"] == ["agreement", "company", "basics"]
    assert parse_track(definition_json(track)) == track


def _spoil(change: Any) -> dict[str, Any]:
    data = phases(parallel=False)
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["phases"][1]["steps"][0].pop("title"), "t: phases.2.steps.1.title: This is"),
        (lambda d: d["phases"][1].pop("title"), "t: phases.2.title: This is missing"),
        (lambda d: d["phases"][1].update(steps=[]), "The phase 'learn' has no step"),
        (lambda d: d["phases"][1].update(key="join"), "Two phases are named 'join'"),
        (lambda d: d.update(steps=track_data()["steps"]), "Some steps stand in phases"),
        (lambda d: d["phases"].append("more"), "t: phases.3: "),
        (lambda d: d.update(phases="all"), "t: phases: "),
        (lambda d: d["phases"][0]["steps"][0].update(phase="learn"), "Steps stand in the order"),
        (lambda d: d.update(levels=[{"key": "a", "title": "A", "needs": {}}]), "levels.1.needs"),
        (lambda d: d["phases"][0]["steps"][0].update(due_days=0), "phases.1.steps.1.due_days"),
    ],
)
def test_a_spoiled_phase_is_refused_with_its_place_in_the_file(change: Any, words: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse_track(_spoil(change), file="t")
    assert words in str(caught.value)


def archive(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", compression) as made:
        for name, content in entries:
            made.writestr(name, content)
    return held.getvalue()


DOCX = archive(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"))


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", b"%PDF-1.4 x", "application/pdf"),
        ("A.JPG", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.txt", "Grüße\n".encode(), "text/plain"),
        ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.zip", archive(("b.txt", b"hi")), "application/zip"),
    ],
)
def test_a_file_is_what_its_content_is(name: str, content: bytes, kind: str) -> None:
    assert check_upload(name, content).content_type == kind


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"%PDF-" + b"x" * MOST_BYTES, "larger than 20 MB"),
        ("a.pdf", b"MZ\x90", "not taken"),
        ("a.html", b"<script>alert(1)</script>", "not taken"),
        ("a.svg", b"<svg onload='x'/>", "not taken"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n", "something else than its name says"),
        ("a.txt", b"\x00\x01", "not taken"),
        ("a.docx", archive(("b.txt", b"hi")), "should end in .zip"),
        ("a.zip", archive(("bomb", b"0" * 30_000_000)), "unpacks to far too much"),
        ("a.zip", archive(*((f"{n}", b"") for n in range(5001))), "unpacks to far too much"),
        ("a.zip", archive(("../../etc/passwd", b"x")), "leave its folder"),
        ("a.zip", archive(("..\\x", b"x")), "leave its folder"),
        ("a.zip", archive(("/etc/x", b"x")), "leave its folder"),
        ("a.zip", archive(("b.zip", b"x")), "another archive"),
        ("a.docx", archive(("[Content_Types].xml", b""), ("word/vbaProject.bin", b"")), "macros"),
        ("a.zip", b"PK\x03\x04broken", "broken"),
    ],
)
def test_a_file_that_may_harm_is_refused(name: str, content: bytes, words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        check_upload(name, content)


@given(st.text(max_size=300))
def test_a_name_is_never_a_path_and_never_blank(name: str) -> None:
    bare = clean_name(name)
    assert bare
    assert len(bare) <= 111
    assert not set(bare) & set('/\\\0\r\n"<>')
    assert bare not in {".", ".."}
