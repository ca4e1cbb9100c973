"""How a probability is said: as a person counts, and never more finely than outcomes can tell."""


def about(probability: float) -> str:
    """Return a probability in plain words: 0.21 → "about 1 in 5", 0.38 → "about 4 in 10".

    Below a third it is one in so many, and of those above twelve only round numbers: an outcome that is
    rare is not known to the unit.
    """
    if probability < 0.005:
        return "less than 1 in 200"
    if probability >= 0.95:
        return "more than 9 in 10"
    if probability > 1 / 3:
        tenths = max(round(probability * 10), 4)
        return "about half" if tenths == 5 else f"about {tenths} in 10"
    one_in = 1 / probability
    step = 1 if one_in < 12.5 else 5 if one_in < 30 else 10 if one_in < 105 else 50
    return f"about 1 in {max(round(one_in / step) * step, 3)}"


def percent(probability: float) -> str:
    """Return a probability in percent: 0.214 → "21%", 0.034 → "3.4%"."""
    return f"{probability:.0%}" if probability >= 0.0995 else f"{probability:.1%}"
