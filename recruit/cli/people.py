"""`recruit people`: who can sign in."""

from typing import Annotated

import typer
from rich.markup import escape

from recruit.cli.output import console, fail, open_app
from recruit.people.values import STAFF, Role

people = typer.Typer(help="Who can sign in to the desk.", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(people, name="people")


@people.command("add")
def add(
    email: Annotated[str, typer.Argument(help="Their e-mail address.")],
    name: Annotated[str, typer.Option(help="Their name.")] = "",
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.RECRUITER,
) -> None:
    """Add somebody of your team, and print the link by which they choose a password."""
    from recruit.people.usecases import EmailTaken, InvalidEmail, add_person, invite_person

    if role not in STAFF:
        fail("Partners are invited when their firm is accepted. Choose another role.")
    with open_app() as app:
        try:
            with app.transaction() as tx:
                person = add_person(tx, email=email, name=name, role=role)
                token = invite_person(tx, person_id=person.id)
        except (EmailTaken, InvalidEmail) as error:
            fail(str(error))
        link = f"{app.settings.base_url.rstrip('/')}/invitation/{token}"
    console.print(f"{escape(email)} may sign in as {role.value}. Hand over this link:")
    # Not wrapped, so that it can be copied.
    console.print(escape(link), soft_wrap=True)
