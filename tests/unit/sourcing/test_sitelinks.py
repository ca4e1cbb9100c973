import pytest

from recruit.sourcing.listings import is_trap
from recruit.sourcing.sitelinks import SiteLink, choose_site_links, is_same_site, rate_link

START = "https://www.acme.example/de/"


def links(*pairs: tuple[str, str]) -> list[SiteLink]:
    return [SiteLink(f"https://www.acme.example{path}", text) for path, text in pairs]


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/contact", "Contact us", "contact"),
        ("/kontakt.html", "Kontakt", "contact"),
        ("/x/17", "Nous contacter", "contact"),
        ("/mentions-legales", "Mentions légales", "imprint"),
        ("/impressum/", "", "imprint"),
        ("/p?id=3", "Aviso legal", "imprint"),
        ("/ueber-uns", "Über uns", "about"),
        ("/quienes-somos", "Quiénes somos", "about"),
        ("/chi-siamo", "Chi siamo", "about"),
        ("/o-nas", "O nas", "about"),
        ("/om-oss", "Om oss", "about"),
        ("/over-ons", "Over ons", "about"),
        ("/quem-somos", "Quem somos", "about"),
        ("/standorte", "Standorte", "locations"),
        ("/partner", "Unsere Partner", "partners"),
        ("/zertifizierungen", "Zertifizierungen", "certifications"),
    ],
)
def test_a_link_says_what_it_leads_to(path: str, text: str, kind: str) -> None:
    rated = rate_link(SiteLink(f"https://www.acme.example{path}", text))
    assert rated is not None
    assert rated[0] == kind


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/blog/about-us", "Our new office"),
        ("/contact.pdf", "Contact sheet"),
        ("/products/sap", "SAP"),
        ("/jobs/team-lead", "Team"),
        ("", ""),
    ],
)
def test_other_links_are_left_alone(path: str, text: str) -> None:
    assert rate_link(SiteLink(f"https://www.acme.example{path}", text)) is None


def test_one_of_each_kind_comes_first_in_the_sites_own_language() -> None:
    found = choose_site_links(
        links(
            ("/en/contact", "Contact"),
            ("/de/kontakt", "Kontakt"),
            ("/de/kontakt#form", "Kontakt"),
            ("/de/unternehmen", "Unternehmen"),
            ("/de/ueber-uns", "Über uns"),
            ("/de/impressum", "Impressum"),
            ("/de/", "Start"),
        ),
        START,
        most=5,
    )
    paths = [url.removeprefix("https://www.acme.example") for url in found]
    assert paths[:2] == ["/de/impressum", "/de/kontakt"]
    assert set(paths[2:4]) <= {"/de/unternehmen", "/de/ueber-uns", "/en/contact"}
    assert "/de/" not in paths


def test_other_sites_are_not_entered_and_wanted_pages_come_first() -> None:
    found = choose_site_links(
        [
            SiteLink("https://elsewhere.example/contact", "Contact"),
            SiteLink("https://www.acme.example/labs", "Labs"),
            SiteLink("https://www.acme.example/contact", "Contact"),
        ],
        "https://www.acme.example/",
        most=2,
        follow=["^/labs$"],
    )
    assert found == ["https://www.acme.example/labs", "https://www.acme.example/contact"]


def test_a_site_is_its_host_and_the_hosts_below() -> None:
    assert is_same_site("https://www.acme.example/x", "https://acme.example/")
    assert is_same_site("http://de.acme.example/x", "https://acme.example/")
    assert not is_same_site("https://acme.example.evil.example/", "https://acme.example/")
    assert not is_same_site("http://127.0.0.1:8001/", "http://127.0.0.1:8000/")
    assert not is_same_site("mailto:a@acme.example", "https://acme.example/")
    assert not is_same_site("http://[::1", "https://acme.example/")


@pytest.mark.parametrize(
    ("path", "trap"),
    [
        ("/firms/acme", False),
        ("/a/b/a/b/a/b", True),
        ("/x" + "".join(f"/{n}" for n in range(20)), True),
        ("/s?" + "&".join(f"p{n}=1" for n in range(20)), True),
    ],
)
def test_addresses_without_end_are_seen_through(path: str, trap: bool) -> None:
    assert is_trap(f"https://acme.example{path}") is trap
