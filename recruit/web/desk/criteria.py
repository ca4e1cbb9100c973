"""A profile's criteria as cards: in words, with a curve where a number is judged."""

from dataclasses import dataclass

from recruit.scoring.conditions import Rule
from recruit.scoring.criteria.band import describe_band
from recruit.scoring.criteria.geography import Geography
from recruit.scoring.criteria.look_alike import ENOUGH, PLENTY, LookAlike
from recruit.scoring.criteria.signals import Signals
from recruit.scoring.criteria.size import Size
from recruit.scoring.criteria.specialty import Specialty
from recruit.scoring.criteria.tenure import Tenure
from recruit.scoring.curves import Band
from recruit.scoring.profile import Criterion, ProfileDefinition

LOOK_ALIKE = (
    f"Learned from the best partners: what they have in common counts, nothing of it below {ENOUGH} partners "
    f"and all from {PLENTY} on."
)
CURVE_WIDTH, CURVE_HEIGHT = 320, 64


@dataclass(frozen=True)
class Share:
    """A line of a card: something that gives this share of the points, or weighs so much."""

    label: str
    share: float
    figure: str
    also: str = ""


@dataclass(frozen=True)
class Curve:
    """A curve to draw: its points as SVG coordinates, and marks on the axis below (x, text)."""

    points: str
    marks: tuple[tuple[float, str], ...]
    sentence: str


@dataclass(frozen=True)
class CriterionCard:
    """A criterion. `missing` is the share that counts of what is not known."""

    key: str
    title: str
    points: float
    sentence: str
    missing: float
    shares: tuple[Share, ...] = ()
    curve: Curve | None = None


def criterion_cards(definition: ProfileDefinition) -> list[CriterionCard]:
    """Return a card a criterion, the heaviest first."""
    return [_card(criterion) for criterion in definition.criteria]


def rule_sentence(rule: Rule) -> str:
    """Return what becomes of a firm of which a rule's fact is not known."""
    return "held back while nobody knows" if rule.unknown_gates else "passes while nobody knows"


def _card(criterion: Criterion) -> CriterionCard:
    title = criterion.key.replace("-", " ").replace("_", " ").capitalize()
    points = criterion.hundredths / 100
    match criterion.measure:
        case Geography() as geography:
            shares = [
                Share(area.label[:1].upper() + area.label[1:], area.share, f"{area.share:.0%}")
                for area in geography.areas
            ]
            shares.append(Share("Elsewhere", geography.elsewhere, f"{geography.elsewhere:.0%}"))
            sentence = "The best area that the firm lies in counts."
            return CriterionCard(
                criterion.key, title, points, sentence, criterion.missing, tuple(shares)
            )
        case Specialty() as specialty:
            return CriterionCard(
                criterion.key,
                title,
                points,
                f"What it does adds up; {specialty.enough:g} in weight make full points.",
                criterion.missing,
                tuple(
                    Share(
                        term.term,
                        min(term.weight / specialty.enough, 1),
                        f"{term.weight:g}",
                        ", ".join(term.synonyms),
                    )
                    for term in specialty.terms
                ),
            )
        case Size() as size:
            curve = _curve(size.band, size.unit)
            return CriterionCard(
                criterion.key, title, points, curve.sentence, criterion.missing, curve=curve
            )
        case Tenure() as tenure:
            curve = _curve(tenure.years, "years in business")
            return CriterionCard(
                criterion.key, title, points, curve.sentence, criterion.missing, curve=curve
            )
        case Signals() as signs:
            return CriterionCard(
                criterion.key,
                title,
                points,
                f"The signs that hold add up; {signs.enough:g} in weight make full points.",
                criterion.missing,
                tuple(
                    Share(s.because, min(s.weight / signs.enough, 1), f"{s.weight:g}")
                    for s in signs.signals
                ),
            )
        case LookAlike():
            return CriterionCard(criterion.key, title, points, LOOK_ALIKE, criterion.missing)
    return CriterionCard(criterion.key, title, points, "", criterion.missing)


def _short(edge: float) -> str:
    return f"{edge / 1_000_000:g}M" if edge >= 1_000_000 else f"{edge:,.0f}"


def _curve(band: Band, unit: str) -> Curve:
    edges = [
        edge
        for edge in (band.none_below, band.full_from, band.full_to, band.none_above)
        if edge is not None
    ]
    # Edges stand at equal distances, for a scale from 2 to 1,000 would hide all but the last.
    step = CURVE_WIDTH / (len(edges) + 1)
    x = {edge: round(step * (n + 1), 1) for n, edge in enumerate(edges)}

    def y(share: float) -> float:
        return round(4 + (1 - share) * (CURVE_HEIGHT - 8), 1)

    first = band.at(edges[0] - 1) if band.full_from is not None else 1.0
    last = band.at(edges[-1] + 1) if band.full_to is not None else 1.0
    points = [(0.0, y(first))]
    for edge in edges:
        hard = edge == band.full_from and band.none_below in (None, edge)
        if hard:
            points.append((x[edge], y(0)))
        points.append((x[edge], y(band.at(edge))))
        if edge == band.full_to and band.none_above in (None, edge):
            points.append((x[edge], y(0)))
    points.append((float(CURVE_WIDTH), y(last)))
    return Curve(
        points=" ".join(f"{px:g},{py:g}" for px, py in points),
        marks=tuple((x[edge], _short(edge)) for edge in edges),
        sentence=f"{describe_band(band, unit)} give full points"
        + (
            ", fading out beyond."
            if band.none_below is not None or band.none_above is not None
            else "."
        ),
    )
