"""The other pages of the desk: with nothing, with a world, and what their buttons do."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import CandidateStatus
from recruit.sequences.tables import Enrollment, Reply, Sequence, Touch
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    Mood,
    SequenceStatus,
    TouchStatus,
)
from recruit.wiring import App
from tests.factories.web import Visitor, open_visitor, words_of
from tests.factories.world import World, build_world
from tests.factories.world.ids import SEQUENCE

EMPTY = {
    "/": "Let's find your first partners.",
    "/replies": "No reply waits for you",
    "/replies?view=all": "No reply of this kind has come in yet.",
    "/tasks": "Nothing to do",
    "/tasks?done=true": "No task was done yet",
    "/sequences": "No sequence yet",
    "/onboarding": "No partner yet",
    "/profile": "No profile yet",
    "/sources": "No source yet",
    "/crm": "Nothing to tell yet",
    "/numbers": "Nothing to count yet",
}


@pytest.fixture
def world(app: App) -> World:
    """A world with firms at every point of their way."""
    with app.transaction() as tx:
        return build_world(tx, firms=60)


@pytest.fixture
def visitor(app: App) -> Visitor:
    """A recruiter at a browser."""
    return open_visitor(app)


def _row(app: App, kind: Any, row_id: int) -> Any:
    with app.reading() as tx:
        return tx.session.get_one(kind, row_id)


def test_every_empty_page_says_what_to_do_next(visitor: Visitor) -> None:
    for path, sentence in EMPTY.items():
        html = visitor.get(path).text
        assert sentence in words_of(html), path
        assert "btn-primary" in html, path


class TestToday:
    def test_it_groups_what_waits_by_what_one_does_about_it(
        self, visitor: Visitor, world: World
    ) -> None:
        text = visitor.see("/")
        assert "Good morning, Robin" in text
        order = [
            text.index(title)
            for title in (
                "Decide: partner or not",
                "Read: replies",
                "Do: tasks",
                "Settle: mails",
                "Look at:",
            )
        ]
        assert order == sorted(order)
        assert "No column looks like a name" in text
        assert "The CRM refused 1 change" in text
        assert "Next 7 days" in text
        assert world.touches_by_fate["unknown"]

    def test_a_mail_of_which_nobody_knew_is_settled_by_a_person(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        touch_id = world.touches_by_fate["unknown"]
        assert visitor.post(f"/touches/{touch_id}/settle", sent="yes").status_code == 303
        touch = _row(app, Touch, touch_id)
        assert (touch.status, touch.settled_by) == (TouchStatus.SENT, "Robin Vale")
        again = visitor.post(f"/touches/{touch_id}/settle", sent="no")
        assert again.status_code in {303, 409}
        assert _row(app, Touch, touch_id).status is TouchStatus.SENT

    def test_a_held_mail_can_be_let_go(self, app: App, visitor: Visitor, world: World) -> None:
        touch_id = world.touches_by_fate["held"]
        visitor.post(f"/touches/{touch_id}/release")
        assert _row(app, Touch, touch_id).status is TouchStatus.PENDING

    def test_what_is_not_there_is_said(self, visitor: Visitor) -> None:
        response = visitor.post("/touches/4711/settle", sent="yes")
        assert response.status_code == 404
        assert "4711" in words_of(response.text)


class TestReplies:
    def test_the_conversation_stands_beside_the_list(self, visitor: Visitor, world: World) -> None:
        text = visitor.see("/replies", reply=world.replies_by_fate["later"])
        assert "Please come back in April" in text
        assert "Our mail 1" in text
        assert "Reads as “later” (93% sure). Is that right?" in text
        assert "Later 3" in text

    def test_a_reply_whose_firm_is_a_candidate_is_not_read_twice(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        waiting = visitor.see("/replies")
        with app.reading() as tx:
            candidate = tx.session.get_one(Candidate, world.candidate_ids[0])
            reply = tx.session.get_one(Reply, candidate.reply_id)
        assert reply.from_address not in waiting
        assert reply.from_address in visitor.see("/replies", view="all", reply=reply.id)

    def test_a_person_says_what_a_reply_means(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        reply_id = world.replies_by_fate["unclear"]
        response = visitor.post(f"/replies/{reply_id}/mood", mood="negative")
        assert response.headers["location"] == "/replies"
        reply = _row(app, Reply, reply_id)
        assert (reply.mood, reply.mood_confirmed_by) == (Mood.NEGATIVE, "Robin Vale")
        assert reply.handled_at == app.clock.now()

    def test_an_unknown_mood_changes_nothing(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        reply_id = world.replies_by_fate["unclear"]
        assert visitor.post(f"/replies/{reply_id}/mood", mood="angry").status_code == 422
        assert _row(app, Reply, reply_id).handled_at is None

    def test_an_interested_firm_becomes_a_candidate_once(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        reply_id = world.replies_by_fate["interested"]
        for _ in range(2):
            response = visitor.post(f"/replies/{reply_id}/candidate", contact_name="Mira Okafor")
            assert response.headers["location"] == "/onboarding"
        reply = _row(app, Reply, reply_id)
        with app.reading() as tx:
            (candidate,) = tx.session.scalars(
                select(Candidate).where(Candidate.firm_id == reply.firm_id)
            ).all()
        assert (candidate.status, candidate.contact_name) == (
            CandidateStatus.WAITING,
            "Mira Okafor",
        )

    def test_a_reply_can_be_put_away(self, app: App, visitor: Visitor, world: World) -> None:
        reply_id = world.replies_by_fate["referral"]
        visitor.post(f"/replies/{reply_id}/handled")
        assert _row(app, Reply, reply_id).handled_at is not None

    def test_a_reply_that_is_not_there_is_a_page_in_words(self, visitor: Visitor) -> None:
        assert visitor.get("/replies", reply=4711).status_code == 404
        assert visitor.post("/replies/4711/mood", mood="later").status_code == 404


class TestTasks:
    def test_a_task_is_done_with_its_note_and_the_sequence_goes_on(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        touch_id = world.touches_by_fate["task"]
        assert "Connect with" in visitor.see("/tasks", task=touch_id)
        visitor.post(f"/tasks/{touch_id}/done", note="Connected with the CTO.")
        touch = _row(app, Touch, touch_id)
        assert (touch.status, touch.outcome) == (TouchStatus.DONE, "Connected with the CTO.")
        assert "Connected with the CTO." in visitor.see("/tasks", done="true", task=touch_id)
        with app.reading() as tx:
            following = tx.session.scalars(
                select(Touch).where(
                    Touch.enrollment_id == touch.enrollment_id, Touch.step_index == 3
                )
            ).one()
        assert following.status is TouchStatus.PENDING

    def test_a_task_can_be_left_out(self, app: App, visitor: Visitor, world: World) -> None:
        touch_id = world.touches_by_fate["task"]
        visitor.post(f"/tasks/{touch_id}/skip")
        assert _row(app, Touch, touch_id).status is TouchStatus.SKIPPED


class TestSequences:
    @pytest.mark.usefixtures("world")
    def test_steps_show_what_they_brought_and_what_stopped_firms(self, visitor: Visitor) -> None:
        assert "34" in visitor.see("/sequences")
        text = visitor.see(f"/sequences/{SEQUENCE}")
        assert "Goes out Mon–Fri, 09:00–17:00 in the contact's own time" in text
        assert "Stopped here by bounced 1 opted out 1" in text
        assert "3 working days later" in text
        assert "Goes out next" in text

    @pytest.mark.usefixtures("world")
    def test_pausing_and_starting_are_one_button(self, app: App, visitor: Visitor) -> None:
        visitor.post(f"/sequences/{SEQUENCE}/pause")
        assert "is paused" in visitor.see("/")
        visitor.post(f"/sequences/{SEQUENCE}/start")
        with app.reading() as tx:
            assert tx.session.scalars(select(Sequence.status)).one() is SequenceStatus.ACTIVE

    def test_the_preview_names_firms_days_and_texts(self, visitor: Visitor, world: World) -> None:
        text = visitor.see(f"/sequences/{SEQUENCE}/preview", firm=world.new_firm_ids[:2])
        assert "Enroll 2 firms" in text
        assert "Tuesday, 3 March" in text
        assert "we look for partners who run clusters for others" in text
        assert "Nothing has been sent" in text

    def test_a_firm_can_be_taken_out(self, app: App, visitor: Visitor, world: World) -> None:
        firm_id = world.firms_by_fate["active"][0]
        with app.reading() as tx:
            enrollment_id = tx.session.scalars(
                select(Enrollment.id).where(Enrollment.firm_id == firm_id)
            ).one()
        visitor.post(f"/enrollments/{enrollment_id}/remove", back=f"/firms/{firm_id}/conversation")
        enrollment = _row(app, Enrollment, enrollment_id)
        assert enrollment.status is EnrollmentStatus.FINISHED
        assert enrollment.exit_reason is ExitReason.REMOVED

    def test_an_unknown_sequence_is_a_page_in_words(self, visitor: Visitor) -> None:
        for path in ("/sequences/nope", "/sequences/nope/preview"):
            assert "There is no sequence “nope”" in words_of(visitor.get(path).text)


class TestOnboarding:
    def test_a_candidate_is_accepted_once_however_often_the_button_is_pressed(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        candidate_id = world.candidate_ids[0]
        links = set()
        for _ in range(2):
            response = visitor.post(f"/candidates/{candidate_id}/accept")
            assert "is a partner" in words_of(response.text)
            links |= set(
                re.findall(r'value="(http://127.0.0.1:8000/invitation/[^"]+)"', response.text)
            )
        assert _row(app, Candidate, candidate_id).status is CandidateStatus.ACCEPTED
        assert len(links) == 2, "each link is new, and shown once"
        assert "/invitation/" not in visitor.get("/onboarding").text
        states = [open_visitor(app, None).get(link).status_code for link in links]
        assert sorted(states) == [200, 404], "the newer link works, the older one has stopped"

    def test_a_candidate_is_declined_with_a_reason(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        candidate_id = world.candidate_ids[0]
        visitor.post(f"/candidates/{candidate_id}/decline", reason="Competes with ours.")
        candidate = _row(app, Candidate, candidate_id)
        assert candidate.status is CandidateStatus.DECLINED
        assert candidate.decision_reason == "Competes with ours."

    def test_the_board_shows_partners_by_where_they_stand(
        self, visitor: Visitor, world: World
    ) -> None:
        text = visitor.see("/onboarding")
        assert "Decide: partner or not" in text
        assert "invited" in text
        assert world.partner_ids


class TestTheRest:
    @pytest.mark.usefixtures("world")
    def test_the_profile_shows_criteria_spread_and_versions(self, visitor: Visitor) -> None:
        text = visitor.see("/profile")
        for words in (
            "Specialty",
            "Geography",
            "Must have",
            "Versions",
            "Alex Moor",
        ):
            assert words in text

    def test_sources_and_jobs_show_progress_and_problems_in_words(
        self, visitor: Visitor, world: World
    ) -> None:
        text = visitor.see("/sources")
        assert "Directory of remote companies" in text
        assert "311 of 913" in text
        part = words_of(visitor.ask("/sources").text)
        assert "311 of 913" in part
        assert "Sources and jobs" not in part
        problems = visitor.see(f"/sources/jobs/{world.job_ids[0]}")
        assert "“1872?” is not a year." in problems
        assert "Mend it there." in problems
        assert visitor.get("/sources/jobs/4711").status_code == 404

    @pytest.mark.usefixtures("world")
    def test_crm_health_repeats_the_crm_s_own_words(self, visitor: Visitor) -> None:
        text = visitor.see("/crm")
        assert "1 change refused" in text
        assert "The picklist “Tier” has no value “registered”." in text

    @pytest.mark.usefixtures("world")
    def test_a_refused_change_is_told_again_or_discarded_from_the_page(
        self, visitor: Visitor
    ) -> None:
        html = visitor.get("/crm").text
        entry = re.search(r"/crm/letters/(\d+)/replay", html)
        assert entry
        visitor.post(f"/crm/letters/{entry[1]}/replay")
        assert "1 change refused" not in visitor.see("/crm")
        visitor.post(f"/crm/letters/{entry[1]}/discard")
        assert "not among the refused ones" in visitor.see("/crm")

    def test_the_mapping_says_who_prevails_and_is_checked_against_the_crm(
        self, visitor: Visitor
    ) -> None:
        text = visitor.see("/crm/mapping")
        assert "Company ↔ company" in text
        assert "the CRM, unless blank there" in text
        checked = words_of(visitor.post("/crm/mapping/check").text)
        assert "27 fields can be written" in checked

    @pytest.mark.usefixtures("world")
    def test_every_number_opens_into_its_rows(self, visitor: Visitor) -> None:
        html = visitor.get("/numbers").text
        assert "60 firms known from all sources together" in words_of(html)
        for key in (
            "firms",
            "enrolled",
            "contacted",
            "replied",
            "positive",
            "candidates",
            "accepted",
        ):
            assert f'href="/numbers/{key}"' in html
            assert "Counted:" in visitor.see(f"/numbers/{key}")
        assert "34 firms" in visitor.see("/numbers/enrolled")
        assert visitor.get("/numbers/nope").status_code == 404
