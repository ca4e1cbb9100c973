"""A sequence lives through anything in any order, beside a model that a child could check.

The model knows only who must not be written to any more, and what the mail server took.
"""

import shutil
from collections import Counter
from contextlib import suppress as suppress_error
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.firms.merging import MergeRefused, merge_firms
from recruit.mail.adapters.memory import MemoryMailer
from recruit.mail.port import DefinitelyNotSent, Envelope, OutcomeUnknown
from recruit.sequences.addresses import address_key
from recruit.sequences.tables import Enrollment, Touch
from recruit.sequences.usecases import (
    EnrollmentRefused,
    enroll_firm,
    pause_sequence,
    record_inbound,
    release_held,
    settle_unknown,
    start_sequence,
    suppress,
)
from recruit.sequences.values import EnrollmentStatus, SuppressionScope, TouchStatus
from recruit.wiring import App, build_app
from tests.conftest import NOW
from tests.factories.sequences import (
    SEQUENCE,
    bounce_mail,
    mails_only,
    make_contact,
    make_firm,
    make_sequence,
    reply_mail,
    sweep,
)

_NAMES = ["Alder", "Birch", "Cedar", "Dogwood", "Elm"]
# The last firm is a second record of the first one's address.
_ADDRESSES = [f"ann@{name.lower()}.example" for name in _NAMES[:-1]] + ["Ann+x@ALDER.example"]
_FIRMS = st.integers(0, len(_NAMES) - 1)
_ALWAYS = {"opens": "00:00", "closes": "23:59", "spread_minutes": 0}
_AT_REST = {TouchStatus.PENDING, TouchStatus.HELD, TouchStatus.UNKNOWN}


class Weather(MemoryMailer):
    """A mail server in some mood; `taken` is every message that it kept, whether it said so or not."""

    mood = "fair"

    def offer(self, envelope: Envelope, message: bytes) -> Any:
        """Refuse, or return a delivery that ends as the mood wants it."""
        if self.mood == "later":
            raise DefinitelyNotSent("451 4.3.0 Later", code=451)
        if self.mood == "nobody":
            raise DefinitelyNotSent("550 5.1.1 No such user", code=550, permanent=True)
        if self.mood == "away":
            raise DefinitelyNotSent("Nobody listens.")
        delivery = super().offer(envelope, message)
        if self.mood == "silent":
            finish = delivery.finish

            def fall_silent() -> str:
                finish()
                raise OutcomeUnknown("The connection broke behind the dot.")

            delivery.finish = fall_silent  # type: ignore[method-assign]
        return delivery


