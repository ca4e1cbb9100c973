"""The prospects page's state in its address."""

import pytest

from recruit.insights.prospects import ProspectQuery, Sort
from recruit.insights.standing import ProspectState
from recruit.web.desk.prospect_params import chips_of, read_query, sort_url, url_of

FULL = ProspectQuery(
    profile="cloud",
    text="vela & co",
    states=(ProspectState.NEW, ProspectState.PAUSED),
    countries=("DE", "AT"),
    tags=("managed services",),
    size_from=10,
    size_to=250,
    min_score=62.5,
    sort=Sort.SIZE,
    descending=True,
    page=3,
)


def test_an_address_carries_the_whole_state() -> None:
    address = url_of(FULL, page=FULL.page)
    assert read_query(address.partition("?")[2]) == FULL


def test_what_is_as_usual_is_left_out() -> None:
    assert url_of(ProspectQuery()) == "/prospects"


@pytest.mark.parametrize(
    "text",
    [
        "sort=name;drop table firm",
        "sort=total&dir=sideways",
        "page=-3",
        "page=0",
        "page=%F0%9F%92%A9",
        "size_from=ten&size_to=1e9&min_score=much",
        "min_score=nan",
        "min_score=inf",
        "country=Germany&state=happy",
        "page=²",
    ],
)
def test_what_cannot_be_read_is_as_good_as_absent(text: str) -> None:
    assert read_query(text) == ProspectQuery()


def test_a_change_starts_at_the_first_page() -> None:
    assert "page=" not in url_of(FULL, text="")


def test_a_second_click_turns_the_order_round() -> None:
    up = read_query(sort_url(ProspectQuery(), Sort.NAME).partition("?")[2])
    down = read_query(sort_url(up, Sort.NAME).partition("?")[2])
    assert (up.sort, up.descending) == (Sort.NAME, False)
    assert (down.sort, down.descending) == (Sort.NAME, True)


def test_each_filter_has_a_chip_that_takes_only_itself_away() -> None:
    chips = chips_of(FULL)
    assert [chip.value for chip in chips] == [
        "vela & co", "Germany", "Austria", "new", "paused", "managed services", "10–250", "62.5 or more",
    ]  # fmt: skip
    germany = read_query(chips[1].without.partition("?")[2])
    assert germany.countries == ("AT",)
    assert germany.tags == FULL.tags
