"""Hear of HubSpot's changes: a search by time for live records, then the list of archived ones.

A search sorts by one property only and shows 10,000 results at most, so no search is paged through.
Each begins after the last row: by time, and within one moment by id. That way any number of rows
with one and the same time is read once and ends.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from recruit.crm.adapters.feed import Keyset
from recruit.crm.adapters.hubspot_reader import HubSpotReader, modified_field
from recruit.crm.adapters.hubspot_wire import milliseconds
from recruit.crm.port import ChangePage, CrmRecord

_MOST = 200
_BY_ID = "hs_object_id"


def read_changes(
    reader: HubSpotReader,
    crm_object: str,
    position: Mapping[str, Any],
    limit: int,
    overlap: timedelta,
) -> ChangePage:
    """Return a page of changes after `position`.

    It holds the place among live records, then the place `after` in the list of archived ones, and
    the time `archived_at` up to which archived records are known.
    """
    if "after" not in position:
        records, position, done = _live(reader, crm_object, position, min(limit, _MOST), overlap)
        if records:
            complete = tuple(reader.complete(crm_object, records))
            return ChangePage(complete, {**position, "after": ""} if done else position, more=True)
    return _archived(reader, crm_object, position, limit)


def _live(
    reader: HubSpotReader,
    crm_object: str,
    position: Mapping[str, Any],
    limit: int,
    overlap: timedelta,
) -> tuple[list[CrmRecord], dict[str, Any], bool]:
    """Return live records after the place, the new position, and whether these were the last."""
    place = Keyset.from_json(position)
    known = {name: position[name] for name in ("archived_at",) if name in position}
    by_time = modified_field(crm_object)
    in_moment = bool(position.get("in_moment"))
    while True:
        sort, filters = by_time, _after(by_time, place.at)
        if in_moment and place.at is not None:
            sort, filters = _BY_ID, _within(by_time, place.at, place.id)
        records, now = reader.search(crm_object, filters, sort, limit)
        place = place.opened(now, overlap)
        if in_moment:
            if records:
                place = Keyset(place.at, records[-1].id, place.floor)
            in_moment = len(records) == limit
            if records:
                break
        elif len(records) < limit:
            if records:
                last = records[-1].modified_at
                ids = [int(record.id) for record in records if record.modified_at == last]
                place = Keyset(last, str(max(ids)), place.floor)
            return records, {**place.to_json(), **known}, True
        else:
            # The last moment of a full page may have more rows than the page shows.
            last = records[-1].modified_at
            records = [record for record in records if record.modified_at < last]
            place, in_moment = Keyset(last, "0", place.floor), True
            if records:
                break
    inside = {"in_moment": True} if in_moment else {}
    return records, {**place.to_json(), **known, **inside}, False


def _after(by_time: str, at: datetime | None) -> list[dict[str, str]]:
    if at is None:
        return []
    return [{"propertyName": by_time, "operator": "GT", "value": milliseconds(at)}]


def _within(by_time: str, at: datetime, after_id: str) -> list[dict[str, str]]:
    return [
        {"propertyName": by_time, "operator": "GTE", "value": milliseconds(at)},
        {"propertyName": by_time, "operator": "LTE", "value": milliseconds(at)},
        {"propertyName": _BY_ID, "operator": "GT", "value": after_id},
    ]


def _archived(
    reader: HubSpotReader, crm_object: str, position: Mapping[str, Any], limit: int
) -> ChangePage:
    """Return archived records that are not known yet, and close the run with the last page."""
    listed, following = reader.list_archived(crm_object, position.get("after", ""), limit)
    since = _moment(position.get("archived_at"))
    newest = _moment(position.get("newest"))
    fresh = []
    for record in listed:
        if since is None or record.modified_at > since:
            fresh.append(record)
        if newest is None or record.modified_at > newest:
            newest = record.modified_at
    fresh.sort(key=lambda record: (record.modified_at, record.id))
    place = Keyset.from_json(position)
    kept = {"archived_at": since.isoformat()} if since else {}
    if following:
        more = {"after": following} | ({"newest": newest.isoformat()} if newest else {})
        return ChangePage(tuple(fresh), {**place.to_json(), **kept, **more}, more=True)
    if newest is not None:
        # One that is archived while the list is read may stand before the place that is read.
        known = newest if place.floor is None else min(newest, place.floor)
        kept = {"archived_at": max(known, since or known).isoformat()}
    return ChangePage(tuple(fresh), {**place.closed().to_json(), **kept}, more=False)


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
