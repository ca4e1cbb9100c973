"""Made-up firms that were written to, with outcomes drawn from weights that are known."""

import numpy as np
import pandas as pd

COUNTRIES = ("Germany", "France", "Netherlands", "Poland", "Spain", "United States")


def synthetic_outcomes(n: int, *, seed: int = 7) -> pd.DataFrame:
    """Return n rows in the order of their first contact, `accepted` yes or no, a tenth of them unknown facts."""
    random = np.random.default_rng(seed)
    employees = np.round(np.exp(random.normal(3.6, 1.2, n)))
    years = np.round(random.gamma(3, 5, n))
    match = random.beta(1.5, 2.5, n)
    country = random.choice(COUNTRIES, n, p=[0.3, 0.2, 0.15, 0.1, 0.1, 0.15])
    size = np.exp(-((np.log(employees + 1) - 3.8) ** 2) / 2)
    logit = -3.1 + 2.2 * match + 1.4 * size + 0.5 * np.minimum(years, 15) / 15
    logit = logit + np.where(country == "Germany", 0.6, 0.0)
    accepted = random.random(n) < 1 / (1 + np.exp(-logit))
    start = np.datetime64("2024-07-01")
    table = pd.DataFrame(
        {
            "contacted_on": start + (np.arange(n) * 540 // n).astype("timedelta64[D]"),
            "specialty_match": np.round(match, 3),
            "employees": employees,
            "years_in_business": years,
            "country": country,
            "has_certification": random.choice(["yes", "no"], n),
            "accepted": np.where(accepted, "yes", "no"),
        }
    )
    for name in ("employees", "years_in_business"):
        table.loc[random.random(n) < 0.1, name] = np.nan
    return table
