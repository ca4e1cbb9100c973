"""`recruit firms review, same, different, merge, split, undo, history, parent, verdicts`: a person decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

FirmArgument = Annotated[str, typer.Argument(metavar="FIRM", help="Its id, domain or name.")]
OtherArgument = Annotated[str, typer.Argument(metavar="OTHER", help="The other's.")]
WhyOption = Annotated[str, typer.Option("--why", help="Kept with the change.")]
ACTOR = "command line"


def register(firms: typer.Typer) -> None:
    """Add this module's commands to `recruit firms`."""
    firms.command("review")(review)
    firms.command("same")(same)
    firms.command("different")(different)
    firms.command("merge")(merge)
    firms.command("split")(split)
    firms.command("undo")(undo)
    firms.command("history")(history)
    firms.command("parent")(parent)
    firms.command("verdicts")(list_verdicts)
    firms.command("withdraw")(withdraw)


@contextmanager
def changing() -> Iterator[Any]:
    """Give a transaction; what is refused is told in a sentence, and nothing is changed."""
    from recruit.firms.families import ParentRefused
    from recruit.firms.merging import MergeRefused, SplitRefused
    from recruit.firms.undoing import UndoRefused
    from recruit.firms.verdicts import VerdictRefused

    refusals = (
        LookupError, MergeRefused, ParentRefused, SplitRefused, UndoRefused, VerdictRefused,
    )  # fmt: skip
    try:
        with open_app() as app, app.transaction() as tx:
            yield tx
    except refusals as error:
        fail(str(error))


