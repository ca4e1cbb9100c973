"""The packaged profile's points in DuckDB's SQL: what a peer of the columnar rules has to count."""

from datetime import date

from recruit.scoring.criteria.geography import Geography
from recruit.scoring.criteria.size import Size
from recruit.scoring.criteria.specialty import Specialty
from recruit.scoring.criteria.tenure import Tenure
from recruit.scoring.curves import Band
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.wording import Phrase

# All tags of a firm as one text, in which a phrase stands between blanks.
_TAGS = "said"


def top_sql(profile: ProfileDefinition, today: date, top: int) -> str:
    """Return the statement that gives the ids of the best `top` firms of the file `$path`."""
    spans = ", ".join(
        f"{low} AS low{n}, {high} AS high{n}"
        for n, c in enumerate(profile.criteria)
        for low, high in [_span(c.measure, today)]
    )
    counts = " + ".join(
        f"floor({c.hundredths} * low{n} + 0.5) + floor((floor({c.hundredths} * high{n} + 0.5) "
        f"- floor({c.hundredths} * low{n} + 0.5)) * {c.missing} + 0.5)"
        for n, c in enumerate(profile.criteria)
    )
    lows = " + ".join(
        f"floor({c.hundredths} * low{n} + 0.5)" for n, c in enumerate(profile.criteria)
    )
    held = " AND ".join(
        f"{_names(tuple(Phrase(tuple(t.split())) for t in rule.tags), _TAGS)}"
        for rule in profile.must_haves
    )
    gone = " OR ".join(_excluded(rule) for rule in profile.exclusions)
    return f"""
        WITH told AS (
            SELECT *, ' ' || lower(array_to_string(specialties, ' | ')) || ' ' AS said_of_specialties,
            ' ' || lower(array_to_string(
                list_concat(specialties, certifications, partnerships), ' | ')) || ' ' AS said
            FROM read_parquet($path)
        ), spans AS (
            SELECT id, name, {spans} FROM told
            WHERE ({held}) AND NOT ({gone})
        )
        SELECT id FROM spans ORDER BY {counts} DESC, {lows} DESC, name, id LIMIT {top}
    """


def _span(measure: object, today: date) -> tuple[str, str]:
    if isinstance(measure, Size):
        return _over(measure.band, "coalesce(employees_low, 0)", "coalesce(employees_high, 1e300)")
    if isinstance(measure, Tenure):
        # DuckDB's greatest passes over what is missing.
        low = f"coalesce(greatest({today.year} - coalesce(founded_high, {today.year}), 0), 0)"
        high = f"greatest({today.year} - coalesce(founded_low, -1e300), 0)"
        return _over(measure.years, low, high)
    if isinstance(measure, Geography):
        whens = [
            f"WHEN country IN ({', '.join(map(_quoted, sorted(a.countries)))}) THEN {a.share}"
            for a in measure.areas
        ]
        best = max(a.share for a in measure.areas)
        case = " ".join(whens)
        return (
            f"(CASE {case} ELSE {measure.elsewhere} END)",
            f"(CASE WHEN country IS NULL THEN {best} {case} ELSE {measure.elsewhere} END)",
        )
    if isinstance(measure, Specialty):
        weight = " + ".join(
            f"CASE WHEN {_names(t.phrases, _TAGS)} THEN {t.weight} ELSE 0 END"
            for t in measure.terms
        )
        low = f"least(({weight}) / {measure.enough}, 1)"
        return low, f"(CASE WHEN said = '  ' THEN 1 ELSE {low} END)"
    raise TypeError(measure)


def _over(band: Band, low: str, high: str) -> tuple[str, str]:
    ends = f"{_at(band, low)}, {_at(band, high)}"
    reach = [f"{high} >= {band.full_from}"] if band.full_from is not None else []
    reach += [f"{low} <= {band.full_to}"] if band.full_to is not None else []
    return f"least({ends})", f"(CASE WHEN {' AND '.join(reach)} THEN 1 ELSE greatest({ends}) END)"


def _at(band: Band, value: str) -> str:
    sides = []
    if band.full_from is not None:
        none = band.full_from if band.none_below is None else band.none_below
        sides.append(_rise(value, none, band.full_from))
    if band.full_to is not None:
        none = band.full_to if band.none_above is None else band.none_above
        sides.append(_rise(f"-({value})", -none, -band.full_to))
    return f"least({', '.join(sides)}, 1.0)"


def _rise(value: str, none: float, full: float) -> str:
    slope = f"({value} - ({none})) / ({full - none}::double)" if full != none else "0"
    return (
        f"(CASE WHEN {value} >= {full} THEN 1.0 WHEN {value} <= {none} THEN 0.0 ELSE {slope} END)"
    )


def _names(phrases: tuple[Phrase, ...], tags: str) -> str:
    tests = [f"contains({tags}, {_quoted(' ' + ' '.join(p.words) + ' ')})" for p in phrases]
    return f"({' OR '.join(tests)})"


def _excluded(rule: object) -> str:
    # No firm of the bench bears a label.
    parts = ["false"] if rule.labels else []  # type: ignore[attr-defined]
    if rule.domains:  # type: ignore[attr-defined]
        parts.append(f"coalesce(domain IN ({', '.join(map(_quoted, rule.domains))}), false)")  # type: ignore[attr-defined]
    if rule.employees[0] is not None:  # type: ignore[attr-defined]
        parts.append(f"coalesce(employees_low, 0) >= {rule.employees[0]}")  # type: ignore[attr-defined]
    if rule.tags:  # type: ignore[attr-defined]
        parts.append(
            _names(tuple(Phrase(tuple(t.split())) for t in rule.tags), "said_of_specialties")
        )  # type: ignore[attr-defined]
    if rule.without_tags:  # type: ignore[attr-defined]
        without = _names(
            tuple(Phrase(tuple(t.split())) for t in rule.without_tags), "said_of_specialties"
        )  # type: ignore[attr-defined]
        parts.append(f"NOT {without}")
    return f"({' AND '.join(parts)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
