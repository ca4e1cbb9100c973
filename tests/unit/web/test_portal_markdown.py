"""What a program owner wrote becomes HTML that can do nothing but be read."""

import pytest

from recruit.web.portal.markdown import to_html


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("[x](javascript:alert(1))", "href"),
        ("[x](data:text/html,hi)", "href"),
        ('<img src=x onerror="alert(1)">', "<img"),
        ("![x](https://tracker.example/p.gif)", "<img"),
        ("<style>*{display:none}</style>", "<style"),
        ("<form action=/sign-out>", "<form"),
        ('| a |\n|---|\n| <b onclick="x">b</b> |', "<b"),
    ],
)
def test_nothing_that_acts_survives(text: str, gone: str) -> None:
    assert gone not in to_html(text)


def test_the_page_keeps_the_first_heading_to_itself() -> None:
    assert to_html("# One\n\n## Two\n\n#### Four") == "<h2>One</h2>\n<h3>Two</h3>\n<h4>Four</h4>\n"


def test_numbers_line_up_and_words_do_not() -> None:
    html = to_html("| what | price |\n|---|---:|\n| ten | € 600 |")
    assert '<td class="num">€ 600</td>' in html
    assert "<td>ten</td>" in html
    assert "style" not in html


def test_links_lead_out_without_telling_from_where() -> None:
    assert to_html("[a](https://a.example)") == (
        '<p><a href="https://a.example" rel="noopener noreferrer">a</a></p>\n'
    )
