"""How values read on a page."""

from datetime import UTC, datetime, timedelta

import pytest

from recruit.web import words

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        (timedelta(seconds=10), "now"),
        (-timedelta(minutes=9), "9 min ago"),
        (timedelta(minutes=9), "in 9 min"),
        (-timedelta(hours=3), "3 h ago"),
        (timedelta(days=1), "tomorrow"),
        (-timedelta(days=1), "yesterday"),
        (-timedelta(days=20), "20 days ago"),
        (timedelta(days=6), "in 6 days"),
        (-timedelta(days=100), "23 Nov 2025"),
    ],
)
def test_a_moment_reads_as_people_say_it(delta: timedelta, expected: str) -> None:
    assert words.ago(NOW + delta, NOW) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (None, None, "?"),
        (64, 64, "64"),
        (11, 50, "11–50"),
        (201, None, "201+"),
        (None, 10, "≤ 10"),
    ],
)
def test_an_interval_says_what_is_not_known(
    low: int | None, high: int | None, expected: str
) -> None:
    assert words.interval(low, high) == expected


def test_points_that_round_to_minus_zero_are_zero() -> None:
    assert words.points(-0.2) == "0"
    assert words.points(91.456, 2) == "91.46"


def test_a_count_agrees_with_its_noun() -> None:
    assert words.plural(1, "firm") == "1 firm"
    assert words.plural(1041, "firm") == "1,041 firms"
    assert words.plural(2, "entry", "entries") == "2 entries"


def test_an_address_in_a_text_becomes_a_link_and_the_rest_stays_text() -> None:
    html = words.linked('<b> read in https://a.example/x, and "https://b.example/y".')
    assert "&lt;b&gt; read in " in html
    assert 'href="https://a.example/x"' in html
    assert 'href="https://b.example/y"' in html
    assert html.endswith("&#34;.")


def test_a_link_that_is_no_web_address_stays_text() -> None:
    assert "<a" not in words.linked("javascript:alert(1) ftp://x.example")


def test_paragraphs_escape_what_a_mail_says() -> None:
    assert words.paragraphs("Hi <script>\nthere\n\nBye") == (
        "<p>Hi &lt;script&gt;<br>there</p><p>Bye</p>"
    )


def test_a_time_shows_its_exact_moment_on_focus_only_where_asked() -> None:
    assert "tabindex" not in words.when(NOW, NOW)
    assert 'tabindex="0"' in words.when(NOW, NOW, focus=True)
    assert "Tue 3 Mar 2026, 09:30 UTC" in words.when(NOW, NOW)


def test_an_unknown_country_stays_its_code() -> None:
    assert words.country("DE") == "Germany"
    assert words.country("ZZ") == "ZZ"
    assert words.place(None, "DE") == "Germany"
    assert words.place(None, None) == "?"


def test_a_zone_that_stands_in_for_no_place_says_so() -> None:
    assert words.zone("America/New_York") == "America/New York"
    assert words.zone("Etc/UTC") == "place unknown"


def test_values_of_any_kind_can_be_said() -> None:
    assert words.said(["aws", "training"]) == "aws, training"
    assert words.said(True) == "yes"
    assert words.said("2026-10-14T05:31:00Z") == "2026-10-14 05:31"
    assert words.said(0) == "0"
