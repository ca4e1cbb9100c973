"""What a label means: the head of a column, the term beside a value, the heading above a list.

Files and pages use the same words, so both are read with the same table.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from recruit.sourcing.text import fold
from recruit.sourcing.values import FieldName


class Part(StrEnum):
    """What a label may stand for that is less, or more, than one field."""

    RECORD_ID = "record_id"
    EMPLOYEES_LOW = "employees_low"
    EMPLOYEES_HIGH = "employees_high"
    FOUNDED_LOW = "founded_low"
    FOUNDED_HIGH = "founded_high"
    PLACE = "place"  # city, state and country in one text
    PERSON_NAME = "person_name"
    PERSON_FIRST = "person_first_name"
    PERSON_LAST = "person_last_name"
    PERSON_TITLE = "person_title"
    PERSON_EMAIL = "person_email"
    PERSON_URL = "person_url"


PERSON_PARTS = frozenset(
    {
        Part.PERSON_NAME,
        Part.PERSON_FIRST,
        Part.PERSON_LAST,
        Part.PERSON_TITLE,
        Part.PERSON_EMAIL,
        Part.PERSON_URL,
    }
)
Target = FieldName | Part
# What a column can be. A person stands in columns of its parts.
TARGETS: dict[str, Target] = {
    target.value: target
    for kind in (FieldName, Part)
    for target in kind
    if target is not FieldName.PERSON
}

# English, German, French, Spanish; in each list the surest word comes first. What only a file names, a
# person at the firm, is told in `_OF_PEOPLE`.
_WORDS: Mapping[Target, str] = {
    Part.RECORD_ID: "record id|id|source record id|external id|uuid",
    FieldName.NAME: "company name|company|organisation name|organization name|organisation|organization"
    "|firm name|firm|account name|business name|partner name|provider name|vendor name|name|partner|business"
    "|firma|firmenname|unternehmen|unternehmensname|raison sociale|societe|entreprise|nom|nom de la societe"
    "|razon social|empresa|nombre|nombre de la empresa",
    FieldName.REGISTRY_ID: "registry number|registry id|registration number|company number|companynumber"
    "|company registration number|commercial register number|register number|handelsregisternummer"
    "|registernummer|hrb|siren|siret|kvk nummer|kvk number|chamber of commerce number|organisationsnummer|cif",
    FieldName.LEGAL_FORM: "legal form|company type|rechtsform|forme juridique|forma juridica",
    FieldName.WEBSITE: "website|web site|homepage|home page|company website|url|web|domain|company domain"
    "|site|www|webseite|internet|site web|site internet|sitio web|pagina web|web address|visit website"
    "|homepage url|website url|company url",
    FieldName.STREET: "street|street address|address|address 1|address line 1|strasse|anschrift|adresse|rue"
    "|direccion|calle",
    FieldName.POSTCODE: "postcode|postal code|zip|zip code|zipcode|plz|postleitzahl|code postal"
    "|codigo postal",
    FieldName.CITY: "city|town|locality|ort|stadt|ville|ciudad|localidad|hq city|headquarters city",
    FieldName.REGION: "region|state|province|county|state province|bundesland|kanton|departement"
    "|provincia|estado|comunidad",
    FieldName.COUNTRY: "country|country code|nation|land|staat|pays|pais|hq country|headquarters country"
    "|country region",
    Part.PLACE: "location|headquarters|headquarter|hq|head office|based in|place|office|main office|sitz"
    "|firmensitz|hauptsitz|standort|siege|siege social|localisation|sede|ubicacion|headquarters location"
    "|hq location|locations|offices|office locations|office location|our offices|our locations"
    "|company headquarters|standorte|unsere standorte|niederlassungen|filialen|buros|where we are|our global offices"
    "|global offices|global locations|bureaux|nos bureaux|nos agences|implantations|nos implantations|oficinas|sedes"
    "|nuestras oficinas|nuestras sedes|sedi|le nostre sedi|vestigingen|kantoren|onze kantoren|biura|nasze biura|oddzialy"
    "|pobocky|kontor|vara kontor|escritorios|onde estamos|toimipisteet",
    FieldName.PHONE: "phone|telephone|tel|phone number|telephone number|telefon|telefonnummer|company phone"
    "|fon|mobile|telefono|contact phone",
    FieldName.EMAIL: "email|e mail|mail|email address|e mail address|contact email|contact|mailadresse"
    "|courriel|adresse e mail|correo|correo electronico|company email",
    FieldName.EMPLOYEES: "employees|number of employees|company size|size|employee count|headcount|staff"
    "|team size|team|employees count|no of employees|num employees|company headcount|employee range"
    "|mitarbeiter|mitarbeiterzahl|anzahl mitarbeiter|mitarbeitende|beschaftigte|unternehmensgrosse|firmengrosse|grosse"
    "|effectif|effectifs|salaries|nombre d employes|taille|empleados|numero de empleados|people",
    Part.EMPLOYEES_LOW: "employees low|employees min|min employees|employees from|size low|size min",
    Part.EMPLOYEES_HIGH: "employees high|employees max|max employees|employees to|size high|size max",
    FieldName.FOUNDED: "founded|founded in|year founded|founding year|founded year|established"
    "|year established|est|since|foundation year|in business since|founding date|date founded|year"
    "|gegrundet|grundung|grundungsjahr|grundungsdatum|seit|fondee en|annee de creation|creation|fundada en"
    "|fundacion|ano de fundacion",
    FieldName.REVENUE: "annual revenue|revenue|yearly revenue|revenue range|estimated revenue|company revenue"
    "|revenue usd|annual revenue usd|turnover|annual turnover|annual sales|sales volume|umsatz|jahresumsatz"
    "|chiffre d affaires|ca annuel|facturacion|ingresos anuales",
    Part.FOUNDED_LOW: "founded low|founded min|founded from",
    Part.FOUNDED_HIGH: "founded high|founded max|founded to",
    FieldName.SPECIALTY: "specialties|specialities|specialty|speciality|specialisations|specializations"
    "|expertise|areas of expertise|services|our services|what we do|technologies|technology|skills"
    "|competencies|competences|focus|focus areas|solutions|capabilities|tags|keywords|category|categories"
    "|industry|industries|spezialisierung|schwerpunkte|leistungen|kompetenzen|fachgebiete"
    "|domaines d expertise|prestations|especialidades|servicios|tecnologias",
    FieldName.CERTIFICATION: "certifications|certification|certificates|certified|accreditations"
    "|accreditation|program|programme|zertifizierungen|zertifikate|zertifizierung|certificaciones",
    FieldName.PARTNERSHIP: "partnerships|partnership|partners|technology partners|vendor partnerships"
    "|vendors|partner of|partner programs|partner programmes|partner level|partnerschaften"
    "|technologiepartner|partenariats|partenaires",
    FieldName.SOCIAL: "linkedin|linkedin url|linkedin page|company linkedin url|xing|twitter|facebook"
    "|social|social media|twitter url|facebook url|crunchbase|crunchbase url|github",
}
_TARGET_OF: dict[str, Target] = {
    word: target for target, words in _WORDS.items() for word in words.split("|")
}
_OF_PEOPLE: Mapping[str, Target] = {
    word: target
    for target, words in {
        Part.PERSON_FIRST: "first name|firstname|given name|vorname|prenom|contact first name",
        Part.PERSON_LAST: "last name|lastname|surname|family name|nachname|nom de famille|apellido|apellidos"
        "|contact last name",
        Part.PERSON_NAME: "contact name|full name|contact person|lead name|person name|ansprechpartner",
        Part.PERSON_TITLE: "job title|jobtitle|position|contact title|current title|funktion|current job title",
        Part.PERSON_EMAIL: "person email|work email|contact e mail address|direct email|lead email",
        Part.PERSON_URL: "person linkedin url|linkedin profile|linkedin profile url|linkedin member profile url"
        "|contact linkedin url|person linkedin|lead linkedin url|profile url",
    }.items()
    for word in words.split("|")
}
# How sure a word is of its target, when two columns claim the same one: the smaller the surer.
_RANK: dict[str, int] = {
    word: rank for words in _WORDS.values() for rank, word in enumerate(words.split("|"))
}
# Longer headings are told by what they contain; the first that fits counts.
_CONTAINED: tuple[tuple[str, Target | None], ...] = (
    ("linkedin|xing|twitter|facebook|crunchbase|instagram|github", FieldName.SOCIAL),
    ("first name|last name|contact name|person|founder|ceo|vorname|nachname", None),
    ("e ?mail", FieldName.EMAIL),
    ("phone|telephone|telefon", FieldName.PHONE),
    ("website|homepage|web ?site|url|domain", FieldName.WEBSITE),
    ("employees|headcount|mitarbeiter|company size|salaries|empleados", FieldName.EMPLOYEES),
    ("founded|established|founding|grundungsjahr", FieldName.FOUNDED),
    ("revenue|turnover|umsatz|chiffre d affaires|facturacion", FieldName.REVENUE),
    ("post ?code|zip|postal code|plz", FieldName.POSTCODE),
    ("country|land", FieldName.COUNTRY),
    ("city|town", FieldName.CITY),
    ("street|address", FieldName.STREET),
    ("headquarters|location|standort", Part.PLACE),
    ("specialt\\w+|specialit\\w+|expertise|technologies", FieldName.SPECIALTY),
    ("certifi\\w+|accredit\\w+", FieldName.CERTIFICATION),
    ("(?:company|firm|organi[sz]ation|account|business|legal) name", FieldName.NAME),
    ("program(?:me)?|product|user|file|middle|short|nick|course", None),
    (r"\w+ name|name of \w+", FieldName.NAME),
)


# Names that are written with a capital within.
_NAMES = re.compile("LinkedIn|GitHub|YouTube|HubSpot")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")


def read_label(text: str) -> Target | None:
    """Return what a label means when all of it is a known word; None otherwise."""
    return _TARGET_OF.get(fold(text)) if len(text) <= 60 else None


def head_key(text: str) -> str:
    """Return the words of a column's head: "companyName", "Company name" and "COMPANY_NAME" are one."""
    return fold(_CAMEL.sub(" ", _NAMES.sub(lambda found: found[0].lower(), text)))


def guess_label(text: str) -> tuple[Target, int] | None:
    """Return what the head of a column probably means, and a rank: of two columns the smaller is surer."""
    key = head_key(text)
    if key in _OF_PEOPLE:
        return _OF_PEOPLE[key], 0
    target = _TARGET_OF.get(key)
    if target is not None:
        return target, _RANK[key]
    for pattern, contained in _CONTAINED:
        if re.search(rf"\b(?:{pattern})\b", key):
            return (contained, 100) if contained else None
    return None
