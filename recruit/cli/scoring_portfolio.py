"""How a portfolio looks in a terminal."""

from rich.table import Table
from rich.text import Text

from recruit.cli.output import Format, console, print_rows
from recruit.insights.portfolio import PortfolioPage
from recruit.scoring.portfolio import GUARANTEE

_COLUMNS = ("number", "firm_id", "firm", "country", "rank", "score", "gain", "adds")


def print_portfolio(page: PortfolioPage, output_format: Format) -> None:
    """Print the firms that were chosen, what each adds, and how much is covered before and after."""
    if output_format is not Format.TABLE:
        rows = [
            {
                "number": line.number,
                "firm_id": line.firm.id,
                "firm": line.firm.name,
                "country": line.firm.country,
                "rank": line.rank,
                "score": line.total,
                "gain": round(line.pick.gain, 4),
                "adds": line.pick.sentence,
            }
            for line in page.picks
        ]
        print_rows(rows, _COLUMNS, output_format)
        return
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for heading, side in (("", "right"), ("Firm", "left"), ("Rank", "right"), ("Score", "right")):
        table.add_column(heading, justify=side, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("What it adds", ratio=1)
    for line in page.picks:
        table.add_row(
            str(line.number),
            Text(line.firm.name, style="bold"),
            f"{line.rank:,}",
            f"{line.total:g}",
            Text(line.pick.sentence),
        )
    console.print(table, highlight=False)
    console.print(
        f"{page.part_before:.0%} of what the profile looks for is covered by {page.incumbents:,} "
        f"partners, {page.part_after:.0%} with these {len(page.picks):,}. "
        f"Chosen among {page.candidates:,} firms; the choice covers {GUARANTEE}.",
        style="dim",
        highlight=False,
    )
