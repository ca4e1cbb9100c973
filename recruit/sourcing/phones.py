"""Reads phone numbers into E.164, most of them without asking the whole of `phonenumbers`.

`phonenumbers` needs about 0.1 ms a number, which is most of the time of an import. Numbers that are
written plainly are decided by one compiled pattern a country, built from that library's own metadata;
whatever it does not decide goes the long way, so that both ways give the same answers.
"""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_LONGEST = 60
_PLAIN = re.compile(r"(\+?)([0-9][0-9 ().-]{5,28})")
_TO_DIGITS = str.maketrans("", "", " ().-")
_KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip
# What somebody may call from somewhere: enough digits, and not prose around them.
_LOCAL = re.compile(
    r"[+(]?[0-9][0-9 ()./\u00a0\u2010-\u2015-]*"
    r"(?:(?:ext|extn|x|durchwahl|dw|poste|anexo)\.? ?[0-9]{1,6})?",
    re.IGNORECASE,
)
_FEWEST_DIGITS, _MOST_DIGITS = 5, 17


@dataclass(frozen=True)
class _Plan:
    """A country's numbering plan, as far as a number in it can be told at once."""

    code: str
    numbers: re.Pattern[str]  # every valid number without prefixes
    general: re.Pattern[str]
    trunk: re.Pattern[str] | None  # what may stand before a number at home
    literal_trunk: str  # the same where it is nothing but digits
    abroad: re.Pattern[str] | None  # what is dialled to leave the country


def read_phone(text: str, country: str | None = None) -> str | None:
    """Return a phone number in E.164; one without a country prefix needs the `country` it is written in."""
    quick = _read_plain(text, country)
    if quick is not None:
        return quick
    try:
        number = phonenumbers.parse(text[:_LONGEST], country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_local_phone(text: str) -> str | None:
    """Return the bare digits of what looks like a phone number, though in no known country's plan.

    None for what is too short, too long or not a number at all.
    """
    stripped = text.strip()
    if len(stripped) > 40 or not _LOCAL.fullmatch(stripped):
        return None
    digits = re.sub("[^0-9]", "", stripped)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or len(set(digits)) < 2:
        return None
    return digits


def _read_plain(text: str, country: str | None) -> str | None:
    """Return the number where it is valid beyond doubt; None where `phonenumbers` has to decide."""
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return None
    digits = plain[2].translate(_TO_DIGITS)
    if plain[1]:
        for length in (1, 2, 3):
            plan = _plan_of_code(digits[:length])
            if plan is not None:
                rest = digits[length:]
                if plan.trunk is not None and plan.trunk.match(rest):
                    return None
                return f"+{digits}" if plan.numbers.fullmatch(rest) else None
        return None
    plan = _plan_of_region(country) if country else None
    # Digits that could begin with the country's code, or leave the country, may mean either.
    if plan is None or digits.startswith(plan.code) or (plan.abroad and plan.abroad.match(digits)):
        return None
    if plan.trunk is not None and plan.trunk.match(digits):
        if not plan.literal_trunk or not digits.startswith(plan.literal_trunk):
            return None
        digits = digits[len(plan.literal_trunk) :]
        if not plan.general.fullmatch(digits):
            return None
    return f"+{plan.code}{digits}" if plan.numbers.fullmatch(digits) else None


@cache
def _plan_of_code(code: str) -> _Plan | None:
    """Return the plan of the main country of a calling code."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdecimal() else None
    return _make_plan(regions[0]) if regions and not code.startswith("0") else None


@cache
def _plan_of_region(region: str) -> _Plan | None:
    """Return a country's plan where it is the main one of its calling code."""
    code = phonenumbers.country_code_for_region(region)
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    return _make_plan(region) if regions[:1] == (region,) else None


@cache
def _make_plan(region: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    # Where leading digits tell countries apart, the long way has to.
    if metadata is None or metadata.leading_digits or metadata.general_desc is None:
        return None
    pattern = metadata.general_desc.national_number_pattern or "(?!)"
    trunk = metadata.national_prefix_for_parsing or ""
    plain_trunk = trunk.isdecimal() and not metadata.national_prefix_transform_rule
    abroad = metadata.international_prefix
    return _Plan(
        code=str(metadata.country_code),
        numbers=re.compile("|".join(_of_kind(metadata, pattern, kind) for kind in _KINDS)),
        general=re.compile(pattern),
        trunk=re.compile(trunk) if trunk else None,
        literal_trunk=trunk if plain_trunk else "",
        abroad=re.compile(abroad) if abroad else None,
    )


def _of_kind(metadata: PhoneMetadata, pattern: str, kind: str) -> str:
    described = getattr(metadata, kind)
    if described is None or not described.national_number_pattern:
        return "(?!)"
    general = metadata.general_desc
    lengths = described.possible_length or (general.possible_length if general else ())
    counts = "|".join(f"[0-9]{{{length}}}" for length in lengths if length > 0)
    head = f"(?=(?:{counts})$)" if counts else ""
    return f"{head}(?=(?:{pattern})$)(?:{described.national_number_pattern})"
