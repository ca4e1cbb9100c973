"""Listens to the inbox, so that an answer stops its firm in the second in which it arrives.

One thread a process with a connection of its own; one process at a time has the lease. The sweep reads the
inbox as well: what this thread misses, the next sweep finds.
"""

from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

from recruit.logs import correlation, get_logger
from recruit.mail.port import Inbox, InboxUnavailable
from recruit.sequences.leases import take_lease
from recruit.sequences.receiving import read_inbox
from recruit.wiring import App, make_inbox
from recruit.worker.holder import holder

_LEASE = "inbox"
# Longer than the longest wait for the server, after which the lease is renewed.
_LEASE_LASTS = timedelta(minutes=6)
_RETRY_S = 5.0


class InboxListener:
    """Reads the inbox as soon as its server tells of new mail."""

    def __init__(self, app: App, inbox: Inbox | None = None) -> None:
        """Listen to the configured inbox, or to the one that is handed in."""
        self._app = app
        self._inbox = inbox if inbox is not None else make_inbox(app.settings, app.transaction)
        self._stop = Event()
        self._thread = Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Begin to listen; does nothing where no inbox is configured."""
        if self._inbox is not None:
            self._thread.start()

    def stop(self, patience_s: float = 5.0) -> None:
        """Stop listening."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(patience_s)
        if self._inbox is not None:
            with suppress(InboxUnavailable):
                self._inbox.close()

    def _run(self) -> None:
        log = get_logger("worker")
        while not self._stop.is_set():
            try:
                with correlation(task="inbox.listen"):
                    self._listen_once()
            except InboxUnavailable as error:
                log.warning("the inbox is away", reason=str(error))
                self._stop.wait(_RETRY_S)
            except Exception:
                # A database that restarts must not end the listening for good.
                log.exception("listening failed")
                self._stop.wait(_RETRY_S)

    def _listen_once(self) -> None:
        assert self._inbox is not None
        with self._app.transaction() as tx:
            ours = take_lease(tx, _LEASE, f"{holder()}:inbox", _LEASE_LASTS)
        if not ours:
            self._stop.wait(_RETRY_S)
            return
        # What came before we listened is read first.
        report = read_inbox(self._app.transaction, self._inbox)
        if report:
            get_logger("worker").info("done", report=report)
        if report.failed:
            self._stop.wait(_RETRY_S)
        self._inbox.wait(lambda: not self._stop.is_set())


def listening(app: App) -> InboxListener:
    """Start listening and return the listener, to be stopped by the caller."""
    listener = InboxListener(app)
    listener.start()
    return listener
