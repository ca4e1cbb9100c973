"""The demo, from an empty folder to a summary: seven steps, each in a module named for what it does."""

from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from recruit.demo.gather import crawl_directory, import_providers, resolve
from recruit.demo.outreach import enroll_best, run_weeks
from recruit.demo.partners import Partners
from recruit.demo.rank import best, rank
from recruit.demo.staff import Staff
from recruit.demo.summary import Summary, summarize
from recruit.demo.tell_crm import differences, lay_mapping, settle
from recruit.demo.world import World
from recruit.scoring.usecases import RankedFirm

SHOWN = 20


@dataclass(frozen=True)
class Demonstration:
    """What came of the demo, and who can sign in to look at it."""

    best: list[RankedFirm]
    summary: Summary
    staff_password: str
    partner_email: str | None
    partner_password: str


def demonstrate(world: World) -> Demonstration:
    """Run all steps in this world."""
    partners = Partners(world)
    staff = Staff(world, on_acceptance=partners.welcome)
    lay_mapping(world)
    partners.publish()
    staff.hire()
    with _progress(world.console) as progress:
        jobs = [crawl_directory(world, progress), import_providers(world, progress)]
        resolution = resolve(world, progress)
        ranking = rank(world)
        enrolled = enroll_best(world)
        run_weeks(world, staff, partners, progress)
        task = progress.add_task("Tell the CRM", total=1)
        settle(world)
        unequal = differences(world)
        progress.update(task, completed=1)
    return Demonstration(
        best=best(world, SHOWN),
        summary=summarize(world, jobs, resolution, ranking, enrolled, len(unequal)),
        staff_password=staff.password,
        partner_email=partners.login(),
        partner_password=partners.password,
    )


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
    )
