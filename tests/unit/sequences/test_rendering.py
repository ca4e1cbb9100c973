"""Templates: what is let in, what they say, and what they cannot do."""

import pytest

from recruit.sequences.rendering import (
    TOKENS,
    TemplateError,
    UnresolvedToken,
    check_template,
    merge_values,
    render,
)

VALUES = merge_values(
    firm={
        "name": "Northlight",
        "city": None,
        "specialties": ["kubernetes", "aws", "devops", "php"],
    },
    contact={"email": "a@b.example", "first_name": ""},
    sender={"name": "Pat"},
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ firm.name }}", "Hi Northlight"),
        ("Hi {{ contact.first_name or 'there' }}", "Hi there"),
        ("{{ contact.first_name | default('there') }}", "there"),
        ("{% if firm.city %}in {{ firm.city }}{% else %}nowhere{% endif %}", "nowhere"),
        ("{{ firm.specialties | listed }}", "kubernetes, aws and devops"),
        ("{{ firm.specialties | listed(1) }}", "kubernetes"),
        ("{{ firm.specialties | join(' / ') }}", "kubernetes / aws / devops / php"),
        ("{{ firm.specialties }}", "kubernetes, aws, devops and php"),
        ("{{ firm.specialties | first | upper }}", "KUBERNETES"),
        ("?q={{ firm.name | urlencode }}", "?q=Northlight"),
        ("no tokens", "no tokens"),
    ],
)
def test_a_template_says_what_it_should(template: str, text: str) -> None:
    assert render(template, VALUES) == text


@pytest.mark.parametrize("token", sorted(TOKENS))
def test_every_documented_token_is_known(token: str) -> None:
    check_template(f"{{{{ {token} }}}}")


@pytest.mark.parametrize(
    "template", ["{{ firm.city }}", "{{ contact.first_name }}", "{{ firm.city | upper }}"]
)
def test_a_token_without_a_value_is_named_and_never_printed(template: str) -> None:
    with pytest.raises(UnresolvedToken, match=r"\{\{ \w+\.\w+ \}\} has no value"):
        render(template, VALUES)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ firm.nmae }}", "did you mean firm.name"),
        ("{{ firstname }}", "did you mean .*contact.first_name"),
        ("{{ firm.__class__ }}", "unknown token"),
        ("{{ firm.name.__class__.__mro__ }}", "unknown token"),
        ("{{ ''.__class__ }}", "unknown token"),
        ("{{ firm['name'] }}", "Getitem is not allowed|unknown token"),
        ("{{ 'a' * 10**10 }}", "Mul is not allowed"),
        ("{{ range(10) }}", "Call is not allowed"),
        ("{% for a in firm.specialties %}{% endfor %}", "For is not allowed"),
        ("{% set x = 1 %}", "Assign is not allowed"),
        ("{% include 'x' %}", "Include is not allowed"),
        ("{% macro m() %}{% endmacro %}", "Macro is not allowed"),
        ("{{ firm.name | center(100000000) }}", "unknown filter 'center'"),
        ("{{ firm.name | format }}", "unknown filter"),
        ("{{ firm.specialties | join(firm.name) }}", "short fixed text"),
        ("{{ firm.specialties | join('" + "x" * 200 + "') }}", "short fixed text"),
        ("{{ firm.name is divisibleby 3 }}", "unknown test"),
        ("{{ firm.name", "unexpected end"),
        ("x" * 20_001, "longer than"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "nested too deeply|cannot be compiled"),
        (
            "{% if " * 1 + "not " * 4000 + "firm.name %}x{% endif %}",
            "nested too deeply|cannot be compiled",
        ),
    ],
)
def test_what_is_not_on_the_list_is_refused_with_its_reason(template: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        check_template(template)


def test_no_template_grows_past_its_limit() -> None:
    long = merge_values(
        firm={"name": "x" * 5000, "specialties": ["y" * 5000] * 500}, contact={}, sender={}
    )
    with pytest.raises(TemplateError, match="grows past"):
        render("{{ firm.specialties | join(', ') }}" * 500, long)


def test_a_merged_value_cannot_write_paragraphs_or_tags_of_its_own() -> None:
    values = merge_values(
        firm={"name": "Evil\r\n\r\nBcc: x\n{{ firm.city }}"}, contact={}, sender={}
    )
    assert render("{{ firm.name }}", values) == "Evil Bcc: x {{ firm.city }}"
