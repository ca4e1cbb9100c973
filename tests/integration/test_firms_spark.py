"""Resolving on a real Spark of this machine: the same firms as without it, and the run can be repeated."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import select

from bench.synthetic_columns_run import read_texts
from bench.synthetic_firms import make_firms
from recruit.config import MailTransport, Settings
from recruit.db.migrate import upgrade
from recruit.firms.bulk.grouping import group_rows
from recruit.firms.bulk.reading import read_sheet
from recruit.firms.tables import BlockKey, DoubtfulPair, FirmMember
from recruit.firms.usecases import SparkPlace, resolve_firms
from recruit.sourcing.tables import SourceRecord
from recruit.wiring import App, build_app
from tests.factories.firms import store_sighting

_FIELDS = ("name", "website", "email", "phone", "street", "postcode", "city", "country")
_RECORDS = 300


@pytest.fixture
def synthetic(tmp_path: Path) -> Iterator[App]:
    """A database in which one source saw firms with look-alikes."""
    app = build_app(Settings(var_dir=tmp_path, mail_transport=MailTransport.MEMORY))
    upgrade(app.engine)
    with app.transaction() as tx:
        for row in make_firms(_RECORDS, 5).to_dict("records"):
            facts = {name: row[name] for name in _FIELDS if isinstance(row[name], str)}
            store_sighting(tx, str(row["record_id"]), **facts)
    yield app
    app.close()


@pytest.mark.timeout(900)
def test_spark_makes_the_firms_that_one_machine_makes(synthetic: App) -> None:
    sheet = read_sheet(read_texts(pa.Table.from_pandas(make_firms(_RECORDS, 5))))
    group = dict(zip(map(str, sheet.record_id.tolist()), group_rows(sheet).group, strict=True))
    with synthetic.transaction() as tx:
        report = resolve_firms(tx, spark=SparkPlace("local[2]"))
        members = tx.session.execute(
            select(SourceRecord.record_id, FirmMember.firm_id, FirmMember.evidence).join(
                FirmMember, FirmMember.source_record_id == SourceRecord.id
            )
        ).all()
        waiting = tx.session.query(DoubtfulPair).count()
        keys = tx.session.query(BlockKey).count()
    assert report.records == len(members) == _RECORDS
    assert report.new_firms == report.firms == len({firm for _, firm, _ in members})
    here, there = _pairs({record: firm for record, firm, _ in members}), _pairs(group)
    assert len(here ^ there) <= 0.01 * len(there)
    assert any("with" in evidence for *_, evidence in members)
    assert keys > 5 * _RECORDS
    assert waiting == report.doubtful > 0
    with synthetic.transaction() as tx:
        assert resolve_firms(tx, spark=SparkPlace("local[2]")).records == 0


def _pairs(group: dict[str, int]) -> set[tuple[str, str]]:
    """Return the pairs of records that share a group."""
    together: dict[int, list[str]] = {}
    for record in sorted(group, key=lambda one: zlib.crc32(one.encode())):
        together.setdefault(int(group[record]), []).append(record)
    return {
        (min(a, b), max(a, b))
        for records in together.values()
        for at, a in enumerate(records)
        for b in records[at + 1 :]
    }
