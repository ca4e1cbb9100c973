"""Push once to the embedded CRM, so that processes forked afterwards find everything imported and prepared."""

import tempfile
from pathlib import Path

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.crm.adapters.embedded import EmbeddedCrm
from recruit.crm.mapping import load_mapping
from recruit.db.base import Base
from recruit.sync.push import push_changes
from recruit.wiring import build_app
from tests.chaos.crm_lives import change
from tests.conftest import NOW

with tempfile.TemporaryDirectory() as _folder:
    _clock = VirtualClock(NOW)
    _app = build_app(
        Settings(var_dir=Path(_folder), mail_transport=MailTransport.MEMORY),
        clock=_clock,
        crm=EmbeddedCrm(None, clock=_clock),
    )
    Base.metadata.create_all(_app.engine)
    with _app.transaction() as _tx:
        change(_tx, 1)
    assert _app.crm is not None
    push_changes(_app.transaction, _app.crm, load_mapping())
    # What is open would be shared with the processes to come.
    _app.close()
