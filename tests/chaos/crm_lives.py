"""Processes that tell a CRM of firms and are killed with SIGKILL at a chosen step of the outbox.

A life is a process of its own: it changes one firm, adds another, and pushes. It shares nothing with its
predecessors but the database and the CRM, which is served over HTTP.
"""

import json
import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from sqlalchemy import func, select

from recruit.clock import Clock, SystemClock, VirtualClock
from recruit.config import MailTransport, Secret, Settings
from recruit.crm.adapters.dataverse import DataverseCrm
from recruit.crm.adapters.hubspot import HubSpotCrm
from recruit.crm.adapters.pipedrive import PipedriveCrm
from recruit.crm.adapters.salesforce import SalesforceCrm
from recruit.crm.adapters.tryton import TrytonCrm
from recruit.crm.mapping import load_mapping
from recruit.crm.port import Crm
from recruit.crm.values import CrmMapping, Inclusion
from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.insights.crm import crm_health
from recruit.sync import claims, push
from recruit.sync.reconcile import reconcile
from recruit.wiring import App, build_app
from tests.contracts.fakes import dataverse, hubspot, pipedrive, salesforce
from tests.contracts.fakes.peer import MAPPINGS, Peer
from tests.factories.sync import make_contact, make_enrollment, make_firm
from tools.ensure_tryton import PASSWORD


class Moment(StrEnum):
    """Where a life ends."""

    EDITING = "editing"  # the edit and its row are written and not yet committed
    QUEUED = "queued"
    CLAIMING = "claiming"  # the claim is written and not yet committed
    CLAIMED = "claimed"
    ASKING = "asking"  # the CRM is about to be asked to write
    LANDED = "landed"  # the CRM has written, and nobody has read its answer
    ANSWERED = "answered"  # all is told, and nothing of it written down
    RECORDING = "recording"  # what was answered is written down and not yet committed
    RECORDED = "recorded"


_ALLOWANCES = {"daily_left": 500_000, "used": 10, "burst_left": 6_000, "charged": 0}
# These come once in a life at least, the others once for each question or firm.
_ONCE = {Moment.EDITING, Moment.QUEUED, Moment.CLAIMING, Moment.CLAIMED}


@dataclass(frozen=True)
class Life:
    """What a process is born with. It ends at the `nth` time that it comes to `moment`."""

    peer: str
    crm_url: str
    database_url: str
    var_dir: Path
    now: datetime
    number: int
    moment: Moment
    nth: int = 1


@dataclass(frozen=True)
class Outcome:
    """What one run brought after all the lives of one moment.

    `queued` is how many rows there have to be by our own count of commits, `uncounted` by how many the
    health page's sum is off; `twice` counts records beyond one for each firm and contact.
    """

    kills: int
    queued: int
    acknowledged: int
    still_open: int
    dead: int
    uncounted: int
    differences: int
    twice: int

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is lost, doubled, open or uncounted."""
        return (
            self.queued == self.acknowledged
            and not (self.still_open or self.dead or self.uncounted)
            and not (self.differences or self.twice)
        )


class _Grim:
    """Ends this process when the moment has come."""

    def __init__(self, moment: Moment, nth: int) -> None:
        self._moment, self._left = moment, nth

    def at(self, moment: Moment) -> None:
        if moment is self._moment:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class _Line(httpx.BaseTransport):
    """The line to the CRM: comes to its moments before and behind each write."""

    def __init__(self, grim: _Grim) -> None:
        self._inner, self._grim = httpx.HTTPTransport(verify=False), grim  # loopback only

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not _is_write(request):
            return self._inner.handle_request(request)
        self._grim.at(Moment.ASKING)
        response = self._inner.handle_request(request)
        self._grim.at(Moment.LANDED)
        return response


def _is_write(request: httpx.Request) -> bool:
    path = request.url.path
    if path.endswith("/rpc/"):
        method: str = json.loads(request.read()).get("method", "")
        return method.rpartition(".")[2] in {"create", "write"}
    reading = path.endswith(("/batch/read", "/search")) or "/oauth2/" in path
    return request.method != "GET" and not reading


def make_crm(peer: str, url: str, clock: Clock, transport: httpx.BaseTransport) -> Crm:
    """Return the adapter of a peer that is served at `url`."""
    match peer:
        case "hubspot":
            return HubSpotCrm(Secret(hubspot.TOKEN), clock=clock, base_url=url, transport=transport)
        case "salesforce":
            secret = Secret(salesforce.CLIENT_SECRET)
            return SalesforceCrm(
                url, salesforce.CLIENT_ID, secret, clock=clock, transport=transport
            )
        case "dataverse":
            return DataverseCrm(
                url,
                dataverse.TENANT,
                dataverse.CLIENT_ID,
                Secret(dataverse.CLIENT_SECRET),
                clock=clock,
                login_url=url,
                transport=transport,
            )
        case "pipedrive":
            return PipedriveCrm(url, Secret(pipedrive.TOKEN), clock=clock, transport=transport)
        case "tryton":
            return TrytonCrm(
                url, "crm", "admin", Secret(PASSWORD), clock=SystemClock(), transport=transport
            )
    raise ValueError(f"No peer is called {peer!r}.")


def mapping_of(peer: str) -> CrmMapping:
    """Return the packaged mapping of a peer, which lets every enrolled firm in."""
    return replace(load_mapping(MAPPINGS / f"{peer}.toml"), include=Inclusion.ENROLLED)


def live(life: Life) -> None:
    """Change a firm, add another, push, and end where it was said."""
    grim = _Grim(life.moment, life.nth)
    clock = VirtualClock(life.now)
    app = build_app(
        Settings(
            var_dir=life.var_dir,
            database_url=life.database_url,
            mail_transport=MailTransport.MEMORY,
        ),
        clock=clock,
        crm=make_crm(life.peer, life.crm_url, clock, _Line(grim)),
    )
    with app.transaction() as tx:
        change(tx, life.number)
        grim.at(Moment.EDITING)
    grim.at(Moment.QUEUED)
    assert app.crm is not None
    watch = _Watch(app, grim)
    with (
        mock.patch.object(push, "claim", watch.claim),
        mock.patch.object(push, "settle", watch.settle),
    ):
        push.push_changes(watch.open_tx, app.crm, mapping_of(life.peer))


ROWS = 3


def change(tx: Transaction, number: int) -> None:
    """Add two firms and edit the oldest: so many rows of the outbox as `ROWS` says."""
    for firm_number in (2 * number, 2 * number + 1):
        add_firm(tx, firm_number)
    oldest = tx.session.scalar(select(Firm).order_by(Firm.id))
    assert oldest is not None
    oldest.specialties = [f"Specialty {number}"]
    oldest.updated_at = tx.now
    tx.announce("firm", oldest.id)


def add_firm(tx: Transaction, number: int) -> None:
    """Add a firm that may enter the CRM, with one contact."""
    firm = make_firm(tx, number)
    make_enrollment(tx, firm, make_contact(tx, firm))


class _Watch:
    """Opens the push's transactions, and knows which of them claim and which write down."""

    def __init__(self, app: App, grim: _Grim) -> None:
        self._app, self._grim = app, grim
        self._held = 0
        self._claims = self._settles = False

    @contextmanager
    def open_tx(self) -> Iterator[Transaction]:
        self._claims = self._settles = False
        with self._app.transaction() as tx:
            if self._held:
                self._grim.at(Moment.ANSWERED)
            yield tx
            if self._claims:
                self._grim.at(Moment.CLAIMING)
            elif self._settles:
                self._grim.at(Moment.RECORDING)
        if self._claims:
            self._grim.at(Moment.CLAIMED)
        elif self._settles:
            self._grim.at(Moment.RECORDED)

    def claim(self, tx: Transaction, *which: Any, **lease: Any) -> claims.Claim | None:
        held = claims.claim(tx, *which, **lease)
        if held is not None:
            self._claims = True
            self._held += 1
        return held

    def settle(self, tx: Transaction, held: claims.Claim, settlement: claims.Settlement) -> None:
        claims.settle(tx, held, settlement)
        self._settles = True
        self._held -= 1


