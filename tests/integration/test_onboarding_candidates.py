"""Who becomes a candidate and a partner: once, whoever asks how often, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.insights.onboarding import partner_page
from recruit.onboarding.tables import Candidate, Partner, PartnerMember
from recruit.onboarding.usecases import (
    AlreadyDecided,
    NothingPublished,
    UnknownCandidate,
    accept_candidate,
    add_candidate,
    collect_candidates,
    decline_candidate,
    reopen_candidate,
)
from recruit.onboarding.values import CandidateOrigin, CandidateStatus, MemberRole, PartnerState
from recruit.people.usecases import EmailTaken, InvalidEmail
from recruit.sequences.values import InboundKind, Mood
from recruit.wiring import App
from tests.factories.onboarding import (
    add_reply,
    make_candidate,
    make_partner,
    publish_small_track,
    told_once,
)
from tests.factories.scoring import add_firm_row
from tests.factories.sequences import make_contact


@pytest.fixture
def program(app: App) -> App:
    """An app whose small track is published."""
    with app.transaction() as tx:
        publish_small_track(tx)
    return app


def collect(app: App) -> list[int]:
    with app.transaction() as tx:
        return collect_candidates(tx)


def count(app: App, table: Any) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(
    ("over", "wanted"),
    [
        ({}, True),
        ({"confidence": 0.7}, True),
        ({"confidence": 0.69}, False),
        ({"confidence": 0.1, "mood_confirmed_by": "Alex Moor"}, True),
        ({"mood": Mood.NEGATIVE}, False),
        ({"mood": Mood.LATER, "mood_confirmed_by": "Alex Moor"}, False),
        ({"mood": Mood.UNCLEAR}, False),
        ({"mood": Mood.REFERRAL}, False),
        ({"mood": None}, False),
        ({"kind": InboundKind.AUTO_REPLY}, False),
        ({"kind": InboundKind.BOUNCE}, False),
        ({"kind": InboundKind.UNSUBSCRIBE}, False),
    ],
)
def test_only_a_yes_that_is_sure_or_confirmed_makes_a_candidate(
    app: App, over: dict[str, Any], wanted: bool
) -> None:
    with app.transaction() as tx:
        firm = add_firm_row(tx)
        add_reply(tx, firm.id, **over)
    assert len(collect(app)) == int(wanted)


def test_a_reply_of_no_firm_makes_no_candidate(app: App) -> None:
    with app.transaction() as tx:
        add_reply(tx, None)
    assert collect(app) == []


def test_a_firm_is_collected_once_however_often_it_says_yes(app: App) -> None:
    with app.transaction() as tx:
        firm = add_firm_row(tx)
        first = add_reply(tx, firm.id)
        add_reply(tx, firm.id)
    with told_once(app, firm.id):
        (made,) = collect(app)
    with app.reading() as tx:
        candidate = tx.session.get_one(Candidate, made)
        assert (candidate.reply_id, candidate.contact_email) == (first.id, first.from_address)
        assert (candidate.status, candidate.origin) == (
            CandidateStatus.WAITING,
            CandidateOrigin.REPLY,
        )
    with app.transaction() as tx:
        add_reply(tx, firm.id)
    assert collect(app) == []


def test_ten_who_collect_at_once_make_one_candidate(app: App) -> None:
    with app.transaction() as tx:
        firm = add_firm_row(tx)
        add_reply(tx, firm.id)
    with ThreadPoolExecutor(10) as pool:
        made = [ids for ids in pool.map(lambda _: collect(app), range(10)) if ids]
    assert len(made) == 1
    assert count(app, Candidate) == 1


def test_a_declined_firm_is_not_collected_again(app: App) -> None:
    with app.transaction() as tx:
        firm = add_firm_row(tx)
        add_reply(tx, firm.id)
        (made,) = collect_candidates(tx)
        decline_candidate(tx, candidate_id=made, reason="A competitor.", actor="Alex")
        add_reply(tx, firm.id)
    assert collect(app) == []


@pytest.mark.parametrize("sender", ["", "root@localhost", "two words@x.example", "a@b@c.example"])
def test_a_yes_with_a_broken_sender_is_kept_and_holds_nobody_up(app: App, sender: str) -> None:
    with app.transaction() as tx:
        broken = add_firm_row(tx, name="Broken")
        make_contact(tx, broken, email="ann@broken.example")
        other = add_firm_row(tx, name="Other")
        add_reply(tx, broken.id, from_address=sender)
        add_reply(tx, other.id)
    made = collect(app)
    with app.reading() as tx:
        found = {c.firm_id: c.contact_email for c in tx.session.scalars(select(Candidate))}
    assert len(made) == 2
    assert found[broken.id] == "ann@broken.example"


def test_two_firms_that_were_merged_are_one_candidate_and_one_partner(program: App) -> None:
    with program.transaction() as tx:
        kept, gone = add_firm_row(tx, name="Kept"), add_firm_row(tx, name="Gone")
        add_reply(tx, gone.id)
        add_reply(tx, kept.id)
        gone.merged_into_id = kept.id
    (made,) = collect(program)
    for _ in range(2):
        with program.transaction() as tx:
            partner = accept_candidate(tx, candidate_id=made, actor="Alex")
            assert partner.firm_id == kept.id
    assert collect(program) == []
    assert count(program, Partner) == 1


def test_a_firm_merged_after_it_became_a_partner_is_not_made_one_again(program: App) -> None:
    stored = make_partner(program)
    with program.transaction() as tx:
        kept = add_firm_row(tx, name="Kept")
        tx.session.get_one(type(kept), stored.firm_id).merged_into_id = kept.id
        add_reply(tx, kept.id)
    assert collect(program) == []


def test_an_accepted_candidate_becomes_a_partner_with_a_track_and_a_signatory(
    program: App,
) -> None:
    with program.transaction() as tx:
        candidate = make_candidate(tx)
    with told_once(program, candidate.firm_id), program.transaction() as tx:
        partner = accept_candidate(tx, candidate_id=candidate.id, actor="Alex Moor")
    with program.reading() as tx:
        page = partner_page(tx, partner.id)
        stored = tx.session.get_one(Candidate, candidate.id)
    assert (page.state, page.accepted_by) == (PartnerState.INVITED, "Alex Moor")
    assert [step.step.key for step in page.steps] == [
        "agreement",
        "company",
        "basics",
        "certification",
    ]
    assert [(m.email, m.name, m.role) for m in page.members] == [
        (candidate.contact_email, candidate.contact_name, MemberRole.SIGNATORY)
    ]
    assert (stored.status, stored.decided_by) == (CandidateStatus.ACCEPTED, "Alex Moor")
    assert stored.decided_at is not None


def test_accepting_twice_makes_one_partner_and_says_nothing_new(program: App) -> None:
    with program.transaction() as tx:
        candidate = make_candidate(tx)
        first = accept_candidate(tx, candidate_id=candidate.id, actor="Alex")
    with program.transaction() as tx:
        again = accept_candidate(tx, candidate_id=candidate.id, actor="Robin")
        assert (again.id, again.accepted_by) == (first.id, "Alex")
    assert (count(program, Partner), count(program, PartnerMember)) == (1, 1)


def test_twenty_who_accept_at_once_make_one_partner(program: App) -> None:
    with program.transaction() as tx:
        candidate_id = make_candidate(tx).id

    def accept(number: int) -> int:
        with program.transaction() as tx:
            return accept_candidate(tx, candidate_id=candidate_id, actor=f"Person {number}").id

    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(accept, range(20)))
    assert len(ids) == 1
    assert (count(program, Partner), count(program, PartnerMember)) == (1, 1)


def test_twenty_who_accept_and_decline_at_once_come_to_one_decision(program: App) -> None:
    with program.transaction() as tx:
        candidate_id = make_candidate(tx).id

    def decide(number: int) -> str:
        try:
            with program.transaction() as tx:
                if number % 2:
                    accept_candidate(tx, candidate_id=candidate_id, actor="Alex")
                    return "accepted"
                decline_candidate(tx, candidate_id=candidate_id, reason="No.", actor="Robin")
                return "declined"
        except AlreadyDecided:
            return "refused"

    with ThreadPoolExecutor(20) as pool:
        told = set(pool.map(decide, range(20)))
    with program.reading() as tx:
        status = tx.session.get_one(Candidate, candidate_id).status
    assert told == {status.value, "refused"}
    assert count(program, Partner) == int(status is CandidateStatus.ACCEPTED)


def test_without_a_track_nobody_is_accepted_and_the_candidate_still_waits(app: App) -> None:
    with app.transaction() as tx:
        candidate_id = make_candidate(tx).id
    with pytest.raises(NothingPublished, match="recruit onboarding load"), app.transaction() as tx:
        accept_candidate(tx, candidate_id=candidate_id, actor="Alex")
    with app.reading() as tx:
        assert tx.session.get_one(Candidate, candidate_id).status is CandidateStatus.WAITING


def test_an_address_of_another_partner_is_refused_until_another_is_given(program: App) -> None:
    taken = "sam@vela.example"
    with program.transaction() as tx:
        first = make_candidate(tx, contact_email=taken)
        second = make_candidate(tx, contact_email=taken)
        accept_candidate(tx, candidate_id=first.id, actor="Alex")
    with pytest.raises(EmailTaken), program.transaction() as tx:
        accept_candidate(tx, candidate_id=second.id, actor="Alex")
    assert count(program, Partner) == 1
    with program.transaction() as tx:
        accept_candidate(
            tx, candidate_id=second.id, actor="Alex", contact_email="sam2@vela.example"
        )
    assert count(program, Partner) == 2


def test_a_decline_keeps_its_reason_and_can_be_taken_back(program: App) -> None:
    with program.transaction() as tx:
        candidate = make_candidate(tx)
    with told_once(program, candidate.firm_id), program.transaction() as tx:
        decline_candidate(tx, candidate_id=candidate.id, reason=" Too small. ", actor="Alex")
    with program.reading() as tx:
        stored = tx.session.get_one(Candidate, candidate.id)
        assert (stored.status, stored.decision_reason, stored.decided_by) == (
            CandidateStatus.DECLINED,
            "Too small.",
            "Alex",
        )
    with told_once(program, candidate.firm_id), program.transaction() as tx:
        reopen_candidate(tx, candidate_id=candidate.id, actor="Robin")
    with program.reading() as tx:
        stored = tx.session.get_one(Candidate, candidate.id)
        assert (stored.status, stored.decision_reason, stored.decided_at) == (
            CandidateStatus.WAITING,
            "",
            None,
        )
    with program.transaction() as tx:
        accept_candidate(tx, candidate_id=candidate.id, actor="Robin")


Act = Callable[..., Any]


def _accept(tx: Any, candidate_id: int) -> None:
    accept_candidate(tx, candidate_id=candidate_id, actor="Alex")


def _decline(tx: Any, candidate_id: int) -> None:
    decline_candidate(tx, candidate_id=candidate_id, reason="No.", actor="Alex")


def _reopen(tx: Any, candidate_id: int) -> None:
    reopen_candidate(tx, candidate_id=candidate_id, actor="Alex")


@pytest.mark.parametrize(
    ("before", "act", "remedy"),
    [
        (_accept, _decline, "accepted by Alex. Off-board the partner instead."),
        (_accept, _reopen, "accepted by Alex. Off-board the partner instead."),
        (_decline, _accept, "declined by Alex. Reopen it first."),
    ],
)
def test_a_decision_that_cannot_be_turned_is_refused_with_its_remedy(
    program: App, before: Act, act: Act, remedy: str
) -> None:
    with program.transaction() as tx:
        candidate_id = make_candidate(tx).id
        before(tx, candidate_id)
    with pytest.raises(AlreadyDecided) as caught, program.transaction() as tx:
        act(tx, candidate_id)
    assert remedy in str(caught.value)


@pytest.mark.parametrize("act", [_accept, _decline, _reopen])
def test_a_candidate_that_does_not_exist_is_told(program: App, act: Act) -> None:
    with pytest.raises(UnknownCandidate, match="no candidate 999"), program.transaction() as tx:
        act(tx, 999)


@pytest.mark.parametrize("act", [_decline, _reopen])
def test_deciding_the_same_again_changes_nothing(program: App, act: Act) -> None:
    with program.transaction() as tx:
        candidate_id = make_candidate(tx).id
        act(tx, candidate_id)
        act(tx, candidate_id)


def test_a_firm_is_added_once_and_its_first_contact_is_invited(app: App) -> None:
    with app.transaction() as tx:
        firm = add_firm_row(tx)
        make_contact(tx, firm, email="ann@north.example", name="Ann Archer")
    made = []
    for _ in range(2):
        with app.transaction() as tx:
            candidate = add_candidate(tx, firm_id=firm.id, origin=CandidateOrigin.RECRUITER)
            made.append((candidate.id, candidate.contact_email, candidate.contact_name))
    assert made[0] == made[1]
    assert made[0][1:] == ("ann@north.example", "Ann Archer")


def test_a_firm_that_nobody_can_be_invited_of_is_refused(app: App) -> None:
    with app.transaction() as tx:
        firm = add_firm_row(tx)
    with pytest.raises(InvalidEmail), app.transaction() as tx:
        add_candidate(tx, firm_id=firm.id, origin=CandidateOrigin.RECRUITER)
