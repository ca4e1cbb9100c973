"""Whether two sightings show one firm: evidence for and against, added up and judged.

The sum has to single out one firm among all that there are. A name that many could bear is never
enough by itself, nor is one that something contradicts.
"""

from dataclasses import dataclass

from recruit.firms.evidence import (
    Evidence,
    Surroundings,
    compare_domains,
    compare_emails,
    compare_legal_forms,
    compare_phones,
    compare_places,
    compare_registry_ids,
    compare_streets,
    name_crowding,
    weigh_names,
)
from recruit.firms.fingerprint import Fingerprint
from recruit.firms.likeness import NameLevel
from recruit.firms.values import Verdict


@dataclass(frozen=True, slots=True)
class MatchDecision:
    """The verdict on a pair. `score` is in bits above (or below) what would single out one firm.

    `identified` is true when something that belongs to one firm alone agrees (domain, phone, address),
    so that the link does not hang on the name. `contradicted` is true when something speaks plainly
    against (another domain, another country).
    """

    verdict: Verdict
    score: float
    identified: bool
    contradicted: bool
    evidence: tuple[Evidence, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the verdict rests on, in short phrases, the weightiest first."""
        by_weight = sorted(self.evidence, key=lambda evidence: -abs(evidence.points))
        return tuple(evidence.reason for evidence in by_weight if evidence.reason)


# What each of a decision's pieces of evidence is about, in their order.
EVIDENCE_OF = (
    "domain",
    "email",
    "phone",
    "street",
    "postcode",
    "city",
    "country",
    "legal_form",
    "registry_id",
    "name",
)
# What is asked for beyond the bits that single out one firm among all.
MARGIN = 1.0
# Short of the threshold by no more than this, a person should look.
DOUBT = 6.0


def decide(a: Fingerprint, b: Fingerprint, around: Surroundings) -> MatchDecision:
    """Decide whether two sightings show one firm, and say why."""
    name, likeness = weigh_names(a, b, around)
    legal_forms = compare_legal_forms(a, b)
    # In the order of EVIDENCE_OF.
    found = (
        compare_domains(a, b, around),
        compare_emails(a, b, around),
        compare_phones(a, b, around),
        compare_streets(a, b, around),
        *compare_places(a, b),
        legal_forms,
        compare_registry_ids(a, b),
        name,
    )
    score = sum(evidence.points for evidence in found)
    score -= around.rarity.needed_bits + MARGIN
    corroborated = any(evidence.corroborates for evidence in found)
    contradicted = any(evidence.contradicts for evidence in found)
    # Nothing but the name: it must be whole, somebody's own, and uncontested.
    name_suffices = (
        likeness.level is NameLevel.SAME
        and likeness.distinctive
        and not contradicted
        and not legal_forms.points
        and name_crowding(a, b, around) == 0
    )
    if score >= 0 and (corroborated or name_suffices):
        verdict = Verdict.SAME
    elif score >= -DOUBT:
        verdict = Verdict.DOUBTFUL
    else:
        verdict = Verdict.DIFFERENT
    return MatchDecision(
        verdict=verdict,
        score=round(score, 1),
        identified=any(evidence.identifies for evidence in found),
        contradicted=contradicted,
        evidence=found,
    )