class Lives:
    """Begins lives on one database and one CRM, and adds up what they left."""

    def __init__(self, app: App, peer: Peer, crm_url: str, *, seed: int = 1) -> None:
        """Prepare a process that begins others quickly; tell of a first firm in peace."""
        self._app, self._peer, self._url = app, peer, crm_url
        self._random = random.Random(seed)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.chaos.crm_lives_warm"])
        self._number = 0
        with app.transaction() as tx:
            add_firm(tx, 1)
        self._queued = 1
        self.push()

    def push(self) -> push.PushReport:
        """Push in this process, which nobody kills."""
        return push.push_changes(self._app.transaction, self._peer.crm, mapping_of(self._peer.name))

    def end_at(self, moment: Moment, kills: int) -> Outcome:
        """Begin and kill so many lives at one moment, push once, and compare both sides in full."""
        for _ in range(kills):
            self._number += 1
            life = Life(
                peer=self._peer.name,
                crm_url=self._url,
                database_url=str(self._app.settings.database),
                var_dir=self._app.settings.var_dir,
                now=self._app.clock.now(),
                number=self._number,
                moment=moment,
                nth=1 if moment in _ONCE else 1 + self._number % 2,
            )
            process = self._context.Process(target=live, args=(life,))
            process.start()
            process.join(60)
            if process.exitcode != -signal.SIGKILL:
                raise RuntimeError(f"{life} was not killed: it ended with {process.exitcode}")
            self._queued += 0 if moment is Moment.EDITING else ROWS
            # Some begin while the claims of those before them still hold, some find them run out.
            self._wait(timedelta(minutes=self._random.choice([1, 11])))
        self._wait(timedelta(hours=1))
        self.push()
        return self._outcome(kills)

    def _wait(self, time: timedelta) -> None:
        self._app.clock.move_to(self._app.clock.now() + time)  # type: ignore[attr-defined]
        # What a vendor allows in a day or in five minutes comes back by itself, and in a fake it doesn't.
        for name, allowed in _ALLOWANCES.items():
            if hasattr(self._peer.fake, name):
                setattr(self._peer.fake, name, allowed)

    def _outcome(self, kills: int) -> Outcome:
        with self._app.reading() as tx:
            health = crm_health(tx)
            firms = tx.session.scalar(select(func.count()).select_from(Firm)) or 0
        still_open = health.pending + health.in_flight + health.unknown
        mapping = mapping_of(self._peer.name)
        differences = reconcile(self._app.reading, self._peer.crm, mapping)
        # Every firm has one contact.
        records = len(self._peer.list_ids("company")) + len(self._peer.list_ids("contact"))
        return Outcome(
            kills=kills,
            queued=self._queued,
            acknowledged=health.acknowledged,
            still_open=still_open,
            dead=health.dead,
            uncounted=health.queued - self._queued,
            differences=len(differences),
            twice=records - 2 * firms,
        )
