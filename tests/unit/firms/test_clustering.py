"""Links join sightings into firms, strongest first, and never two that are known to differ."""

from hypothesis import given
from hypothesis import strategies as st

from recruit.firms.clustering import CLUSTER_CAP, Link, cluster
from recruit.firms.matching import MatchDecision
from recruit.firms.values import Verdict


def link(
    a: int,
    b: int,
    score: float = 5.0,
    *,
    verdict: Verdict = Verdict.SAME,
    identified: bool = False,
    contradicted: bool = False,
) -> Link:
    return Link(a, b, MatchDecision(verdict, score, identified, contradicted, ()))


def join(count: int, links: list[Link], groups: list[list[int]] | None = None) -> list[list[int]]:
    records = range(1, count + 1)
    return cluster(groups or [[r] for r in records], links, fresh=frozenset(records))


def test_linked_sightings_become_one_firm() -> None:
    assert join(4, [link(1, 2), link(2, 3), link(1, 3)]) == [[1, 2, 3], [4]]


def test_doubtful_pairs_join_nobody() -> None:
    assert join(2, [link(1, 2, -1.0, verdict=Verdict.DOUBTFUL)]) == [[1], [2]]


def test_a_name_that_fits_two_firms_joins_neither() -> None:
    apart = link(1, 2, -8, verdict=Verdict.DOUBTFUL, contradicted=True)
    assert join(3, [link(1, 3, 6.0), link(2, 3, 6.0), apart]) == [[1], [2], [3]]


def test_a_clearly_better_claim_wins() -> None:
    apart = link(1, 2, -8, verdict=Verdict.DOUBTFUL, contradicted=True)
    assert join(3, [link(1, 3, 20.0), link(2, 3, 6.0), apart]) == [[1, 3], [2]]


def test_contradicted_firms_are_not_joined_over_a_third() -> None:
    apart = link(1, 4, -9, verdict=Verdict.DIFFERENT, contradicted=True)
    joined = join(4, [link(1, 2, 9.0), link(3, 4, 8.0), link(2, 3, 1.0), apart])
    assert joined == [[1, 2], [3, 4]]


def test_one_strong_pair_does_not_chain_strangers() -> None:
    strangers = [link(a, b, -9, verdict=Verdict.DIFFERENT) for a, b in [(1, 3), (1, 4), (2, 4)]]
    joined = join(4, [link(1, 2, 9.0), link(3, 4, 9.0), link(2, 3, 5.0), *strangers])
    assert joined == [[1, 2], [3, 4]]


def test_names_alone_never_grow_a_firm_beyond_the_cap() -> None:
    count = 3 * CLUSTER_CAP
    links = [link(a, b) for a in range(1, count + 1) for b in range(a + 1, count + 1)]
    assert max(map(len, join(count, links))) <= CLUSTER_CAP


def test_what_identifies_a_firm_may_grow_it_beyond_the_cap() -> None:
    count = 3 * CLUSTER_CAP
    links = [link(1, b, identified=True) for b in range(2, count + 1)]
    assert len(join(count, links)) == 1


def test_one_shared_value_does_not_join_what_names_alone_hold_together_beyond_the_cap() -> None:
    half = CLUSTER_CAP - 2
    groups = [list(range(1, half + 1)), list(range(half + 1, 2 * half + 1))]
    links = [link(a, b, 2.0) for a in groups[0] for b in groups[1][1:]]
    links.append(link(1, groups[1][0], 9.0, identified=True))
    assert cluster(groups, links, fresh=frozenset(range(1, 2 * half + 1))) == groups


def test_firms_that_exist_stay_together_and_only_new_sightings_join() -> None:
    groups = [[1, 2], [3], [4]]
    links = [link(1, 3, 9.0), link(2, 4, 9.0), link(1, 4, 9.0)]
    assert cluster(groups, links, fresh=frozenset({4})) == [[1, 2, 4], [3]]


def test_whom_a_person_called_the_same_are_one_firm_whatever_the_links_say() -> None:
    apart = link(1, 2, -20, verdict=Verdict.DIFFERENT, contradicted=True)
    groups = [[1], [2], [3]]
    assert cluster(groups, [apart], fresh=frozenset({1}), said={(1, 2): True}) == [[1, 2], [3]]


def test_whom_a_person_told_apart_never_share_a_firm_not_even_over_a_third() -> None:
    links = [link(1, 2, 30.0, identified=True), link(2, 3, 20.0), link(1, 3, 9.0)]
    joined = cluster([[1], [2], [3]], links, fresh=frozenset({1, 2, 3}), said={(1, 2): False})
    assert joined == [[1], [2, 3]]


def test_being_told_apart_breaks_a_firm_and_wins_over_being_called_the_same() -> None:
    said = {(1, 2): True, (2, 3): True, (1, 3): False}
    assert cluster([[1, 2, 3]], [], fresh=frozenset(), said={(1, 3): False}) == [[1, 2], [3]]
    assert cluster([[1], [2], [3]], [], fresh=frozenset(), said=said) == [[1, 2], [3]]


def test_what_a_person_said_of_strangers_to_this_run_changes_nothing() -> None:
    assert cluster([[1], [2]], [link(1, 2)], fresh=frozenset({1}), said={(8, 9): True}) == [[1, 2]]


pairs = st.tuples(st.integers(1, 12), st.integers(1, 12)).filter(lambda p: p[0] < p[1])


@given(
    st.dictionaries(
        pairs, st.tuples(st.floats(-10, 10, width=16), st.booleans(), st.booleans()), max_size=40
    ),
    st.randoms(use_true_random=False),
)
def test_every_sighting_is_in_one_firm_whatever_the_order_of_links(decided, random) -> None:
    links = [
        link(
            a,
            b,
            score,
            verdict=Verdict.SAME if score > 0 else Verdict.DIFFERENT,
            identified=identified,
            contradicted=contradicted and score <= 0,
        )
        for (a, b), (score, identified, contradicted) in decided.items()
    ]
    joined = join(12, links)
    assert sorted(r for members in joined for r in members) == list(range(1, 13))
    for one in links:
        if one.decision.contradicted:
            assert not any(one.a in members and one.b in members for members in joined)
    shuffled = list(links)
    random.shuffle(shuffled)
    assert join(12, shuffled) == joined
