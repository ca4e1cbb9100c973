"""`recruit firms tag, untag, lists`: what lists say that firms are to us."""

from pathlib import Path
from typing import Annotated

import typer

from recruit.cli.firm_changes import ACTOR, FirmArgument, WhyOption, changing
from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows
from recruit.firms.values import FirmTag, ListedState

TagOption = Annotated[FirmTag, typer.Option("--as", help="What the firms are to us.")]
_COLUMNS = ("row", "entry", "state", "firm", "firm_name", "because")


def register(firms: typer.Typer) -> None:
    """Add this module's commands to `recruit firms`."""
    firms.command("tag")(tag)
    firms.command("untag")(untag)
    firms.command("lists")(lists)
    firms.command("choose")(choose)


def tag(
    what: Annotated[
        str,
        typer.Argument(metavar="FILE|FIRM", help="A list as CSV, TSV, XLSX or JSONL; or one firm."),
    ],
    as_tag: TagOption,
    name: Annotated[
        str | None, typer.Option("--list", help="What the list is called; else by its file.")
    ] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Add to the list instead of taking its place.")
    ] = False,
    why: WhyOption = "",
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Tag the firms of a list, those too that a source finds later; or one firm."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.lists import read_list
    from recruit.firms.tags import remember_listed, tag_firm
    from recruit.sourcing.readers import UnusableFile

    path = Path(what)
    if not path.is_file():
        if path.suffix.lower() in {".csv", ".tsv", ".xlsx", ".jsonl", ".txt"}:
            fail(f"There is no file {path}. Give the path of a CSV, TSV, XLSX or JSONL file.")
        with changing() as tx:
            firm = tag_firm(
                tx, firm_id=find_meant_firm(tx, what).id, tag=as_tag, actor=ACTOR, why=why
            )
            typer.echo(f"{firm.name} ({firm.id}) is tagged {as_tag.value}.")
        return
    try:
        entries, unusable = read_list(path)
    except UnusableFile as error:
        fail(str(error))
    with changing() as tx:
        report = remember_listed(
            tx,
            list_name=(name or path.name)[:100],
            tag=as_tag,
            entries=entries,
            actor=ACTOR,
            complete=not add,
        )
    open_ = [line for line in report.lines if line.state is not ListedState.MATCHED]
    rows = [
        {
            "row": line.position,
            "entry": line.label,
            "state": line.state.value,
            "firm": line.firm_id or ", ".join(map(str, line.candidates)) or None,
            "firm_name": line.firm_name,
            "because": line.because,
        }
        for line in (open_ if output_format is Format.TABLE else report.lines)
    ]
    rows += [{"row": number, "state": "unusable", "because": reason} for number, reason in unusable]
    if rows or output_format is not Format.TABLE:
        print_rows(rows, _COLUMNS, output_format)
    if output_format is Format.TABLE:
        typer.echo(
            f"{report.list_name}: {report.matched} firms tagged {as_tag.value}, "
            f"{report.unmatched} not known yet and kept, {report.ambiguous} not clear, "
            f"{report.removed} no longer listed, {len(unusable)} rows unusable."
        )


def untag(firm: FirmArgument, as_tag: TagOption) -> None:
    """Take a tag off a firm; the lists that gave it do not give it again."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.tags import untag_firm

    with changing() as tx:
        done = untag_firm(tx, firm_id=find_meant_firm(tx, firm).id, tag=as_tag, actor=ACTOR)
        typer.echo(f"{done.name} ({done.id}) is no longer tagged {as_tag.value}.")


def lists(
    name: Annotated[str | None, typer.Argument(help="A list, to see its entries.")] = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List the lists, or the entries of one and the firms that they mean."""
    from recruit.firms.listed import EntryNotFound, list_lists, report_list

    with open_app() as app, app.reading() as tx:
        if name is None:
            rows = [{"list": listed, "entries": entries} for listed, entries in list_lists(tx)]
            print_rows(rows, ["list", "entries"], output_format)
            return
        try:
            report = report_list(tx, list_name=name)
        except EntryNotFound as error:
            fail(str(error))
    entries = [
        {
            "entry": line.listed_id,
            "row": line.position,
            "says": line.label,
            "tag": line.tag.value,
            "state": line.state.value,
            "firm": line.firm_id or ", ".join(map(str, line.candidates)) or None,
            "because": line.because,
        }
        for line in report.lines
    ]
    print_rows(entries, ["entry", "row", "says", "tag", "state", "firm", "because"], output_format)


def choose(
    entry: Annotated[int, typer.Argument(help="As `recruit firms lists NAME` numbers it.")],
    firm: Annotated[str | None, typer.Argument(help="The firm that it means.")] = None,
    none: Annotated[bool, typer.Option("--none", help="It means none of ours.")] = False,
) -> None:
    """Say which firm an entry of a list means."""
    from recruit.firms.finding import find_meant_firm
    from recruit.firms.tags import choose_listed

    if (firm is None) != none:
        fail("Name the firm that the entry means, or say --none.")
    with changing() as tx:
        meant = find_meant_firm(tx, firm).id if firm is not None else None
        choose_listed(tx, listed_id=entry, firm_id=meant, actor=ACTOR)
    typer.echo(f"Entry {entry} means {f'firm {meant}' if meant else 'none of ours'}.")
