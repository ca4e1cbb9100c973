"""Check what HubSpot is asked against the types of HubSpot's own SDK."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NotRequired, Required, get_args, get_origin, get_type_hints

from hubspot_sdk.types.crm.associations.batch_create_default_params import BatchCreateDefaultParams
from hubspot_sdk.types.crm.associations.batch_get_params import BatchGetParams as LinksGetParams
from hubspot_sdk.types.crm.objects import (
    company_create_params,
    company_list_params,
    company_merge_params,
    company_search_params,
    company_update_params,
)
from hubspot_sdk.types.crm.objects.companies import batch_get_params, batch_upsert_params
from pydantic import TypeAdapter, ValidationError
from typing_extensions import is_typeddict

CREATE = company_create_params.CompanyCreateParams
UPDATE = company_update_params.CompanyUpdateParams
MERGE = company_merge_params.CompanyMergeParams
SEARCH = company_search_params.CompanySearchParams
LIST = company_list_params.CompanyListParams
BATCH_READ = batch_get_params.BatchGetParams
BATCH_UPSERT = batch_upsert_params.BatchUpsertParams
LINKS_READ = LinksGetParams
LINKS_CREATE = BatchCreateDefaultParams


def check(kind: Any, body: Any, *, path: Mapping[str, str] | None = None) -> None:
    """Raise ValueError unless `body` is what the SDK's type allows, with nothing beside it.

    The SDK counts some parts of the address among a type's fields; `path` holds those.
    """
    _check(kind, {**body, **(path or {})} if isinstance(body, dict) else body, "body")


def _check(hint: Any, value: Any, where: str) -> None:
    """Walk the SDK's types down to those that pydantic checks in strict mode.

    Not all at once, because pydantic reads an Iterable late and then not strictly.
    """
    kind = _bare(hint)
    if is_typeddict(kind):
        if not isinstance(value, dict):
            raise ValueError(f"{where}: is {type(value).__name__}, not an object.")
        hints = get_type_hints(kind, include_extras=True)
        wire = {_wire_name(name, part): name for name, part in hints.items()}
        unknown = sorted(set(value) - set(wire))
        missing = sorted(
            name
            for name, ours in wire.items()
            if get_origin(hints[ours]) is Required and name not in value
        )
        if unknown or missing:
            raise ValueError(f"{where}: {kind.__name__} has no {unknown}, and lacks {missing}.")
        for name, part in value.items():
            _check(hints[wire[name]], part, f"{where}.{name}")
    elif get_origin(kind) in {Iterable, Sequence, list}:
        if not isinstance(value, list):
            raise ValueError(f"{where}: is {type(value).__name__}, not a list.")
        (inner,) = get_args(kind)
        for number, part in enumerate(value):
            _check(inner, part, f"{where}[{number}]")
    else:
        try:
            TypeAdapter(kind).validate_python(value, strict=True)
        except ValidationError as error:
            raise ValueError(f"{where}: {error}") from error


def _bare(hint: Any) -> Any:
    while get_origin(hint) in {Required, NotRequired, Annotated}:
        hint = get_args(hint)[0]
    return hint


def _wire_name(name: str, hint: Any) -> str:
    while get_origin(hint) in {Required, NotRequired}:
        hint = get_args(hint)[0]
    metadata = hint.__metadata__ if get_origin(hint) is Annotated else ()
    return next((part.alias for part in metadata if getattr(part, "alias", None)), name)
