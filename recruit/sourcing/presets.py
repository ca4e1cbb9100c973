"""Mappings for files that well-known systems export, known by the columns that only they have together.

Sales Navigator has no export of its own: each exporter names columns as it likes, so each target lists
the names that the common ones use. What a preset does not name is left out, since a lead's "Location" and
"Email" are not the firm's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recruit.sourcing.labels import TARGETS, head_key
from recruit.sourcing.mapping import MappingError, MappingSpec
from recruit.sourcing.values import MANY_VALUED


@dataclass(frozen=True)
class Preset:
    """The mapping of one kind of export.

    `columns` gives for each target the names that its column may have, the surest first. A file is of
    this kind when it has a column of every group in `needs` and at least `least` of those in `typical`.
    """

    name: str
    title: str
    columns: Mapping[str, str]
    needs: Sequence[str]
    typical: str = ""
    least: int = 0
    default_country: str | None = None

    def fits(self, header: Sequence[str]) -> bool:
        """Tell whether a file with this header is of this kind."""
        keys = {head_key(head) for head in header}
        return (
            all(keys & set(_split(group)) for group in self.needs)
            and len(keys & set(_split(self.typical))) >= self.least
        )

    def mapping_for(self, header: Sequence[str]) -> MappingSpec:
        """Return the mapping of a file with this header."""
        heads: dict[str, str] = {}
        for head in header:
            heads.setdefault(head_key(head), head)
        columns: dict[str, tuple[str, ...]] = {}
        taken: set[str] = set()
        for target, names in self.columns.items():
            found = [heads[n] for n in _split(names) if n in heads and heads[n] not in taken]
            if TARGETS[target] not in MANY_VALUED:
                found = found[:1]
            if found:
                columns[target] = tuple(found)
                taken.update(found)
        ignored = tuple(head for head in header if head and head not in taken)
        return MappingSpec(columns, ignored, self.default_country)


def find_preset(header: Sequence[str], *, name: str | None = None) -> Preset | None:
    """Return the preset of this name, else the one that the columns betray.

    Raises `MappingError` for a name that there is none of, or a preset whose name column is missing.
    """
    if name is None:
        return next((preset for preset in PRESETS if preset.fits(header)), None)
    for preset in PRESETS:
        if preset.name == name:
            if "name" not in preset.mapping_for(header).columns:
                wanted = ", ".join(_split(preset.columns["name"])[:4])
                raise MappingError(
                    f"The file is no {preset.title}: it has no column for the firm's name ({wanted}). "
                    "Import it without the preset, or give a mapping."
                )
            return preset
    known = ", ".join(preset.name for preset in PRESETS)
    raise MappingError(f"There is no preset {name!r}. Known: {known}.")


def _split(names: str) -> list[str]:
    return names.split("|") if names else []


_COMPANY_PAGE = (
    "company linkedin url|linkedin company url|company linkedin|linkedin company profile url"
    "|company linkedin profile url|regular company url|linkedin company page|company li url"
    "|company profile url|corporate linkedin url|account linkedin url|linkedin url company"
)
_COMPANY_SITE = "company website|company domain|website|company website url|domain|website url|company url website"
_COMPANY_SIZE = (
    "company employee range|company employee count|company headcount|company size|employee count range"
    "|company size range|employee count|employees count|headcount|number of employees|employees"
    "|company employees|staff count|employee range|company staff count|company staff count range"
)
_COMPANY_SEAT = (
    "company headquarters|company location|headquarters|hq location|hq|company hq location|headquarter"
    "|company headquarters location|company address"
)
_PERSON_TITLE = (
    "title|job title|current title|current job|prospect position|position|current position"
    "|lead title|current job title"
)
_PERSON_PAGE = (
    "linkedin url|linkedin profile url|profile url|linkedin|person linkedin url|lead linkedin url"
    "|default profile url|prospect linkedin url|linkedin profile|linkedin url unique id"
)
_SALES_NAVIGATOR = (
    "sales navigator url|sales navigator profile url|sales nav url|company sales navigator url|vmid"
    "|sales navigator company url|company sales nav url|company id|lead list|account list|premium"
    "|connection degree|duration in role|duration in company|matches filters|no match reasons|is open link"
    "|title description|shared connections count|time in current role|time in current company|query"
    "|timestamp|decision makers|is hiring|profile image url|is premium|open profile|years in position"
    "|linkedin company id|company linkedin id unique|company linkedin url|linkedin company url"
    "|regular company url|company linkedin|growth 6 mth|growth 1 yr|headcount growth|search account profile id"
)

PRESETS: tuple[Preset, ...] = (
    Preset(
        "apollo-people",
        "list of people exported from Apollo",
        {
            "person_first_name": "first name",
            "person_last_name": "last name",
            "person_title": "title",
            "person_email": "email",
            "person_url": "person linkedin url",
            "name": "company name|company|company name for emails|account name",
            "employees": "employees|number of employees",
            "specialty": "industry|keywords",
            "website": "website",
            "social": "company linkedin url|facebook url|twitter url",
            "street": "company street|company address",
            "city": "company city",
            "region": "company state",
            "country": "company country",
            "phone": "company phone|corporate phone",
        },
        needs=("first name", "company|company name", "apollo contact id|person linkedin url"),
        typical="company city|company country|seniority|departments|email status|apollo contact id|corporate phone",
        least=2,
    ),
    Preset(
        "apollo-companies",
        "list of companies exported from Apollo",
        {
            "record_id": "apollo account id",
            "name": "company name|company|account name|company name for emails",
            "website": "website",
            "employees": "employees|number of employees",
            "specialty": "industry|keywords|technologies",
            "social": "company linkedin url|facebook url|twitter url",
            "street": "company street|company address",
            "city": "company city",
            "region": "company state",
            "postcode": "company postal code",
            "country": "company country",
            "phone": "company phone",
            "founded": "founded year",
        },
        needs=("company|company name|account name", "apollo account id|company linkedin url"),
        typical="company city|company country|company state|account stage|seo description|short description"
        "|annual revenue|total funding|latest funding|apollo account id",
        least=3,
    ),
    Preset(
        "sales-navigator-leads",
        "list of leads exported from LinkedIn Sales Navigator",
        {
            "person_first_name": "first name|firstname",
            "person_last_name": "last name|lastname",
            "person_name": "full name|fullname|name|lead name|prospect name",
            "person_title": _PERSON_TITLE,
            "person_email": "email|work email|professional email|email address|business email",
            "person_url": _PERSON_PAGE,
            "name": "company name|company|current company|account name|company clean|cleaned company name"
            "|current company name|organization name|account",
            "website": _COMPANY_SITE,
            "social": _COMPANY_PAGE,
            "specialty": "company industry|industry|company specialities|company specialties|company industries",
            "employees": _COMPANY_SIZE,
            "founded": "company founded|company founded on|company year founded|founded|company founded year",
            "street": "company street|company address line 1",
            "postcode": "company postal code|company zip",
            "city": "company city|company hq city",
            "region": "company state|company region",
            "country": "company country|company hq country",
            "place": _COMPANY_SEAT,
            "phone": "company phone|company phone number",
        },
        needs=(
            "first name|firstname|full name|fullname|lead name|prospect name",
            "company name|company|current company|account name|current company name|account",
            _PERSON_TITLE,
        ),
        typical=_SALES_NAVIGATOR + "|" + _PERSON_PAGE,
        least=1,
    ),
    Preset(
        "hubspot-companies",
        "list of companies exported from HubSpot",
        {
            "record_id": "record id",
            "name": "company name|name",
            "website": "company domain name|website url|domain",
            "phone": "phone number",
            "street": "street address",
            "city": "city",
            "region": "state region",
            "postcode": "postal code",
            "country": "country region|country",
            "employees": "number of employees",
            "founded": "year founded",
            "specialty": "industry",
            "social": "linkedin company page|facebook company page|twitter handle",
        },
        needs=(
            "record id",
            "company name|name",
            "company owner|company domain name|lifecycle stage",
        ),
        typical="company owner|create date|last activity date|country region|company domain name|lead status"
        "|state region|lifecycle stage",
        least=2,
    ),
    Preset(
        "salesforce-accounts",
        "list of accounts exported from Salesforce",
        {
            "record_id": "account id|id|18 character account id",
            "name": "account name|name",
            "website": "website",
            "phone": "phone",
            "street": "billing street|billing address line 1",
            "city": "billing city",
            "region": "billing state|billing state province",
            "postcode": "billing postal code|billing zip postal code|billing zip",
            "country": "billing country",
            "employees": "number of employees|employees",
            "founded": "year started",
            "specialty": "industry",
        },
        needs=("account name|name", "billing city|billing country|billing street"),
    ),
    Preset(
        "crunchbase-companies",
        "list of companies exported from Crunchbase",
        {
            "record_id": "organization name url|uuid|cb url",
            "name": "organization name|company name|name",
            "website": "website|homepage url|domain",
            "employees": "number of employees|employee count",
            "founded": "founded date|founded on|founded year",
            "specialty": "industries|category list|industry groups",
            "place": "headquarters location",
            "street": "address",
            "postcode": "postal code",
            "city": "city",
            "country": "country code",
            "social": "linkedin|linkedin url|twitter|twitter url|facebook|facebook url",
            "phone": "phone number|phone",
            "email": "contact email|email",
        },
        needs=("organization name|name", "organization name url|cb url|cb rank company|cb rank"),
    ),
    Preset(
        "companies-house",
        "register of Companies House",
        {
            "registry_id": "company number|companynumber",
            "name": "company name|companyname",
            "legal_form": "company category",
            "street": "reg address address line1|regaddress addressline1|reg address address line 1",
            "city": "reg address post town|regaddress posttown",
            "region": "reg address county|regaddress county",
            "postcode": "reg address post code|regaddress postcode",
            "country": "reg address country|regaddress country|country of origin",
            "founded": "incorporation date",
            "specialty": "siccode sic text 1|sic code sic text 1",
        },
        needs=("company number|companynumber", "reg address post town|regaddress posttown"),
        default_country="GB",
    ),
    Preset(
        "gleif",
        "list of legal entities of GLEIF",
        {
            "registry_id": "lei",
            "name": "entity legal name",
            "street": "entity headquarters address first address line",
            "city": "entity headquarters address city",
            "postcode": "entity headquarters address postal code",
            "country": "entity headquarters address country",
            "founded": "entity entity creation date",
        },
        needs=("lei", "entity legal name"),
    ),
    Preset(
        "opencorporates",
        "list of companies of OpenCorporates",
        {
            "registry_id": "company number",
            "name": "name|company name",
            "legal_form": "company type",
            "founded": "incorporation date",
            "street": "registered address street address|registered address in full",
            "city": "registered address locality",
            "region": "registered address region",
            "postcode": "registered address postal code",
            "country": "registered address country",
        },
        needs=("company number", "jurisdiction code", "name|company name"),
    ),
    Preset(
        "sales-navigator-accounts",
        "list of accounts exported from LinkedIn Sales Navigator",
        {
            "record_id": "company id|linkedin company id|company linkedin id unique|account id",
            "name": "company name|account name|name|company|account",
            "website": _COMPANY_SITE + "|url|company url",
            "social": _COMPANY_PAGE
            + "|linkedin url|linkedin|company url|profile url|linkedin page",
            "specialty": "industry|company industry|specialties|specialities|company specialties"
            "|company specialities|industries",
            "employees": _COMPANY_SIZE + "|size",
            "founded": "founded|company founded|year founded|founded year|founded on|company founded on",
            "street": "street|company street|headquarters street",
            "postcode": "postal code|company postal code|zip",
            "city": "headquarters city|hq city|city|company city",
            "region": "headquarters state|hq state|state|company state",
            "country": "headquarters country|hq country|country|company country",
            "place": _COMPANY_SEAT + "|location",
            "phone": "phone|company phone|phone number",
        },
        needs=(
            "company name|account name|name|company|account",
            _COMPANY_PAGE + "|linkedin url|sales navigator url|company sales navigator url"
            "|sales navigator company url|company sales nav url|linkedin company id|company id",
            _COMPANY_SIZE + "|industry|company industry",
        ),
        typical=_SALES_NAVIGATOR,
        least=1,
    ),
)
