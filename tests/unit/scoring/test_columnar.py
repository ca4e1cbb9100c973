"""Columns: for any firms and any profile they come to the same hundredths as the rules one by one."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.firms.values import FirmView
from recruit.scoring.columnar import STANDINGS, assess, count, order, score_columns
from recruit.scoring.columns import FirmColumns
from recruit.scoring.criteria.likeness import count_words
from recruit.scoring.criteria.look_alike import LikenessTables
from recruit.scoring.points import rank_order, score_firm
from recruit.scoring.profile import ProfileDefinition, parse_profile
from recruit.scoring.values import Override, OverrideKind, Standing
from tests.factories.scoring import make_profile, make_unknown_view, make_view

TODAY = date(2026, 3, 3)
AT = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = (
    "kubernetes",
    "managed kubernetes",
    "k8s",
    "managed services",
    "training",
    "C++",
    ".NET",
    "NACE 62.02",
    "62.03",
    "hospital networks",
    "beratung",
)
COUNTRIES = ("DE", "FR", "US", "CH", "NZ")

some_tags = st.lists(st.sampled_from(WORDS), max_size=4, unique=True).map(tuple)
weights = st.floats(0.1, 20).map(lambda w: round(w, 2))
shares = st.floats(0, 1).map(lambda s: round(s, 3))


def interval(most: int) -> st.SearchStrategy[tuple[int | None, int | None]]:
    end = st.none() | st.integers(0, most)
    return st.tuples(end, end).filter(lambda e: None in e or e[0] <= e[1])  # type: ignore[operator]


@st.composite
def firms(draw: st.DrawFn, firm_id: int) -> FirmView:
    employees, founded, revenue = (
        draw(interval(1500)),
        draw(st.just((None, None)) | interval(40)),
        draw(interval(9)),
    )
    place = draw(
        st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.just((47.56, 7.59))
    )
    return FirmView(
        id=firm_id,
        version=draw(st.integers(1, 9)),
        name=draw(st.sampled_from(("Éclair", "Zeta", "alpha", "Alpha"))),
        domain=draw(st.sampled_from((None, "a.example", "b.example"))),
        website=draw(st.sampled_from((None, "https://a.example"))),
        country=draw(st.sampled_from((None, *COUNTRIES))),
        region=draw(st.sampled_from((None, "Bavaria", "Hesse"))),
        city=draw(st.sampled_from((None, "Basel"))),
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        employees_low=employees[0],
        employees_high=employees[1],
        founded_low=founded[0] and 1990 + founded[0],
        founded_high=founded[1] and 1990 + founded[1],
        revenue_low=revenue[0],
        revenue_high=revenue[1],
        specialties=draw(some_tags),
        certifications=draw(some_tags),
        partnerships=draw(some_tags),
        tags=draw(st.sampled_from(((), ("competitor",), ("customer", "key account")))),
    )


@st.composite
def bands(draw: st.DrawFn) -> dict[str, int]:
    edges = sorted(draw(st.lists(st.integers(0, 1200), min_size=4, max_size=4)))
    band = dict(zip(("none_below", "full_from", "full_to", "none_above"), edges, strict=True))
    for gone in draw(
        st.sampled_from(
            (
                (),
                ("none_below",),
                ("none_above",),
                ("none_below", "full_from"),
                ("none_above", "full_to"),
            )
        )
    ):
        del band[gone]
    return band


areas = st.sampled_from(
    (
        {"regions": ["DACH"]},
        {"countries": ["FR"], "share": 0.37},
        {"countries": ["DE"], "states": ["Bavaria"], "share": 0.9},
        {"territories": ["South"], "share": 0.71},
        {"place": "Basel, Switzerland", "radius_km": 100, "fade_km": 333, "share": 0.83},
    )
)
terms = st.lists(
    st.sampled_from(
        (
            {"term": "kubernetes", "synonyms": ["k8s"]},
            {"term": "managed services"},
            {"term": "training"},
            {"code": "NACE 62.02"},
            {"code": "NACE 62.03"},
            {"term": "C++"},
        )
    ),
    min_size=1,
    max_size=5,
    unique_by=str,
)
signals = st.lists(
    st.sampled_from(
        (
            {"field": "website"},
            {"field": "certifications", "at_least": 2},
            {"field": "city", "any_of": ["basel"]},
            {"field": "employees", "at_least": 10, "at_most": 400},
            {"field": "tags", "any_of": ["key account"]},
            {"field": "founded", "at_most": 2010},
            {"field": "name", "any_of": ["alpha"]},
        )
    ),
    min_size=1,
    max_size=5,
    unique_by=str,
)
rules = st.lists(
    st.sampled_from(
        (
            {"because": "Size", "employees_from": 5, "employees_to": 900},
            {"because": "Old", "years_from": 20},
            {"because": "Place", "regions": ["Europe"]},
            {
                "because": "Does it",
                "tags": ["kubernetes"],
                "look_in": ["specialties", "partnerships"],
            },
            {"because": "No courses", "without_tags": ["training"]},
            {"because": "Both", "tags": ["k8s"], "without_tags": ["training"], "countries": ["DE"]},
            {"because": "Known", "domains": ["a.example"]},
            {"because": "Not ours", "labels": ["competitor"]},
        )
    ),
    max_size=3,
)


LIKENESS = LikenessTables(
    version="alike-1",
    partners=170,
    country={"DE": 400_000, "US": -350_001},
    people={"0–9": -700_000, "50–199": 512_345},
    years={"10–19": 100_000, "20+": -1},
    does={"kubernetes": 900_000, "training": -333_333},
    none_at=-100_000,
    full_at=1_200_000,
)


@st.composite
def profiles(draw: st.DrawFn) -> ProfileDefinition:
    points = st.integers(0, 9999).map(lambda p: p / 100)

    def weighed(table: dict[str, Any]) -> dict[str, Any]:
        return table | {"weight": draw(weights)}

    criteria: dict[str, Any] = {
        "geography": {
            "areas": draw(st.lists(areas, min_size=1, max_size=3)),
            "elsewhere": draw(shares),
        },
        "size": {draw(st.sampled_from(("employees", "revenue"))): draw(bands())},
        "tenure": {"years": draw(bands())},
        "specialty": {
            "terms": [weighed(t) for t in draw(terms)],
            "enough": draw(weights),
            "look_in": ["specialties", "certifications"],
        },
        "certifications": {"terms": [weighed(t) for t in draw(terms)], "enough": draw(weights)},
        "vendor_partnerships": {"query": "managed hospital network", "enough": draw(weights)},
        "likeness": {"kind": "specialty", "like": ["a.example", "b.example"]},
        "signals": {"signals": [weighed(s) for s in draw(signals)], "enough": draw(weights)},
        "look_alike": {},
    }
    kept = draw(st.lists(st.sampled_from(sorted(criteria)), min_size=1, unique=True))
    for key in kept:
        criteria[key] |= {"points": draw(points) + 0.01, "missing": draw(shares)}
        criteria[key]["points"] = round(criteria[key]["points"], 2)
    must_haves = [r | draw(st.sampled_from(({}, {"unknown": "gates"}))) for r in draw(rules)]
    return parse_profile(
        {
            "name": "any",
            "title": "Any",
            "territories": [{"name": "South", "countries": ["CH", "FR"]}],
            "criteria": {key: criteria[key] for key in kept},
            "must_haves": must_haves,
            "exclusions": draw(rules),
        }
    ).resemble(LIKENESS)


@st.composite
def decisions(draw: st.DrawFn) -> list[Override]:
    kinds = draw(st.lists(st.sampled_from(list(OverrideKind)), max_size=3, unique=True))
    return [
        Override(
            draw(st.integers(1, 6)),
            kind,
            "because",
            "Robin",
            AT,
            None,
            draw(st.integers(-999, 999)),
        )
        for kind in kinds
    ]


@settings(max_examples=60, deadline=None)
@given(
    views=st.tuples(*(firms(firm_id) for firm_id in range(1, 6))),
    profile=profiles(),
    overrides=decisions(),
)
def test_a_million_firms_are_counted_as_each_one_is(
    views: tuple[FirmView, ...], profile: ProfileDefinition, overrides: list[Override]
) -> None:
    columns = FirmColumns.from_views(views)
    for likeness in profile.likenesses:
        profile = profile.weigh(count_words(columns, likeness))
    counted = count(profile, assess(profile, columns, TODAY, overrides))
    streamed = score_columns(profile, columns, TODAY, overrides)
    cards = [
        score_firm(view, profile, TODAY, [o for o in overrides if o.firm_id == view.id])
        for view in views
    ]
    for row, card in enumerate(cards):
        assert STANDINGS[counted.standing[row]] is card.standing
        sums = (counted.total[row] / 100, counted.low[row] / 100, counted.high[row] / 100)
        assert sums == (card.total, card.low, card.high)
        assert round(sum(r.points for r in card.reasons), 2) == card.total
    assert (streamed.total == counted.total).all()
    assert (streamed.high == counted.high).all()
    pinned = {o.firm_id for o in overrides if o.kind is OverrideKind.PIN}
    wanted = sorted(
        (card for card in cards if card.standing is Standing.RANKED),
        key=lambda c: (c.firm_id not in pinned, rank_order(c, views[c.firm_id - 1].name)),
    )
    ids = [card.firm_id for card in wanted]
    assert columns.ids[order(counted, columns)].tolist() == ids
    assert columns.ids[order(counted, columns, top=2)].tolist() == ids[:2]


def test_columns_give_back_the_firms_that_they_were_made_of() -> None:
    views = [make_view(), make_unknown_view(), make_view(id=3, tags=("customer",), latitude=1.5)]
    columns = FirmColumns.from_views(views)
    for row, view in enumerate(views):
        plain = FirmView(**(vars(view) | {"origins": ()}))
        assert columns.views([row]) == [plain]
    assert [view.id for view in columns.views([2, 0])] == [3, 1]


@pytest.mark.parametrize("top", [None, 3])
def test_no_firms_make_an_empty_ranking(top: int | None) -> None:
    columns = FirmColumns.from_views([])
    assert order(score_columns(make_profile(), columns, TODAY), columns, top).tolist() == []


def test_more_groups_of_words_than_a_machine_word_has_bits_are_all_found() -> None:
    tags = [f"trade {number}" for number in range(150)]
    columns = FirmColumns.from_views(
        [make_view(id=n + 1, specialties=(tags[n],)) for n in range(150)]
    )
    profile = make_profile(
        criteria={
            "specialty": {
                "points": 100,
                "enough": 150,
                "terms": [{"term": tag, "weight": n + 1} for n, tag in enumerate(tags)],
            }
        }
    )
    counted = count(profile, assess(profile, columns, TODAY))
    assert counted.total[149] == 10_000
    assert (counted.total[1:] >= counted.total[:-1]).all()
