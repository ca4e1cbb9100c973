"""`recruit onboarding` and `recruit candidates`: what partners work through, where they stand, who joins."""

from collections.abc import Iterator, Sized
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

onboarding = typer.Typer(help="What partners work through.", no_args_is_help=True)
candidates = typer.Typer(help="Firms that may become partners.", no_args_is_help=True)

CandidateId = Annotated[int, typer.Argument(help="The candidate's number in the list.")]
_ACTOR = "command line"


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(onboarding, name="onboarding")
    cli.add_typer(candidates, name="candidates")


@contextmanager
def _refusals() -> Iterator[None]:
    from recruit.onboarding.definitions import ContentError
    from recruit.onboarding.usecases import (
        AlreadyDecided,
        NotAMember,
        NothingPublished,
        UnknownCandidate,
    )
    from recruit.people.usecases import EmailTaken, InvalidEmail

    try:
        yield
    except (
        AlreadyDecided,
        ContentError,
        EmailTaken,
        InvalidEmail,
        NotAMember,
        NothingPublished,
        UnknownCandidate,
    ) as error:
        fail(str(error))


@onboarding.command("load")
def load(
    folder: Annotated[
        Path,
        typer.Argument(help="Holds agreement.md, course-*.toml, track.toml and resources.toml."),
    ],
) -> None:
    """Publish a folder of content; what says the same as before keeps its version."""
    from recruit.onboarding.content import publish_content, read_content

    if not folder.is_dir():
        fail(f"{folder} is no folder. Give the one that holds track.toml.")
    with _refusals():
        content = read_content(folder)
        with open_app() as app, app.transaction() as tx:
            publish_content(tx, content)
    typer.echo(
        f"{content.track.title}: {_count(content.track.steps, 'step')}, "
        f"{_count(content.courses, 'course')} and {_count(content.resources, 'resource')} "
        "are published. New partners take this track."
    )


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


@onboarding.command("board")
def board(output_format: FormatOption = Format.TABLE) -> None:
    """Show where every partner stands, and what each has to do next."""
    from recruit.insights.onboarding import onboarding_board

    with open_app() as app, app.reading() as tx:
        rows = [
            {
                "state": column.state.value,
                "partner_id": card.partner_id,
                "firm": card.firm_name,
                "days_in_state": card.days_in_state,
                "next": "; ".join(card.missing),
            }
            for column in onboarding_board(tx)
            for card in column.cards
        ]
    if not rows and output_format is Format.TABLE:
        typer.echo("No partners yet. See who waits for a decision: `recruit candidates list`.")
        return
    print_rows(rows, ["state", "partner_id", "firm", "days_in_state", "next"], output_format)


@onboarding.command("access")
def access(
    resource: Annotated[str, typer.Argument(help="The resource's key, such as price-list.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day, in UTC.")],
    everybody: Annotated[
        bool, typer.Option("--all", help="List who could not see it as well, and why.")
    ] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Tell who could see a resource on a day, worked out from the facts as they were then."""
    from recruit.insights.access import who_could_see
    from recruit.insights.portal import NothingHere

    with open_app() as app, app.reading() as tx:
        if on.date() > tx.now.date():
            fail(f"{on:%Y-%m-%d} is yet to come. Ask about a day that has begun.")
        try:
            lines = who_could_see(tx, resource, on.date())
        except NothingHere as error:
            fail(str(error))
    rows = [
        {
            "partner_id": line.partner_id,
            "partner": line.company,
            "could_see": "yes" if line.allowed else "no",
            "since": f"{line.since:%H:%M:%S}" if line.since else "",
            "until": f"{line.until:%H:%M:%S}" if line.until else "",
            "people": "; ".join(line.people),
            "why_not": line.reason,
        }
        for line in lines
        if line.allowed or everybody
    ]
    if not rows and output_format is Format.TABLE:
        typer.echo(f"Nobody could see {resource} on {on:%Y-%m-%d}.")
        return
    columns = ["partner_id", "partner", "could_see", "since", "until", "people"]
    print_rows(rows, columns + ["why_not"] * everybody, output_format)


@onboarding.command("levels")
def levels(output_format: FormatOption = Format.TABLE) -> None:
    """Work out every partner's state and level from the certificates of its people."""
    from recruit.onboarding.usecases import recompute

    with open_app() as app:
        rows = [
            {
                "partner_id": one.partner_id,
                "state": one.state.value,
                "level": one.level.title if one.level else "",
                "keeps_until": one.keeps_until.date() if one.keeps_until else "",
            }
            for one in recompute(app.reading)
        ]
    print_rows(rows, ["partner_id", "state", "level", "keeps_until"], output_format)


@candidates.command("list")
def list_candidates(output_format: FormatOption = Format.TABLE) -> None:
    """List who waits for a decision; firms that have said yes since are taken up first."""
    from recruit.insights.today import list_candidates_to_decide
    from recruit.onboarding.usecases import collect_candidates

    with open_app() as app, app.transaction() as tx:
        collect_candidates(tx)
        tx.session.flush()
        rows = [
            {
                "candidate_id": candidate.candidate_id,
                "firm": candidate.firm_name,
                "country": candidate.country,
                "contact": candidate.contact_email,
                "since": candidate.created_at.date(),
                "said": " ".join(candidate.quote.split()),
            }
            for candidate in list_candidates_to_decide(tx)
        ]
    if not rows and output_format is Format.TABLE:
        typer.echo("Nobody waits for a decision.")
        return
    columns = ["candidate_id", "firm", "country", "contact", "since", "said"]
    print_rows(rows, columns, output_format)


@candidates.command("accept")
def accept(
    candidate_id: CandidateId,
    email: Annotated[
        str | None, typer.Option(help="Invite this address instead of who answered.")
    ] = None,
) -> None:
    """Make a candidate a partner, and print the link that lets its signatory in."""
    from recruit.onboarding.usecases import accept_candidate, invite_signatory

    with _refusals(), open_app() as app:
        with app.transaction() as tx:
            partner = accept_candidate(
                tx, candidate_id=candidate_id, actor=_ACTOR, contact_email=email
            )
            name = str(partner.company["name"])
            token = invite_signatory(tx, partner_id=partner.id)
        link = f"{app.settings.base_url.rstrip('/')}/invitation/{token}"
    typer.echo(f"{name} is partner {partner.id}. Hand over this link, it works once:\n{link}")


@candidates.command("decline")
def decline(
    candidate_id: CandidateId,
    reason: Annotated[str, typer.Option(help="Why; it is kept, and told to the CRM.")],
) -> None:
    """Turn a candidate down."""
    from recruit.onboarding.usecases import decline_candidate

    if not reason.strip():
        fail("Say why, with --reason; it is kept, and told to the CRM.")
    with _refusals(), open_app() as app, app.transaction() as tx:
        decline_candidate(tx, candidate_id=candidate_id, reason=reason, actor=_ACTOR)
    typer.echo(f"Candidate {candidate_id} is declined. The reason is kept.")
