"""What programs tell: applications that were made elsewhere, and firms that they know."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from recruit.insights.api import read_api_candidate, read_api_sighting
from recruit.insights.api_words import ApiCandidate, ApiSighting
from recruit.onboarding.elsewhere import take_application
from recruit.sourcing.telling import find_api_source_id, tell_of_firm
from recruit.sourcing.values import FieldName
from recruit.web.api.caller import CandidateWriter, FirmWriter
from recruit.web.api.once import Done, IdempotencyKey, answer_once
from recruit.web.api.pages import LARGEST_ID
from recruit.web.api.problems import describe
from recruit.web.request import AppDep

_POST = describe(400, 401, 403, 409, 413, 422, 429)
router = APIRouter()


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Leave out line breaks and control characters.")
    return text.strip()


Line = Annotated[str, AfterValidator(_printable), Field(max_length=300)]
Name = Annotated[str, AfterValidator(_printable), Field(max_length=200)]
Email = Annotated[str, AfterValidator(_printable), Field(min_length=3, max_length=254)]


class CandidateIn(BaseModel):
    """An application that was made elsewhere, of a firm that is known: by its id or its website."""

    model_config = ConfigDict(extra="forbid")

    firm_id: Annotated[int, Field(ge=1, le=LARGEST_ID, strict=True)] | None = None
    website: Line | None = None
    contact_email: Email
    contact_name: Name = ""

    @model_validator(mode="after")
    def _one_firm(self) -> "CandidateIn":
        if (self.firm_id is None) == (self.website is None):
            raise ValueError("Give firm_id or website, and not both.")
        return self


class FirmIn(BaseModel):
    """What is known of a firm. `reference` is your own id of it: the same one again renews what was told."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_printable), Field(min_length=1, max_length=300)]
    reference: Annotated[str, AfterValidator(_printable), Field(max_length=200)] = ""
    website: Line = ""
    street: Line = ""
    postcode: Line = ""
    city: Line = ""
    region: Line = ""
    country: Annotated[Line, Field(description="A name or an ISO 3166-1 alpha-2 code.")] = ""
    phone: Line = ""
    email: Line = ""
    employees: Annotated[Line, Field(description="“40”, “11-50”, “200+”.")] = ""
    founded: Annotated[Line, Field(description="A year, or two with a dash.")] = ""
    specialties: Annotated[list[Name], Field(max_length=50)] = []


@router.post(
    "/candidates",
    tags=["candidates"],
    status_code=201,
    responses={200: {"model": ApiCandidate, "description": "It is one already."}, **_POST},
)
def add_candidate(
    app: AppDep,
    request: Request,
    response: Response,
    key: CandidateWriter,
    given: CandidateIn,
    idempotency_key: IdempotencyKey = None,
) -> ApiCandidate:
    """Make a firm a candidate. One that is a candidate already stays as it is: 200 instead of 201."""

    def act(tx: Any) -> Done:
        taken = take_application(
            tx,
            firm_id=given.firm_id,
            website=given.website,
            contact_email=given.contact_email,
            contact_name=given.contact_name,
        )
        body = read_api_candidate(tx, taken.candidate.id)
        return Done(201 if taken.is_new else 200, body)

    answer: ApiCandidate = answer_once(
        app, request, response, key, name=idempotency_key, given=given, act=act
    )
    return answer


@router.post("/firms", tags=["firms"], status_code=202, responses=_POST)
def tell_firm(
    app: AppDep,
    request: Request,
    response: Response,
    key: FirmWriter,
    given: FirmIn,
    idempotency_key: IdempotencyKey = None,
) -> ApiSighting:
    """Tell of a firm. Resolution reads it with its next sweep: `GET /sightings/{id}` then names the firm."""
    told = {
        FieldName(field): text
        for field, text in given.model_dump(exclude={"reference", "specialties"}).items()
        if text
    }
    if given.specialties:
        told[FieldName.SPECIALTY] = "; ".join(given.specialties)

    def act(tx: Any) -> Done:
        sighting_id = tell_of_firm(tx, told=told, reference=given.reference, actor=key.actor)
        return Done(202, read_api_sighting(tx, sighting_id, source_id=find_api_source_id(tx)))

    answer: ApiSighting = answer_once(
        app, request, response, key, name=idempotency_key, given=given, act=act
    )
    return answer
