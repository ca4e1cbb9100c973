"""Codes of trades, and the words that firms of a trade use for what they do.

Only trades that channel programs recruit from. A code stands for all codes below it: "NACE 62" for 62.01,
62.02 and so on. Codes and their scope follow NACE Rev. 2 and NAICS 2022; the words are ours.
"""

from collections.abc import Mapping

from recruit.scoring.wording import Phrase, phrase, words_of

SCHEMES = ("NACE", "NAICS")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "NACE": {
        "46.14": "machinery agent, industrial agent",
        "46.69": "industrial distributor, industrial supplies, machinery wholesale, mro, automation distributor",
        "46.51": "it distributor, it wholesale, hardware distribution",
        "46.52": "electronic components, electronics distributor",
        "58.29": "software publisher, saas product",
        "61": "telecommunications, telecom, isp, voip",
        "62.01": "software development, custom software, web development, mobile apps, app development",
        "62.02": "it consulting, consulting, consultancy, systems integration, systems integrator",
        "62.03": "managed services, msp, it outsourcing, managed it, facilities management",
        "62.09": "it support, support, disaster recovery",
        "63.11": "hosting, data center, cloud hosting, data processing",
        "70.22": "management consulting, business consulting",
        "71.12": "engineering, automation engineering",
        "73.11": "agency, advertising, advertising agency, digital marketing, marketing",
        "74.10": "design, graphic design, product design, ux, ui design, branding",
        "80.20": "security systems, alarm systems, video surveillance",
        "85.59": "training, courses, workshops",
    },
    "NAICS": {
        "423430": "hardware distribution, it distributor, computer wholesale",
        "423690": "electronic components, electronics distributor",
        "423830": "industrial distributor, machinery wholesale, industrial machinery",
        "423840": "industrial supplies, mro, industrial distributor",
        "513210": "software publisher, saas product",
        "517": "telecommunications, telecom, isp, voip",
        "518210": "hosting, data center, cloud hosting",
        "541330": "engineering, automation engineering",
        "541430": "graphic design, design, branding",
        "541511": "software development, custom software, web development, mobile apps",
        "541512": "systems integration, systems integrator, it consulting, consulting",
        "541513": "managed services, msp, it outsourcing, managed it",
        "541519": "it support, support, disaster recovery",
        "541613": "digital marketing, marketing",
        "541810": "advertising, advertising agency, agency",
        "561621": "security systems, alarm systems",
        "611420": "training, courses",
    },
}


def read_code(text: str) -> tuple[str, str] | None:
    """Return (scheme, code) of "NACE 62.02"; None where it is no code of a scheme that we know."""
    scheme, _, code = text.strip().partition(" ")
    if scheme.upper() not in SCHEMES or not code.strip().replace(".", "").isdigit():
        return None
    return scheme.upper(), code.strip()


def phrases_of(scheme: str, code: str) -> tuple[Phrase, ...]:
    """Return how a firm's tags may say that it is of this trade: the code or one below it, or its words."""
    below = [words for key, words in _WORDS[scheme].items() if key.startswith(code)]
    said = {word.strip(): None for words in below for word in words.split(",")}
    return (
        Phrase((scheme.casefold(), code), is_prefix=True),
        # A register states the code alone; two digits alone might be anything.
        *([Phrase(words_of(code), is_prefix=True)] if len(code) > 3 else []),
        *(phrase(word) for word in said),
    )
