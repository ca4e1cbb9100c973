"""`recruit crm questions` and `recruit crm answer`: which of several records in the CRM a firm is."""

from typing import Annotated

import typer

from recruit.cli.crm import crm
from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows


@crm.command("questions")
def questions(output_format: FormatOption = Format.TABLE) -> None:
    """List firms of which more than one record in the CRM could be the twin."""
    from recruit.insights.crm_questions import list_questions

    with open_app() as app, app.reading() as tx:
        rows = [
            {
                "question": one.question_id,
                "firm": one.firm,
                "record": one.kind,
                "could_be": {fit.crm_id: fit.name for fit in one.fits}
                if output_format is Format.JSON
                else "; ".join(f"{fit.crm_id} {fit.name}" for fit in one.fits),
                "asked_at": one.asked_at,
            }
            for one in list_questions(tx)
        ]
    print_rows(rows, ["question", "firm", "record", "could_be", "asked_at"], output_format)


@crm.command("answer")
def answer(
    question: Annotated[
        int, typer.Argument(help="The number that `recruit crm questions` prints.")
    ],
    to: Annotated[
        str | None, typer.Option("--link-to", help="It is this record of the CRM.")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="It is none of them: make a new one.")] = False,
    not_this: Annotated[
        str | None, typer.Option("--not", help="It is not this one; the others still could be.")
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the answer back, if it has not been told yet.")
    ] = False,
) -> None:
    """Say which record of the CRM a firm is; the next push tells the firm."""
    from recruit.sync import questions as asked

    if sum([to is not None, new, not_this is not None, undo]) != 1:
        fail("Give one answer: --link-to ID, --new, --not ID or --undo.")
    who = "command line"
    with open_app() as app:
        try:
            with app.transaction() as tx:
                if to is not None:
                    asked.link_to(tx, question_id=question, crm_id=to, actor=who)
                elif not_this is not None:
                    asked.rule_out(tx, question_id=question, crm_id=not_this, actor=who)
                elif new:
                    asked.make_new(tx, question_id=question, actor=who)
                else:
                    asked.reopen(tx, question_id=question, actor=who)
        except (asked.QuestionNotFound, asked.AnswerRefused) as error:
            fail(str(error))
    typer.echo(f"Answered {question}. `recruit crm push` tells the firm once it is decided.")
