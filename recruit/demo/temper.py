"""How the simulated recipients behave: decided by a seed and the address, so that runs repeat.

The shares are livelier than real outreach, where one firm in twenty answers yes: a demonstration has
to show every way out of a sequence with fifty firms.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Temper(StrEnum):
    """What a recipient does with our mail."""

    IGNORES = "ignores"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    LATER = "later"
    AWAY = "away"  # out of office at first, answers yes to the next mail after that
    REFUSED = "refused"  # the server refuses the address at once
    BOUNCES = "bounces"  # the server accepts it and returns it later
    CLICKS_UNSUBSCRIBE = "clicks_unsubscribe"
    WRITES_UNSUBSCRIBE = "writes_unsubscribe"


# In percent; what remains ignores us.
SHARES: tuple[tuple[Temper, int], ...] = (
    (Temper.POSITIVE, 15),
    (Temper.NEGATIVE, 7),
    (Temper.LATER, 3),
    (Temper.AWAY, 6),
    (Temper.REFUSED, 2),
    (Temper.BOUNCES, 2),
    (Temper.CLICKS_UNSUBSCRIBE, 4),
    (Temper.WRITES_UNSUBSCRIBE, 2),
)


@dataclass(frozen=True)
class Behavior:
    """What a recipient does, at which of our mails (1 is the first), and how long it takes."""

    temper: Temper
    at_mail: int
    delay: timedelta
    variant: int


def behavior_of(address: str, seed: int) -> Behavior:
    """Return the behavior of the person behind `address`."""
    digest = hashlib.sha256(f"{seed}:{address}".encode()).digest()
    drawn = int.from_bytes(digest[:4]) % 100
    temper = Temper.IGNORES
    for candidate, share in SHARES:
        if drawn < share:
            temper = candidate
            break
        drawn -= share
    # Half of those who answer do so to the first mail, the others need a reminder or two.
    at_mail = (1, 1, 2, 3)[digest[4] % 4]
    if temper in {Temper.REFUSED, Temper.BOUNCES, Temper.AWAY}:
        at_mail = 1
    return Behavior(
        temper, at_mail, timedelta(minutes=25 + int.from_bytes(digest[5:7]) % 2600), digest[7]
    )
