"""How the difference of two rankings looks in a terminal."""

from collections import Counter
from typing import Any

from rich.table import Table
from rich.text import Text

from recruit.cli.output import Format, console, print_rows
from recruit.scoring.comparing import Comparison
from recruit.scoring.moves import Cause, Move

_COLUMNS = ("firm_id", "firm", "before", "after", "points_before", "points_after", "why")


def print_moves(found: Comparison, top: int, output_format: Format) -> None:
    """Print the largest moves with their causes, and how many firms each cause moved."""
    if output_format is not Format.TABLE:
        rows = [_row(move, found.names) for move in found.moves[:top]]
        print_rows(rows, _COLUMNS, output_format)
        return
    before, after = found.before, found.after
    console.print(
        f"Ranking {before.ranking_id} (version {before.version}) → "
        f"{after.ranking_id} (version {after.version})",
        highlight=False,
    )
    if found.is_identical:
        console.print(f"Identical to the byte: {after.digest[:12]}.", highlight=False)
        return
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for heading, side in (
        ("Firm", "left"),
        ("Rank", "right"),
        ("Points", "right"),
        ("Why", "left"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for move in found.moves[:top]:
        table.add_row(
            Text(found.names.get(move.firm_id, str(move.firm_id)), style="bold"),
            f"{_place(move.before)} → {_place(move.after)}",
            f"{_points(move.points_before)} → {_points(move.points_after)}",
            Text(why(move)),
        )
    console.print(table, highlight=False)
    console.print(_summary(found), style="dim", highlight=False)


def why(move: Move) -> str:
    """Return the causes of a move in words: "weight: 12 places up, +4.5 points; data: 1 place down"."""
    parts = []
    if move.entered_by is not None:
        parts.append(f"came in by {move.entered_by.value}")
    if move.left_by is not None:
        parts.append(f"left by {move.left_by.value}")
    for cause, (places, points) in move.by_cause.items():
        way = f"{abs(places)} {'place' if abs(places) == 1 else 'places'} {'up' if places > 0 else 'down'}"
        said = [way] if places else []
        said.append(f"{points:+g} points" if points else "others moved")
        parts.append(f"{cause.value}: {', '.join(said)}")
    return "; ".join(parts)


def _summary(found: Comparison) -> str:
    causes: Counter[Cause] = Counter()
    for move in found.moves:
        own = [cause for cause, (_, points) in move.by_cause.items() if points]
        ends = [cause for cause in (move.entered_by, move.left_by) if cause is not None]
        causes.update({*own, *ends})
    listed = ", ".join(f"{firms:,} by {cause.value}" for cause, firms in causes.most_common())
    unsure = (
        f" Of {found.unsure:,} more is known since, so that data and weight cannot be told apart."
        if found.unsure
        else ""
    )
    return f"{len(found.moves):,} firms stand elsewhere; points of their own changed: {listed or 'none'}.{unsure}"


def _row(move: Move, names: dict[int, str]) -> dict[str, Any]:
    return {
        "firm_id": move.firm_id,
        "firm": names.get(move.firm_id, ""),
        "before": move.before,
        "after": move.after,
        "points_before": move.points_before,
        "points_after": move.points_after,
        "why": why(move),
    }


def _place(rank: int | None) -> str:
    return "–" if rank is None else f"{rank:,}"


def _points(points: float | None) -> str:
    return "–" if points is None else f"{points:g}"
