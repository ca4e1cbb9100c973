"""How a ranking and one firm's arithmetic look in a terminal."""

from collections.abc import Sequence

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from recruit.cli.output import console
from recruit.firms.values import FirmView
from recruit.scoring.usecases import RankedFirm
from recruit.scoring.values import ScoreCard, Standing

_BAR_CELLS = 10
_WIDE = 110


def ranking_table(ranked: Sequence[RankedFirm], width: int) -> Table:
    """Return the ranking as a table: who, where, how big, how old, how good, and why.

    In a terminal narrower than `_WIDE` columns the place takes the domain's line, and the points alone
    say why.
    """
    wide = width >= _WIDE
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Firm", max_width=26, no_wrap=True, overflow="ellipsis")
    if wide:
        table.add_column("Place", max_width=18, no_wrap=True, overflow="ellipsis")
    table.add_column("People", justify="right", no_wrap=True)
    table.add_column("Since", justify="right", no_wrap=True)
    table.add_column("Score", no_wrap=True)
    table.add_column("Why", ratio=1)
    for line in ranked:
        firm, card = line.firm, line.card
        place = ", ".join(part for part in (firm.city, firm.country) if part) or "?"
        table.add_row(
            str(line.rank),
            Group(
                Text(firm.name, style="bold"),
                Text((firm.domain or "") if wide else place, style="dim"),
            ),
            *([Text(place)] if wide else []),
            interval(firm.employees_low, firm.employees_high),
            interval(firm.founded_low, firm.founded_high),
            Group(score_bar(card, line.most), Text(score_in_words(card), style="bold")),
            _why(card, wide=wide),
        )
    return table


def interval(low: int | None, high: int | None) -> str:
    """Return an interval in few letters: "64", "11–50", "201+", "≤50", "?"."""
    if low is None:
        return "?" if high is None else f"≤{high}"
    if high is None:
        return f"{low}+"
    return str(low) if low == high else f"{low}–{high}"


def score_in_words(card: ScoreCard) -> str:
    """Return the score, with its interval where something is missing: "74.5 (66–89)"."""
    if card.low == card.high:
        return f"{card.total:g}"
    return f"{card.total:g} ({card.low:.0f}–{card.high:.0f})"


def score_bar(card: ScoreCard, most: float, cells: int = _BAR_CELLS) -> Text:
    """Return the score as a bar: solid up to what is sure, lighter up to what counts, dots to what could be."""
    sure, counts, could = (round(x / most * cells) for x in (card.low, card.total, card.high))
    bar = Text("█" * sure, style="green")
    bar.append("▓" * (counts - sure), style="green")
    bar.append("░" * (could - counts), style="dim green")
    bar.append("·" * (cells - could), style="dim")
    return bar


def _why(card: ScoreCard, *, wide: bool) -> Text:
    """Return all points, and below them the weightiest reason in words where there is room."""
    why = Text(no_wrap=wide, overflow="ellipsis" if wide else "fold")
    for reason in card.reasons:
        why.append(f"{reason.points:g}", style="bold")
        why.append(f"\u00a0{reason.criterion}  ")
    if wide:
        best = max(card.reasons, key=lambda r: r.points)
        why.append(f"\n{best.sentence}", style="dim")
    return why


def print_explanation(
    firm: FirmView,
    card: ScoreCard,
    profile_name: str,
    most: float,
    last: tuple[int | None, ScoreCard] | None,
) -> None:
    """Print every reason with its evidence, the sum, and how it compares with the last ranking."""
    console.print(
        f"[bold]{escape(firm.name)}[/] [dim]{firm.domain or ''} · firm {firm.id}[/]",
        highlight=False,
    )
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Points", "of", "Low", "High"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Criterion", no_wrap=True)
    table.add_column("Why", ratio=1)
    for reason in card.reasons:
        table.add_row(
            f"[bold]{reason.points:.2f}[/]",
            f"{reason.most:g}",
            f"{reason.low:.2f}",
            f"{reason.high:.2f}",
            escape(reason.criterion),
            Group(Text(reason.sentence), Text(reason.evidence, style="dim")),
        )
    table.add_section()
    table.add_row(
        f"[bold]{card.total:.2f}[/]",
        f"{most:g}",
        f"{card.low:.2f}",
        f"{card.high:.2f}",
        "[bold]Sum[/]",
        score_bar(card, most, 30),
    )
    console.print(table, highlight=False)
    for line in _notes(card, profile_name, last):
        console.print(line, highlight=False, markup=False)


def _notes(
    card: ScoreCard, profile_name: str, last: tuple[int | None, ScoreCard] | None
) -> list[str]:
    words = {
        Standing.RANKED: "Takes part in the ranking.",
        Standing.GATED: "Held back, since it fails a must-have.",
        Standing.EXCLUDED: "Removed by an exclusion.",
    }
    notes = [f"{words[card.standing]} {card.standing_reason}".strip()]
    if last is None:
        notes.append(
            f"Not in the last ranking. Renew it with: recruit rank --profile {profile_name}"
        )
    elif last[1].reasons != card.reasons or last[1].standing is not card.standing:
        notes.append(
            f"The last ranking gave {score_in_words(last[1])}; what is known has changed since. "
            f"Renew it with: recruit rank --profile {profile_name}"
        )
    elif last[0] is not None:
        notes.append(f"Rank {last[0]:,} in {profile_name}.")
    return notes
