"""`recruit crm export` and `recruit crm import`: CSV both ways, for a CRM that Recruit doesn't speak with."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from recruit.cli.crm import MappingOption, crm, read_mapping
from recruit.cli.output import Format, FormatOption, console, fail, open_app, print_rows


@crm.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="The file to write; - is the standard output.")],
    partners: Annotated[
        bool, typer.Option("--partners", help="Partners alone; else every firm that may enter.")
    ] = False,
    mapping_file: MappingOption = None,
) -> None:
    """Write firms as CSV: one a line, known by its external id, with the mapping's fields."""
    from recruit.sync.files import export_lines

    with open_app() as app:
        pieces = export_lines(app.reading, read_mapping(app, mapping_file), partners_only=partners)
        if str(target) == "-":
            sys.stdout.writelines(pieces)
            return
        try:
            with target.open("w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
        except OSError as error:
            fail(f"{target} can't be written: {error.strerror}.")
    console.print(f"Wrote {target}.", highlight=False)


@crm.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="A CSV file with external_id in its first line.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be taken, and take nothing.")
    ] = False,
    mapping_file: MappingOption = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Hear what a CSV file of a CRM says of firms. Exits with 1 when a line is refused."""
    from recruit.sync.files import import_file
    from recruit.sync.sheet import FileRefused

    with open_app() as app:
        try:
            content = source.read_bytes()
            report = import_file(
                app.transaction, read_mapping(app, mapping_file), content, dry_run=dry_run
            )
        except OSError as error:
            fail(f"{source} can't be read: {error.strerror}.")
        except FileRefused as error:
            fail(str(error))
    counts = {name: value for name, value in vars(report).items() if name != "refused"}
    print_rows([counts | {"refused": len(report.refused)}], [*counts, "refused"], output_format)
    for one in report.refused[:20]:
        typer.echo(f"Line {one.line}: {one.why}", err=True)
    if report.refused:
        fail(f"Lines left out: {len(report.refused):,}. The others are settled.")
