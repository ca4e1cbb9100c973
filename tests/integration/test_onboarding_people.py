"""A partner's people come, are sent away and come back; partners are parted with and taken back."""

from datetime import timedelta

import pytest

from recruit.insights.onboarding import PartnerPage, partner_page
from recruit.onboarding.gates import GateNotMet
from recruit.onboarding.usecases import (
    AlreadySignedIn,
    NotAMember,
    check_gate,
    invite_member,
    invite_signatory,
    leave_member,
    leave_partner,
    renew_invitation,
    take_back_waiver,
    take_partner_back,
    waive_step,
)
from recruit.onboarding.values import Action, MemberRole, PartnerState
from recruit.people.usecases import (
    EmailTaken,
    InvitationInvalid,
    accept_invitation,
    find_invitation,
    find_session,
)
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.people import PASSWORD
from tests.factories.portal import BASICS, SELLING, Someone, bring_partner, publish


@pytest.fixture
def partner(app: App) -> Someone:
    """Who may sign for a partner on the packaged track."""
    publish(app)
    return bring_partner(app)


def page_of(someone: Someone) -> PartnerPage:
    with someone.app.reading() as tx:
        return partner_page(tx, someone.partner_id)


def is_in(someone: Someone) -> bool:
    with someone.app.reading() as tx:
        return find_session(tx, token=someone.token) is not None


def may(someone: Someone, action: Action) -> bool:
    with someone.app.reading() as tx:
        return check_gate(tx, person_id=someone.person_id, action=action).allowed


def invite(someone: Someone, email: str, **over: object) -> str:
    values = {"name": "Ada Berg", "role": MemberRole.MEMBER} | over
    with someone.app.transaction() as tx:
        return invite_member(tx, partner_id=someone.partner_id, email=email, **values)  # type: ignore[arg-type]


def test_whoever_comes_by_an_invitation_may_give_their_name(app: App) -> None:
    publish(app)
    nameless = bring_partner(app, "")
    assert page_of(nameless).members[0].name == nameless.email
    with app.transaction() as tx:
        token = invite_signatory(tx, partner_id=nameless.partner_id)
        assert not find_invitation(tx, token=token).is_named
        accept_invitation(tx, token=token, password=PASSWORD, name=" Mira Okafor ")
    assert page_of(nameless).members[0].name == "Mira Okafor"


def test_a_colleague_whose_link_is_lost_gets_another_and_the_lost_one_opens_nothing(
    partner: Someone,
) -> None:
    lost = invite(partner, "ada@vela.example")
    ada = page_of(partner).members[1].person_id
    with partner.app.transaction() as tx:
        token = renew_invitation(
            tx, partner_id=partner.partner_id, person_id=ada, by_person_id=partner.person_id
        )
    with partner.app.reading() as tx:
        assert find_invitation(tx, token=token).name == "Ada Berg"
        with pytest.raises(InvitationInvalid):
            find_invitation(tx, token=lost)


def test_nobody_takes_over_the_account_of_a_colleague_who_has_come_in(partner: Someone) -> None:
    ada = partner.bring("Ada Berg", MemberRole.ADMIN)
    with partner.app.transaction() as tx, pytest.raises(AlreadySignedIn, match="simply sign in"):
        renew_invitation(
            tx,
            partner_id=partner.partner_id,
            person_id=ada.person_id,
            by_person_id=partner.person_id,
        )


def test_a_colleague_who_is_sent_away_comes_back_with_all_they_had_earned(
    partner: Someone,
) -> None:
    partner.sign().describe()
    ada = partner.bring("Ada Berg", MemberRole.MEMBER).take(BASICS).take(SELLING)
    assert page_of(partner).state is PartnerState.FULL_ACCESS
    with partner.app.transaction() as tx:
        leave_member(
            tx,
            partner_id=partner.partner_id,
            person_id=ada.person_id,
            by_person_id=partner.person_id,
        )
    page = page_of(partner)
    assert not is_in(ada)
    assert not may(ada, Action.SEE_PORTAL)
    assert page.state is PartnerState.TRAINING
    assert [(m.name, m.email) for m in page.former] == [("Ada Berg", ada.email)]

    token = invite(partner, ada.email, role=MemberRole.ADMIN)
    page = page_of(partner)
    assert page.state is PartnerState.FULL_ACCESS
    assert page.former == ()
    assert [m.role for m in page.members] == [MemberRole.SIGNATORY, MemberRole.ADMIN]
    with partner.app.transaction() as tx:
        assert accept_invitation(tx, token=token, password=PASSWORD).person.person_id == (
            ada.person_id
        )


