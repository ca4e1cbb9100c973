"""Reads what a firm does as short lower-case tags: from lists as they stand, from prose by a vocabulary."""

import re

from recruit.sourcing.technologies import TECHNOLOGIES, is_everyday, technology_of
from recruit.sourcing.text import clean

_MOST_TAGS = 60
_LONGEST_TAG = 60
_BREAK = re.compile(r"[;,|\n\t•·‣▪]+| - |\s/\s")
_ITEM_EDGE = re.compile(r"^(?:and|und|et|y|&)\s+|[.!:]+$", re.IGNORECASE)

# Tag -> how prose names it. Only words that mean a field of work wherever they stand; "support" and
# "design" count in lists, where somebody has said that they are specialties.
_IN_PROSE: dict[str, str] = {
    "kubernetes": r"kubernetes|k8s",
    "aws": r"aws|amazon web services",
    "azure": r"(?:microsoft )?azure",
    "google cloud": r"gcp|google cloud(?: platform)?",
    "openshift": r"openshift",
    "openstack": r"openstack",
    "docker": r"docker",
    "terraform": r"terraform",
    "ansible": r"ansible",
    "vmware": r"vmware",
    "cloud native": r"cloud[- ]?native",
    "cloud migration": r"cloud migrations?|cloud adoption",
    "multi-cloud": r"multi-?\s?cloud|hybrid cloud",
    "private cloud": r"private clouds?",
    "serverless": r"serverless",
    "microservices": r"micro-?services",
    "containers": r"containeri[sz]ation|containers",
    "devops": r"devops|ci/cd",
    "devsecops": r"devsecops",
    "gitops": r"gitops",
    "platform engineering": r"platform engineering",
    "site reliability": r"site reliability(?: engineering)?|sre",
    "observability": r"observability",
    "finops": r"finops|cloud cost optimi[sz]ation",
    "managed services": r"managed (?:it )?services?|managed service provider|msp",
    "consulting": r"consulting|consultancy|beratung",
    "training": r"trainings?(?= (?:partner|provider|courses?|programs?|and|for)\b)|workshops|bootcamps?|schulungen",
    "systems integration": r"systems? integrat(?:ion|or)s?|systemhaus",
    "software development": r"(?:custom |bespoke )?software development|softwareentwicklung|software house",
    "web development": r"web development|web design",
    "mobile apps": r"mobile apps?(?: development)?|app development",
    "ux design": r"ui/ux|ux/ui|ux design|user experience",
    "digital marketing": r"digital marketing|marketing agency|seo",
    "ecommerce": r"e-?commerce",
    "data engineering": r"data engineering|big data",
    "data science": r"data science",
    "machine learning": r"machine learning|mlops|deep learning",
    "ai": r"artificial intelligence|generative ai|künstliche intelligenz",
    "security": r"cyber ?-?security|information security|it[- ]security|penetration testing|it-sicherheit",
    "iot": r"iot|internet of things",
    "blockchain": r"blockchain|web3",
    "open source": r"open[- ]source",
    "salesforce": r"salesforce",
    "sap": r"sap",
    "linux": r"linux",
    "postgresql": r"postgres(?:ql)?",
    "wordpress": r"wordpress",
    "drupal": r"drupal",
    "magento": r"magento",
    "shopify": r"shopify",
    "python": r"python",
    "java": r"java",
    "javascript": r"javascript",
    "ruby on rails": r"ruby on rails",
    "php": r"php",
    ".net": r"\.net|dotnet",
}
_PROSE = re.compile(
    "|".join(
        f"(?P<t{number}>(?<![\\w.-])(?:{pattern})(?![\\w-]))"
        for number, pattern in enumerate(_IN_PROSE.values())
    ),
    re.IGNORECASE,
)
_TAGS = tuple(_IN_PROSE)


def read_tags(text: str) -> list[str]:
    """Return the items of a list as tags: lower case, short, each once, in their order."""
    return [tag.lower() for tag in read_items(text)]


def read_items(text: str) -> list[str]:
    """Return the items of a list in their own spelling; what is as long as a sentence is left out."""
    items: dict[str, str] = {}
    for piece in _BREAK.split(text):
        item = _ITEM_EDGE.sub("", clean(piece)).strip("\"'()[]*-– ")
        if 1 < len(item) <= _LONGEST_TAG and len(item.split()) <= 6:
            items.setdefault(item.lower(), item)
    return list(items.values())[:_MOST_TAGS]


def find_tags(prose: str) -> list[tuple[str, str]]:
    """Return the known tags that running text names, each with the words that name it."""
    found: dict[str, str] = {}
    for match in _PROSE.finditer(prose):
        if match.lastgroup:
            found.setdefault(_TAGS[int(match.lastgroup[1:])], match[0])
    return list(found.items())


def read_bare_list(text: str) -> list[str]:
    """Return the tags of a line that is nothing but a list of specialties ("Kubernetes, AWS, training").

    At least half of its items have to be known; a sentence, or a list of other things, gives none.
    """
    items = read_tags(text)
    if len(items) < 2 or len(_BREAK.split(text)) > len(items) + 1:
        return []
    named = [technology_of(item) for item in items]
    known = [
        name or (item if item in SERVICES or _PROSE.fullmatch(item) else "")
        for item, name in zip(items, named, strict=True)
    ]
    # "Phoenix, AZ" is no list of technologies, though one of them is called so.
    plain = any(
        item and (item in TECHNOLOGIES or _PROSE.fullmatch(item)) and not is_everyday(item)
        for item in known
    )
    found = list(dict.fromkeys(filter(None, known)))
    return found if plain and sum(map(bool, known)) * 2 >= len(items) else []


# What a firm sells, among the tags above; every other tag names a technology or a field of work.
_SERVICES_WORDS = (
    "consulting|agency|managed services|training|software development|web development|mobile apps|design"
    "|digital marketing|ecommerce|hosting|security|data engineering|data science|devops|cloud migration"
    "|open source|saas product|support|staff augmentation|systems integration|education|fintech|healthcare"
    "|games"
)
SERVICES = frozenset(_SERVICES_WORDS.split("|"))
# Fields of work, which are neither a service nor a technology.
FIELDS = frozenset(_IN_PROSE) - SERVICES - TECHNOLOGIES
