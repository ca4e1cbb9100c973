"""A million firms as an Arrow table in seconds: what scoring is measured on.

    table = make_table(1_000_000, seed=7)

The columns are those that `recruit.scoring.arrow` reads. Of each field a stated part is missing, sizes and
years are intervals as often as numbers, and each firm has up to six of 120 specialties, the frequent ones
far more often than the rare ones.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_COUNTRIES = np.array(
    [
        "US",
        "GB",
        "DE",
        "FR",
        "NL",
        "IN",
        "CN",
        "PL",
        "SE",
        "IT",
        "ES",
        "CA",
        "AU",
        "BR",
        "CH",
        "AT",
        "BE",
        "DK",
        "NO",
        "FI",
    ]
)
_TRADES = [
    "kubernetes",
    "managed services",
    "consulting",
    "training",
    "support",
    "devops",
    "platform engineering",
    "cloud native",
    "cloud migration",
    "systems integration",
    "terraform",
    "observability",
    "aws",
    "azure",
    "security",
    "soc",
    "backup",
    "voip",
    "web development",
    "design",
    "branding",
    "ecommerce",
    "python",
    "java",
    "go",
    "rust",
    "data engineering",
    "ai",
    "hosting",
    "erp",
]
SPECIALTIES = _TRADES + [f"trade {number}" for number in range(90)]
_CERTIFICATES = ["Kubernetes Certified Service Provider", "ISO 27001", "SOC 2", "Cyber Essentials"]
_VENDORS = ["microsoft", "cisco", "aws", "vmware", "fortinet"]


def make_table(firms: int, seed: int) -> pa.Table:
    """Return so many firms."""
    rng = np.random.default_rng(seed)
    numbers = np.arange(1, firms + 1)
    country = _COUNTRIES[(rng.random(firms) ** 2 * len(_COUNTRIES)).astype(np.int64)]
    stem = pc.binary_join_element_wise(
        _syllables(rng, firms), _syllables(rng, firms), _syllables(rng, firms), ""
    )
    trade = pa.array(_TRADES).take(pa.array(rng.integers(0, len(_TRADES), firms)))
    name = pc.binary_join_element_wise(pc.utf8_capitalize(stem), trade, " ")
    domain = pc.binary_join_element_wise(
        stem, pa.array(numbers).cast(pa.string()), pa.scalar("example"), "."
    )
    low = np.floor(np.exp(rng.normal(3.2, 1.4, firms)))
    high = np.where(rng.random(firms) < 0.5, low, np.floor(low * 2.5))
    founded = rng.integers(1960, 2026, firms).astype(np.float64)
    return pa.table(
        {
            "id": numbers,
            "version": np.ones(firms, np.int64),
            "name": name,
            "domain": domain,
            "country": _some(rng, pa.array(country), 0.85),
            "latitude": _some(rng, pa.array(rng.uniform(35, 60, firms)), 0.7),
            "longitude": _some(rng, pa.array(rng.uniform(-10, 25, firms)), 0.7),
            "employees_low": _some(rng, pa.array(low), 0.7).cast(pa.int64()),
            "employees_high": _some(rng, pa.array(high), 0.7).cast(pa.int64()),
            "founded_low": _some(rng, pa.array(founded), 0.6).cast(pa.int64()),
            "founded_high": _some(rng, pa.array(founded), 0.6).cast(pa.int64()),
            "specialties": _lists(rng, SPECIALTIES, firms, most=6),
            "certifications": _lists(rng, _CERTIFICATES, firms, most=1),
            "partnerships": _lists(rng, _VENDORS, firms, most=1),
        }
    )


def _syllables(rng: np.random.Generator, firms: int) -> pa.Array:
    parts = [
        onset + vowel for onset in "bdfgklmnprstvz" for vowel in ("a", "e", "i", "o", "u", "ai")
    ]
    return pa.array(parts).take(pa.array(rng.integers(0, len(parts), firms)))


def _some(rng: np.random.Generator, values: pa.Array, part: float) -> pa.Array:
    """Return the values with nothing where nobody states them."""
    return pc.if_else(
        pa.array(rng.random(len(values)) < part), values, pa.scalar(None, values.type)
    )


def _lists(rng: np.random.Generator, words: list[str], firms: int, most: int) -> pa.Array:
    counts = rng.integers(0, most + 1, firms)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    # The square makes the first words frequent and the last ones rare.
    picks = (rng.random(offsets[-1]) ** 2 * len(words)).astype(np.int64)
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(words).take(pa.array(picks))
    )
