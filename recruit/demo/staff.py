"""The people on our side: their logins, and the work that they do by hand while the weeks go by."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recruit.demo.world import World
from recruit.insights.replies import ReplyView, list_replies
from recruit.insights.tasks import list_tasks
from recruit.insights.today import list_candidates_to_decide
from recruit.onboarding.usecases import accept_candidate, collect_candidates
from recruit.people.usecases import add_person
from recruit.people.values import Actor, Role
from recruit.sequences.usecases import (
    complete_task,
    confirm_mood,
    handle_reply,
    list_mailboxes,
    resume_mailbox,
)

RECRUITER = "riley@northlight.example"
MANAGER = "morgan@northlight.example"

# The work of the last days is left lying, and so is each fifth thing before, so that there is something
# to do on the pages.
LEFT_FOR_YOU = timedelta(days=6)
_EACH = 5


@dataclass
class Staff:
    """A recruiter and a channel manager who look in at nine and at three on working days."""

    world: World
    on_acceptance: Callable[[int, datetime], None]
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    accepted: int = 0

    def hire(self) -> None:
        """Make their logins."""
        with self.world.app.transaction() as tx:
            recruiter = add_person(
                tx, email=RECRUITER, name="Riley Chen", role=Role.RECRUITER, password=self.password
            )
            manager = add_person(
                tx,
                email=MANAGER,
                name="Morgan Diaz",
                role=Role.CHANNEL_MANAGER,
                password=self.password,
            )
            self._recruiter = Actor(recruiter.id, recruiter.name, recruiter.role)
            self._manager = Actor(manager.id, manager.name, manager.role)

    def next_at(self, now: datetime) -> datetime:
        """Return when they look in next."""
        moment = now
        while True:
            for hour in (9, 15):
                visit = moment.replace(hour=hour, minute=0, second=0, microsecond=0)
                if visit > now and visit.weekday() < 5:
                    return visit
            moment += timedelta(days=1)

    def work(self, now: datetime, end: datetime) -> None:
        """Sort the replies, do the tasks, look after the mailbox, accept who wants in."""
        if now > end - LEFT_FOR_YOU:
            return
        app = self.world.app
        with app.reading() as tx:
            waiting = [line.reply for line in list_replies(tx, ReplyView.WAITING).lines]
            replies = [reply for reply in waiting if reply.reply_id % _EACH]
            tasks = [task for task in list_tasks(tx) if task.touch_id % _EACH]
            paused = [one.address for one in list_mailboxes(tx) if one.paused_at is not None]
        # Its breaker tripped; the addresses that came back are suppressed, so it may go on.
        for address in paused:
            with app.transaction() as tx:
                resume_mailbox(tx, address=address)
        for reply in replies:
            with app.transaction() as tx:
                if reply.mood is not None:
                    confirm_mood(
                        tx, reply_id=reply.reply_id, mood=reply.mood, actor=self._recruiter.name
                    )
                handle_reply(tx, reply_id=reply.reply_id, actor=self._recruiter.name)
        for task in tasks:
            with app.transaction() as tx:
                complete_task(
                    tx, touch_id=task.touch_id, actor=self._recruiter.name, note="Invitation sent."
                )
        with app.transaction() as tx:
            collect_candidates(tx)
        with app.reading() as tx:
            candidates = list_candidates_to_decide(tx)
        for candidate in candidates:
            if candidate.candidate_id % _EACH == 0:
                continue
            with app.transaction() as tx:
                partner = accept_candidate(
                    tx, candidate_id=candidate.candidate_id, actor=self._manager.name
                )
                partner_id = partner.id
            self.accepted += 1
            self.on_acceptance(partner_id, now)
