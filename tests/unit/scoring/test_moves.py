"""Moves: each place that a firm goes up or down has a cause, and the causes sum to the move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.scoring.moves import Cause, Step, attribute
from recruit.scoring.snapshots import Snapshot, SnapshotError, digest_of, pack, unpack


def step(cause: Cause, *pairs: tuple[int, int]) -> Step:
    ids, totals = zip(*pairs, strict=True) if pairs else ((), ())
    return Step(cause, np.array(ids, np.int64), np.array(totals, np.int32))


def test_data_and_weight_are_told_apart() -> None:
    before = step(Cause.MERGE, (1, 900), (2, 800), (3, 700))
    moves = attribute(
        before,
        [
            step(Cause.MERGE, (1, 900), (2, 800), (3, 700)),
            step(Cause.DATA, (1, 900), (3, 850), (2, 800)),
            step(Cause.WEIGHT, (3, 950), (1, 900), (2, 810)),
            step(Cause.OVERRIDE, (3, 950), (1, 900), (2, 810)),
        ],
    )
    by_id = {move.firm_id: move for move in moves}
    assert by_id[3].by_cause == {Cause.DATA: (1, 1.5), Cause.WEIGHT: (1, 1.0)}
    assert by_id[3].places == 2
    # Others passed it; its own points stayed.
    assert by_id[1].by_cause == {Cause.WEIGHT: (-1, 0.0)}


def test_firms_that_come_and_go_name_what_brought_them() -> None:
    moves = attribute(
        step(Cause.MERGE, (1, 900), (2, 800)),
        [
            step(Cause.MERGE, (1, 900)),
            step(Cause.DATA, (7, 950), (1, 900)),
            step(Cause.OVERRIDE, (1, 900)),
        ],
    )
    by_id = {move.firm_id: move for move in moves}
    assert (by_id[2].left_by, by_id[2].after) == (Cause.MERGE, None)
    assert 7 not in by_id, "it came and went between the two"
    assert 1 not in by_id


@given(
    st.lists(
        st.dictionaries(st.integers(1, 8), st.integers(0, 50), min_size=1), min_size=2, max_size=5
    )
)
def test_the_places_of_all_causes_sum_to_the_move(states: list[dict[int, int]]) -> None:
    causes = list(Cause)
    steps = [
        step(causes[n], *sorted(state.items(), key=lambda p: (-p[1], p[0])))
        for n, state in enumerate(states)
    ]
    for move in attribute(steps[0], steps[1:]):
        stays = all(move.firm_id in state for state in states)
        if stays:
            assert sum(places for places, _ in move.by_cause.values()) == move.places
            gained = sum(points for _, points in move.by_cause.values())
            assert gained == pytest.approx((move.points_after or 0) - (move.points_before or 0))


class TestSnapshots:
    SNAPSHOT = Snapshot(
        np.array([5, 3], np.int64),
        np.array([1, 2], np.int32),
        np.array([0, 2], np.int8),
        np.array([9000, -50], np.int32),
        np.array([8000, -50], np.int32),
        np.array([9900, -50], np.int32),
    )

    def test_they_come_back_as_they_were(self) -> None:
        data = self.SNAPSHOT.to_bytes()
        again = unpack(pack(data))
        assert again.to_bytes() == data
        assert (again.ids.tolist(), again.total.tolist(), again.ranked) == ([5, 3], [9000, -50], 1)

    def test_equal_ones_have_equal_digests_and_others_have_not(self) -> None:
        data = self.SNAPSHOT.to_bytes()
        assert digest_of(data) == digest_of(unpack(pack(data)).to_bytes())
        assert digest_of(data) != digest_of(data[:-1] + b"\x01")

    @pytest.mark.parametrize("packed", [b"", b"nothing", pack(b"RK9\nanything")])
    def test_what_is_none_is_refused(self, packed: bytes) -> None:
        with pytest.raises(SnapshotError):
            unpack(packed)