def review(
    limit: Annotated[int, typer.Option(min=1, help="How many, the likeliest first.")] = 50,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List the pairs of firms that may be one, for a person to decide."""
    from recruit.insights.review import list_queue

    with open_app() as app, app.reading() as tx:
        queue = list_queue(tx, limit=limit)
    rows = [
        {
            "firm": line.firm_a,
            "name": line.name_a,
            "other": line.firm_b,
            "other_name": line.name_b,
            "score": line.score,
            "why": line.why,
        }
        for line in queue.lines
    ]
    if not rows and output_format is Format.TABLE:
        typer.echo("No pair waits. `recruit resolve` leaves those here that it cannot decide.")
        return
    print_rows(rows, ["firm", "name", "other", "other_name", "score", "why"], output_format)
    if output_format is Format.TABLE:
        typer.echo(
            f"{queue.waiting} waiting. Decide with `recruit firms same FIRM OTHER` or `different`."
        )


def same(firm: FirmArgument, other: OtherArgument, why: WhyOption = "") -> None:
    """Say that two firms are one: they are merged into the older, and no run parts them."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.merging import say_same

    with changing() as tx:
        ids = find_meant_firm(tx, firm).id, find_meant_firm(tx, other).id
        done = say_same(tx, firm_ids=ids, actor=ACTOR, why=why)
    _say_merged(done.firm_id, done.other_id, done.change_id)


def different(firm: FirmArgument, other: OtherArgument, why: WhyOption = "") -> None:
    """Say that two firms are not the same: no run makes them one."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.merging import say_different

    with changing() as tx:
        ids = find_meant_firm(tx, firm).id, find_meant_firm(tx, other).id
        done = say_different(tx, firm_ids=ids, actor=ACTOR, why=why)
    typer.echo(
        f"Firms {done.firm_id} and {done.other_id} stay two. "
        f"Take it back with: recruit firms withdraw {done.verdict_id}"
    )


def merge(firm: FirmArgument, other: OtherArgument, why: WhyOption = "") -> None:
    """Merge OTHER into FIRM, which keeps its id; all that was said and done moves along."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.merging import merge_firms

    with changing() as tx:
        keep, away = find_meant_firm(tx, firm).id, find_meant_firm(tx, other).id
        done = merge_firms(tx, keep=keep, away=away, actor=ACTOR, why=why)
    _say_merged(done.firm_id, done.other_id, done.change_id)


def _say_merged(keep: int, away: int, change: int | None) -> None:
    typer.echo(f"Firm {away} is part of firm {keep} now. Undo it with: recruit firms undo {change}")


def split(
    firm: FirmArgument,
    records: Annotated[
        list[int],
        typer.Option("--record", help="The id of a sighting to split off; once for each."),
    ],
    why: WhyOption = "",
) -> None:
    """Make a firm of its own of some sightings; see them with `recruit firms history FIRM --sightings`."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.merging import split_firm

    with changing() as tx:
        firm_id = find_meant_firm(tx, firm).id
        done = split_firm(tx, firm_id=firm_id, record_ids=records, actor=ACTOR, why=why)
    typer.echo(
        f"Firm {done.firm_id} was split off firm {done.other_id}. "
        f"Undo it with: recruit firms undo {done.change_id}"
    )


def undo(
    change: Annotated[int, typer.Argument(help="As `recruit firms history` numbers it.")],
) -> None:
    """Undo a merge or a split; what it moved goes back."""
    from recruit.firms.undoing import undo as take_back

    with changing() as tx:
        done = take_back(tx, change_id=change, actor=ACTOR)
    typer.echo(f"Undone: change {change} of firms {done.firm_id} and {done.other_id}.")


def history(
    firm: FirmArgument,
    sightings: Annotated[
        bool, typer.Option("--sightings", help="The sightings that it is made of instead.")
    ] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List what happened to a firm's record, the latest first."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.history import list_history
    from recruit.insights.firm import firm_page

    with changing() as tx:
        meant = find_meant_firm(tx, firm)
        if sightings:
            columns = ["record", "source", "name", "source_record_id", "why"]
            rows = [
                {
                    "record": line.source_record_id,
                    "source": line.source,
                    "name": line.name,
                    "source_record_id": line.record_id,
                    "why": line.evidence.get("because"),
                }
                for line in firm_page(tx, meant.id).sightings
            ]
        else:
            columns = ["change", "at", "what", "other", "detail", "by", "undone"]
            rows = [
                {
                    "change": line.change_id,
                    "at": f"{line.at:%Y-%m-%d %H:%M}",
                    "what": line.title,
                    "other": line.other_id,
                    "detail": line.because or _fields(line.fields),
                    "by": line.actor,
                    "undone": f"{line.undone_at:%Y-%m-%d}" if line.undone_at else None,
                }
                for line in list_history(tx, meant.id)
            ]
    print_rows(rows, columns, output_format, title=f"{meant.name} ({meant.id})")


def _fields(fields: dict[str, Any]) -> str:
    return "; ".join(
        f"{name}: {old or 'nothing'} → {new or 'nothing'}" for name, (old, new) in fields.items()
    )


def parent(
    firm: FirmArgument,
    owner: Annotated[
        str | None, typer.Argument(metavar="[OWNER]", help="The firm that owns it.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="No firm owns it.")] = False,
    why: WhyOption = "",
) -> None:
    """Say which firm owns a firm."""
    from recruit.firms.families import set_parent
    from recruit.firms.finding import find_meant_firm

    if (owner is None) != none:
        fail("Name the firm that owns it, or say --none.")
    with changing() as tx:
        child = find_meant_firm(tx, firm)
        above = find_meant_firm(tx, owner) if owner is not None else None
        set_parent(
            tx, firm_id=child.id, parent_id=above.id if above else None, actor=ACTOR, why=why
        )
        words = f"belongs to {above.name} ({above.id})" if above else "belongs to nobody"
        typer.echo(f"{child.name} ({child.id}) {words}.")


def list_verdicts(output_format: FormatOption = Format.TABLE) -> None:
    """List what people said of firms, the latest first."""
    from recruit.firms.verdicts import list_verdicts as read

    with open_app() as app, app.reading() as tx:
        rows = [
            {
                "verdict": line.verdict_id,
                "said": "same" if line.is_same else "not the same",
                "sightings": ", ".join(f"{a}+{b}" for a, b in line.pairs[:5]),
                "by": line.actor,
                "why": line.why,
                "at": f"{line.said_at:%Y-%m-%d %H:%M}",
            }
            for line in read(tx)
        ]
    print_rows(rows, ["verdict", "said", "sightings", "by", "why", "at"], output_format)


def withdraw(
    verdict: Annotated[int, typer.Argument(help="As `recruit firms verdicts` numbers it.")],
) -> None:
    """Take a verdict back: later runs decide by evidence again. Firms stay as they are."""
    from recruit.firms.verdicts import withdraw as take_back

    with changing() as tx:
        take_back(tx, verdict_id=verdict, actor=ACTOR)
    typer.echo(f"Verdict {verdict} binds no run any more.")
