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


Target = FieldName | Part
TARGETS: dict[str, Target] = {target.value: target for kind in (FieldName, Part) for target in kind}

# English, German, French, Spanish; in each list the surest word comes first.
_WORDS: Mapping[Target, str] = {
    Part.RECORD_ID: "record id|id|source record id|external id|uuid",
    FieldName.NAME: "company name|company|organisation name|organization name|organisation|organization"
    "|firm name|firm|account name|business name|partner name|provider name|vendor name|name|partner|business"
    "|firma|firmenname|unternehmen|unternehmensname|raison sociale|societe|entreprise|nom|nom de la societe"
    "|razon social|empresa|nombre|nombre de la empresa",
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
    "|hq location|locations|offices",
    FieldName.PHONE: "phone|telephone|tel|phone number|telephone number|telefon|telefonnummer|company phone"
    "|fon|mobile|telefono|contact phone",
    FieldName.EMAIL: "email|e mail|mail|email address|e mail address|contact email|contact|mailadresse"
    "|courriel|adresse e mail|correo|correo electronico|company email",
    FieldName.EMPLOYEES: "employees|number of employees|company size|size|employee count|headcount|staff"
    "|team size|team|employees count|no of employees|num employees|company headcount|employee range"
    "|mitarbeiter|mitarbeiterzahl|anzahl mitarbeiter|mitarbeitende|beschaftigte|unternehmensgrosse"
    "|effectif|effectifs|salaries|nombre d employes|taille|empleados|numero de empleados|people",
    Part.EMPLOYEES_LOW: "employees low|employees min|min employees|employees from|size low|size min",
    Part.EMPLOYEES_HIGH: "employees high|employees max|max employees|employees to|size high|size max",
    FieldName.FOUNDED: "founded|founded in|year founded|founding year|founded year|established"
    "|year established|est|since|foundation year|in business since|founding date|date founded|year"
    "|gegrundet|grundung|grundungsjahr|grundungsdatum|seit|fondee en|annee de creation|creation|fundada en"
    "|fundacion|ano de fundacion",
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


def read_label(text: str) -> Target | None:
    """Return what a label means when all of it is a known word; None otherwise."""
    return _TARGET_OF.get(fold(text)) if len(text) <= 60 else None


def guess_label(text: str) -> tuple[Target, int] | None:
    """Return what the head of a column probably means, and a rank: of two columns the smaller is surer."""
    key = fold(text)
    target = _TARGET_OF.get(key)
    if target is not None:
        return target, _RANK[key]
    for pattern, contained in _CONTAINED:
        if re.search(rf"\b(?:{pattern})\b", key):
            return (contained, 100) if contained else None
    return None