class Outreach(RuleBasedStateMachine):
    """Five firms, one sequence, one mail server."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "recruit.db"
        shutil.copy(self.template, path)
        self.mailer = Weather()
        self.app: App = build_app(
            Settings(
                var_dir=path.parent,
                database_url=f"sqlite:///{path}",
                mail_transport=MailTransport.MEMORY,
            ),
            clock=VirtualClock(NOW),
            mailer=self.mailer,
        )
        self.family = {i: {i} for i in range(len(_NAMES))}
        # By address key: how many messages the server had when nobody there was to be written to again.
        self.forbidden: dict[str, int] = {}
        self.finished: dict[int, int] = {}
        self.ahead = True

    def teardown(self) -> None:
        self.app.close()
        self.folder.cleanup()

    @initialize(enrolled=st.sets(_FIRMS, min_size=2, max_size=4))
    def begin(self, enrolled: set[int]) -> None:
        with self.app.transaction() as tx:
            make_sequence(tx, **mails_only(3, window=_ALWAYS))
            self.firm_ids = []
            for name, address in zip(_NAMES, _ADDRESSES, strict=True):
                firm = make_firm(tx, name)
                make_contact(tx, firm, email=address)
                self.firm_ids.append(firm.id)
        for firm in sorted(enrolled):
            self.enroll(firm)

    def forbid(self, *firms: int) -> None:
        for firm in firms:
            self.forbidden.setdefault(address_key(_ADDRESSES[firm]), len(self.mailer.sent))

    def rows(self, tx: Any) -> tuple[list[Touch], list[Enrollment]]:
        touches = list(tx.session.scalars(select(Touch).order_by(Touch.id)))
        return touches, list(tx.session.scalars(select(Enrollment).order_by(Enrollment.id)))

    @rule(firm=_FIRMS)
    def enroll(self, firm: int) -> None:
        with suppress_error(EnrollmentRefused), self.app.transaction() as tx:
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=self.firm_ids[firm], actor="robin")

    @rule(mood=st.sampled_from(["later", "nobody", "away", "silent"]), ahead=st.booleans())
    def change_weather(self, mood: str, ahead: bool) -> None:
        """The next sweep meets this mood."""
        self.mailer.mood, self.ahead = mood, ahead

    @rule()
    def pass_time(self) -> None:
        """Nothing else happens."""

    @invariant()
    def half_a_day_passes(self) -> None:
        """Half a day passes, and what is due is sent; what is due and stays says why."""
        if not hasattr(self, "firm_ids"):
            return
        self.jump(12)
        while sweep(self.app, limit=3, ahead=self.ahead).more:
            pass
        self.mailer.mood = "fair"
        with self.app.reading() as tx:
            touches, enrollments = self.rows(tx)
        for touch in touches:
            if touch.status is TouchStatus.PENDING and touch.due_at <= self.app.clock.now():
                assert touch.blocked_by, f"touch {touch.id} is due, and nothing says why it waits"
        self.check(touches, enrollments)

    @rule(hours=st.sampled_from([1, 49, 120]))
    def jump(self, hours: int) -> None:
        clock = self.app.clock
        assert isinstance(clock, VirtualClock)
        clock.move_to(clock.now() + timedelta(hours=hours))

    @rule()
    def pause(self) -> None:
        with self.app.transaction() as tx:
            pause_sequence(tx, name=SEQUENCE)
        before = len(self.mailer.sent)
        self.half_a_day_passes()
        assert len(self.mailer.sent) == before, "a paused sequence sent"

    @rule()
    def resume(self) -> None:
        with self.app.transaction() as tx:
            start_sequence(tx, name=SEQUENCE)

    @rule(mails=st.integers(1, 4))
    def edit(self, mails: int) -> None:
        with self.app.transaction() as tx:
            make_sequence(tx, **mails_only(mails, window=_ALWAYS))

    @rule(firm=_FIRMS, number=st.integers(0, 3))
    def reply(self, firm: int, number: int) -> None:
        mail = reply_mail(
            "Please call me.",
            sender=_ADDRESSES[firm],
            message_id=f"<{firm}-{number}@x.example>",
        )
        with self.app.transaction() as tx:
            if record_inbound(tx, mail=mail) is None:
                return
            _, enrollments = self.rows(tx)
        enrolled = {e.firm_id for e in enrollments}
        # Who is enrolled after an answer may be written to; whoever was before may not.
        self.forbid(*(i for i in self.family[firm] if self.firm_ids[i] in enrolled))

    @precondition(lambda self: self.mailer.sent)
    @rule(data=st.data())
    def bounce(self, data: st.DataObject) -> None:
        envelope, _ = data.draw(st.sampled_from(self.mailer.sent))
        with self.app.transaction() as tx:
            record_inbound(tx, mail=bounce_mail(envelope.recipient))
        self.forbidden.setdefault(address_key(envelope.recipient), len(self.mailer.sent))

    @rule(firm=_FIRMS, scope=st.sampled_from(list(SuppressionScope)))
    def suppress(self, firm: int, scope: SuppressionScope) -> None:
        address = _ADDRESSES[firm].lower()
        key = {
            SuppressionScope.ADDRESS: address,
            SuppressionScope.DOMAIN: address.partition("@")[2],
            SuppressionScope.FIRM: str(self.firm_ids[firm]),
        }[scope]
        with self.app.transaction() as tx:
            suppress(tx, scope=scope, key=key, reason="Asked for it", actor="robin")
        if scope is not SuppressionScope.FIRM:
            self.forbid(firm)

    @rule(keep=_FIRMS, away=_FIRMS)
    def merge(self, keep: int, away: int) -> None:
        try:
            with self.app.transaction() as tx:
                merge_firms(tx, keep=self.firm_ids[keep], away=self.firm_ids[away], actor="robin")
        except MergeRefused:
            return
        both = self.family[keep] | self.family[away]
        for one in both:
            self.family[one] = both

    @rule(sent=st.booleans())
    def settle(self, sent: bool) -> None:
        with self.app.transaction() as tx:
            touches, _ = self.rows(tx)
            for touch in touches:
                if touch.status is TouchStatus.UNKNOWN:
                    # The server of this model kept all that it fell silent about.
                    settle_unknown(tx, touch_id=touch.id, sent=True, actor="robin")
                elif touch.status is TouchStatus.HELD and sent:
                    release_held(tx, touch_id=touch.id, actor="robin")

    def check(self, touches: list[Touch], enrollments: list[Enrollment]) -> None:
        """Nothing is sent twice or after a stop; whatever is not sent says why; the numbers add up."""
        by_id = {touch.message_id: touch for touch in touches if touch.message_id}
        sent = [by_id[_message_id(raw)] for _, raw in self.mailer.sent]
        assert all(count == 1 for count in Counter(t.id for t in sent).values())
        steps = Counter((t.address_key, t.sequence_id, t.step_index) for t in sent)
        assert all(count == 1 for count in steps.values()), steps
        for number, touch in enumerate(sent):
            since = self.forbidden.get(touch.address_key)
            assert since is None or number < since, f"{touch.address_key} was written to again"
            ended = self.finished.get(touch.enrollment_id)
            assert ended is None or number < ended, f"enrollment {touch.enrollment_id} had ended"
        settled = {t.id for t in touches if t.status in {TouchStatus.SENT, TouchStatus.UNKNOWN}}
        assert settled == {t.id for t in sent}, "sent and parked are what the server took"
        for touch in touches:
            if touch.id not in settled:
                assert touch.status in _AT_REST | {TouchStatus.CANCELLED, TouchStatus.FAILED}
                assert touch.status is TouchStatus.PENDING or touch.blocked_by
        for enrollment in enrollments:
            own = [t for t in touches if t.enrollment_id == enrollment.id]
            assert [t.step_index for t in own] == list(range(len(own)))
            at_rest = [t for t in own if t.status in _AT_REST]
            if enrollment.status is EnrollmentStatus.FINISHED:
                self.finished.setdefault(enrollment.id, len(self.mailer.sent))
                assert enrollment.exit_reason is not None
                assert all(t.status is TouchStatus.UNKNOWN for t in at_rest)
            else:
                assert len(at_rest) == (1 if enrollment.finish_at is None else 0)


def _message_id(raw: bytes) -> str:
    return raw.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()


def test_whatever_happens_in_whatever_order_nobody_is_written_to_twice_or_after_a_stop(
    sqlite_template: Path,
) -> None:
    run_state_machine_as_test(
        type("Lives", (Outreach,), {"template": sqlite_template}),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
