"""The portfolio question: which firms a program should win next, seeing whom it has."""

from dataclasses import dataclass

from sqlalchemy import String, cast, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.firms.values import FirmView
from recruit.firms.views import firm_view
from recruit.insights.profiles import ProfileLine, find_current_profile
from recruit.insights.prospect_rows import view_of
from recruit.insights.prospects import scope_of
from recruit.insights.standing import ProspectState
from recruit.onboarding.tables import Partner
from recruit.scoring.cards import definition_of
from recruit.scoring.portfolio import Map, Pick, Portfolio, choose
from recruit.scoring.tables import Score
from recruit.scoring.values import ScoringRefused, Standing

# So deep into the ranking the choice looks: beyond, firms fit too little to cover anything well.
CANDIDATES = 2000
# Who cannot be won any more, or is won already.
_SETTLED = frozenset(
    {
        ProspectState.PARTNER,
        ProspectState.LEFT,
        ProspectState.DECLINED,
        ProspectState.OPTED_OUT,
        ProspectState.LEFT_OUT,
    }
)
_PARTNER_TAG = "partner"


class NothingToChooseFrom(ScoringRefused):
    """There is no ranking, or the profile names nothing that firms could cover."""


@dataclass(frozen=True)
class PickLine:
    """A firm that was chosen: its place in the ranking, and what it adds."""

    number: int
    firm: FirmView
    rank: int
    total: float
    pick: Pick


@dataclass(frozen=True)
class PortfolioPage:
    """The choice, whom it stands beside, and what part is covered before and after."""

    profile: ProfileLine
    picks: tuple[PickLine, ...]
    incumbents: int
    candidates: int
    choice: Portfolio

    @property
    def part_before(self) -> float:
        """Return the part of all that can be covered that is covered now, in [0, 1]."""
        return self.choice.covered_before / self.choice.most if self.choice.most else 0.0

    @property
    def part_after(self) -> float:
        """Return the part that would be covered with the chosen firms, in [0, 1]."""
        return self.choice.covered / self.choice.most if self.choice.most else 0.0


def choose_portfolio(
    tx: Transaction, *, profile_name: str | None = None, wanted: int
) -> PortfolioPage:
    """Choose `wanted` firms for what they add to the partners; raises `NothingToChooseFrom`."""
    profile = find_current_profile(tx, profile_name)
    if profile is None or profile.ranked_at is None:
        raise NothingToChooseFrom("Nothing is ranked yet. Rank with: recruit rank")
    definition = definition_of(profile, profile.ranking, profile.name)
    chart = Map.of(definition)
    if not chart.terms:
        raise NothingToChooseFrom(
            f'The profile "{profile.name}" names no terms that a firm could cover. '
            "Add a criterion of kind specialty with terms."
        )
    rows = tx.session.execute(
        scope_of(profile.version_id)
        .where(Score.standing == Standing.RANKED)
        .order_by(Score.rank)
        .limit(CANDIDATES)
    ).all()
    open_rows = [row for row in rows if ProspectState(row.state) not in _SETTLED]
    views = {row.id: view_of(row) for row in open_rows}
    partners = _partners(tx)
    totals = {row.id: row.total for row in rows}
    choice = choose(
        [chart.cover(views[row.id], row.total) for row in open_rows],
        # A partner sells what it sells, whatever the score that it would have today.
        [chart.cover(firm, totals.get(firm.id, definition.most)) for firm in partners],
        chart.weigh([*views.values(), *partners]),
        wanted,
    )
    ranks = {row.id: row.rank for row in open_rows}
    return PortfolioPage(
        profile=profile,
        picks=tuple(
            PickLine(n, views[p.firm_id], ranks[p.firm_id], totals[p.firm_id], p)
            for n, p in enumerate(choice.picks, start=1)
        ),
        incumbents=len(partners),
        candidates=len(open_rows),
        choice=choice,
    )


def _partners(tx: Transaction) -> list[FirmView]:
    current = select(Partner.firm_id).where(Partner.left_at.is_(None))
    firms = tx.session.scalars(
        select(Firm)
        .where(
            Firm.merged_into_id.is_(None),
            or_(Firm.id.in_(current), cast(Firm.tags, String).like(f'%"{_PARTNER_TAG}"%')),
        )
        .order_by(Firm.id)
    )
    return [firm_view(firm) for firm in firms]