def test_a_former_colleague_is_not_invited_by_another_partner(partner: Someone) -> None:
    ada = partner.bring("Ada Berg", MemberRole.MEMBER)
    with partner.app.transaction() as tx:
        leave_member(tx, partner_id=partner.partner_id, person_id=ada.person_id)
    other = bring_partner(partner.app)
    with pytest.raises(EmailTaken):
        invite(other, ada.email)
    assert not is_in(ada)


@pytest.mark.parametrize(
    ("by", "of", "allowed"),
    [
        (MemberRole.SIGNATORY, MemberRole.SIGNATORY, True),
        (MemberRole.SIGNATORY, MemberRole.ADMIN, True),
        (MemberRole.ADMIN, MemberRole.MEMBER, True),
        (MemberRole.ADMIN, MemberRole.ADMIN, True),
        (MemberRole.ADMIN, MemberRole.SIGNATORY, False),
        (MemberRole.MEMBER, MemberRole.MEMBER, False),
    ],
)
def test_who_sends_whom_away_follows_from_their_roles(
    partner: Someone, by: MemberRole, of: MemberRole, allowed: bool
) -> None:
    one, other = partner.bring("Ada Berg", by), partner.bring("Jan de Wit", of)
    act = {"partner_id": partner.partner_id, "by_person_id": one.person_id}
    if allowed:
        with partner.app.transaction() as tx:
            leave_member(tx, person_id=other.person_id, **act)
    else:
        with partner.app.transaction() as tx, pytest.raises(GateNotMet, match="Only "):
            leave_member(tx, person_id=other.person_id, **act)
    assert is_in(other) is not allowed


def test_nobody_sends_themselves_away(partner: Someone) -> None:
    with partner.app.transaction() as tx, pytest.raises(GateNotMet, match="Ask a colleague"):
        leave_member(
            tx,
            partner_id=partner.partner_id,
            person_id=partner.person_id,
            by_person_id=partner.person_id,
        )


def test_another_partners_people_do_not_exist(partner: Someone) -> None:
    other = bring_partner(partner.app)
    said = []
    for person_id in (other.person_id, 999_999):
        with partner.app.transaction() as tx, pytest.raises(NotAMember) as refused:
            renew_invitation(tx, partner_id=partner.partner_id, person_id=person_id)
        said.append(str(refused.value).replace(str(person_id), "N"))
    assert said[0] == said[1]


def test_a_partner_that_is_taken_back_stands_where_it_stood_without_those_who_left_before(
    partner: Someone,
) -> None:
    partner.finish()
    ada = partner.bring("Ada Berg", MemberRole.MEMBER)
    with partner.app.transaction() as tx:
        leave_member(tx, partner_id=partner.partner_id, person_id=ada.person_id)
    partner.app.clock.move_to(NOW + timedelta(minutes=1))  # type: ignore[attr-defined]
    with partner.app.transaction() as tx:
        leave_partner(tx, partner_id=partner.partner_id, reason="Merged with another.")
    page = page_of(partner)
    assert (page.state, page.left_reason, page.members) == (
        PartnerState.LEFT,
        "Merged with another.",
        (),
    )
    assert not is_in(partner)
    for _ in range(2):
        with partner.app.transaction() as tx:
            take_partner_back(tx, partner_id=partner.partner_id)
    page = page_of(partner)
    assert (page.state, page.left_reason) == (PartnerState.FULL_ACCESS, "")
    assert [m.person_id for m in page.members] == [partner.person_id]
    assert [m.name for m in page.former] == ["Ada Berg"]
    assert not is_in(partner)  # a session that ended stays ended


def test_a_waiver_that_is_taken_back_closes_what_it_had_opened(partner: Someone) -> None:
    partner.sign()
    act = {"partner_id": partner.partner_id, "step_key": "certification"}
    with partner.app.transaction() as tx:
        waive_step(tx, reason="Certified elsewhere", actor="Morgan Diaz", **act)
        for step in ("company", "basics"):
            waive_step(
                tx,
                partner_id=partner.partner_id,
                step_key=step,
                reason="Known",
                actor="Morgan Diaz",
            )
    assert may(partner, Action.SEE_PRICES)
    waiver = page_of(partner).waivers["certification"]
    assert (waiver.actor, waiver.note) == ("Morgan Diaz", "Certified elsewhere")
    for _ in range(2):
        with partner.app.transaction() as tx:
            take_back_waiver(tx, **act)
    assert not may(partner, Action.SEE_PRICES)
    assert set(page_of(partner).waivers) == {"company", "basics"}


def test_what_was_really_done_is_not_taken_back_as_a_waiver(partner: Someone) -> None:
    partner.sign().describe()
    with partner.app.transaction() as tx:
        take_back_waiver(tx, partner_id=partner.partner_id, step_key="company")
    steps = {view.step.key: view for view in page_of(partner).steps}
    assert steps["company"].finished
