"""What programs read: firms, candidates, partners and replies."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, AwareDatetime

from recruit.insights import api as insights
from recruit.insights.api_words import (
    ApiCandidate,
    ApiFirm,
    ApiFirmDetail,
    ApiPartner,
    ApiReply,
    ApiSighting,
)
from recruit.sourcing.telling import find_api_source_id
from recruit.web.api.caller import Reader
from recruit.web.api.pages import LARGEST_ID, Cursor, Limit, Page, make_page
from recruit.web.api.problems import describe
from recruit.web.request import ReadingTx

_LIST = describe(401, 403, 422, 429)
_ONE = describe(401, 403, 404, 422, 429)
router = APIRouter()


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("This moment is out of range.") from error


ThingId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Since = Annotated[
    Annotated[AwareDatetime, AfterValidator(_in_utc)] | None,
    Query(description="Only what has changed from this moment on; with its time zone."),
]


@router.get("/firms", tags=["firms"], responses=_LIST)
def list_firms(
    tx: ReadingTx, _key: Reader, limit: Limit = 50, cursor: Cursor = "", updated_since: Since = None
) -> Page[ApiFirm]:
    """Firms, the newest first."""
    return make_page(
        "firms",
        cursor,
        limit,
        lambda before, most: insights.list_api_firms(
            tx, before_id=before, limit=most, updated_since=updated_since
        ),
        lambda firm: firm.id,
    )


@router.get("/firms/{firm_id}", tags=["firms"], responses=_ONE)
def read_firm(tx: ReadingTx, _key: Reader, firm_id: ThingId) -> ApiFirmDetail:
    """A firm with the reasons of its score. An id that was merged answers as the firm that it became."""
    return insights.read_api_firm(tx, firm_id)


@router.get("/sightings/{sighting_id}", tags=["firms"], responses=_ONE)
def read_sighting(tx: ReadingTx, _key: Reader, sighting_id: ThingId) -> ApiSighting:
    """What was told by `POST /firms`, and the firm that it turned out to be."""
    return insights.read_api_sighting(tx, sighting_id, source_id=find_api_source_id(tx))


@router.get("/candidates", tags=["candidates"], responses=_LIST)
def list_candidates(
    tx: ReadingTx, _key: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[ApiCandidate]:
    """Candidates, the newest first, decided ones too."""
    return make_page(
        "candidates",
        cursor,
        limit,
        lambda before, most: insights.list_api_candidates(tx, before_id=before, limit=most),
        lambda candidate: candidate.id,
    )


@router.get("/candidates/{candidate_id}", tags=["candidates"], responses=_ONE)
def read_candidate(tx: ReadingTx, _key: Reader, candidate_id: ThingId) -> ApiCandidate:
    """A candidate."""
    return insights.read_api_candidate(tx, candidate_id)


@router.get("/partners", tags=["partners"], responses=_LIST)
def list_partners(
    tx: ReadingTx, _key: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[ApiPartner]:
    """Partners, the newest first, with what they miss and their valid certificates."""
    return make_page(
        "partners",
        cursor,
        limit,
        lambda before, most: insights.list_api_partners(tx, before_id=before, limit=most),
        lambda partner: partner.id,
    )


@router.get("/partners/{partner_id}", tags=["partners"], responses=_ONE)
def read_partner(tx: ReadingTx, _key: Reader, partner_id: ThingId) -> ApiPartner:
    """A partner."""
    return insights.read_api_partner(tx, partner_id)


@router.get("/replies", tags=["replies"], responses=_LIST)
def list_replies(
    tx: ReadingTx, _key: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[ApiReply]:
    """Mails that came in, the newest first."""
    return make_page(
        "replies",
        cursor,
        limit,
        lambda before, most: insights.list_api_replies(tx, before_id=before, limit=most),
        lambda reply: reply.id,
    )
