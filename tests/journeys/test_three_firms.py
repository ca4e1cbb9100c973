"""One firm from an HTML page to full access and the CRM; one that says no; one that unsubscribes."""

import json
import re
from typing import Any

from recruit.cli.main import cli
from recruit.demo.temper import Temper
from recruit.onboarding.content import read_content
from recruit.onboarding.grading import right_answers
from tests.factories.web import Visitor, words_of
from tests.journeys.conftest import Installation


def _staff(installation: Installation) -> Visitor:
    printed = installation.run(
        "people",
        "add",
        "morgan@vendor.example",
        "--name",
        "Morgan Diaz",
        "--role",
        "channel_manager",
    )
    link = re.search(r"http\S+/invitation/\S+", printed)
    assert link, printed
    return installation.invited(link[0], "a long enough secret")


def _crm(installation: Installation, crm_object: str) -> list[dict[str, Any]]:
    assert installation.app.crm is not None
    page = installation.app.crm.changes(crm_object, {}, 1000)
    return [dict(record.fields) for record in page.records]


def _company(installation: Installation, name: str) -> dict[str, Any]:
    companies = _crm(installation, "company")
    found = [fields for fields in companies if name in fields.values()]
    assert len(found) == 1, companies
    return found[0]


def _firm_id(installation: Installation, name: str) -> int:
    rows = json.loads(
        installation.run("rank", "--profile", "cloud-native-service-partner", "--format", "json")
    )
    return next(
        int(row["firm_id"]) for row in rows if row.get("firm") == name or row.get("name") == name
    )


def test_a_firm_goes_from_a_page_to_full_access_and_into_the_crm(
    installation: Installation,
) -> None:
    from importlib.resources import files

    staff = _staff(installation)
    (first,) = installation.mails_to("partners@northlight.example")
    assert "Northlight Systems" in str(first["Subject"])
    installation.answer(first, Temper.POSITIVE)
    installation.tick()

    board = staff.get("/onboarding").text
    accept = re.search(r'action="(/candidates/\d+/accept)"', board)
    assert accept, words_of(board)
    accepted = staff.post(accept[1])
    link = re.search(r"http[^\s\"<]+/invitation/[^\s\"<]+", accepted.text)
    assert link, words_of(accepted.text)

    partner = installation.invited(link[0], "another long secret")
    assert partner.get("/portal/resources/price-list").status_code == 403
    page = partner.get("/portal/agreement").text
    sha = re.search(r'name="text_sha256" value="([0-9a-f]{64})"', page)
    assert sha
    signing = {
        "typed_name": "Alex Vela",
        "job_title": "Owner",
        "authority": "yes",
        "text_sha256": sha[1],
    }
    assert partner.post("/portal/agreement", **signing).status_code == 303
    company = {"name": "Northlight Systems", "city": "Hamburg", "country": "Germany"}
    assert partner.post("/portal/company", **company).status_code == 303
    for course in read_content(files("recruit.demo") / "data" / "onboarding").courses:
        quiz = f"/portal/courses/{course.key}/quiz"
        assert partner.get(quiz).status_code == 403
        for lesson in course.lessons:
            reading = f"/portal/courses/{course.key}/lessons/{lesson.key}"
            assert partner.get(reading).status_code == 200
            assert partner.post(reading).status_code == 303
        assert course.quiz is not None
        answers = {f"q-{key}": list(right) for key, right in right_answers(course.quiz).items()}
        assert partner.post(quiz, **answers).status_code == 303
    assert "full access" in partner.see("/portal").lower()
    assert "€ 510" in partner.see("/portal/resources/price-list")

    installation.tick()
    record = _company(installation, "Northlight Systems")
    assert any("full access" in str(value).lower() for value in record.values()), record
    installation.run("crm", "reconcile")  # exits with 1 when the sides differ
    assert len(installation.mails_to("partners@northlight.example")) == 1

    firm = staff.see(f"/firms/{_firm_id(installation, 'Northlight Systems')}")
    assert "Hamburg" in firm
    assert "64" in firm


def test_a_firm_that_says_no_is_left_alone(installation: Installation) -> None:
    staff = _staff(installation)
    (first,) = installation.mails_to("partners@nayworks.example")
    installation.answer(first, Temper.NEGATIVE)
    installation.tick()
    assert len(installation.mails_to("partners@nayworks.example")) == 1
    assert "/candidates/" not in staff.get("/onboarding").text
    conversation = staff.see(f"/firms/{_firm_id(installation, 'Nay Works')}/conversation")
    assert "replied" in conversation.lower()
    planned = json.loads(installation.run("crm", "plan", "--format", "json"))
    assert not [row for row in planned if row["what"] in {"create", "update"}]
    record = _company(installation, "Nay Works")
    assert any("replied" in str(value).lower() for value in record.values()), record


def test_a_firm_that_unsubscribes_is_never_written_to_again(installation: Installation) -> None:
    (first,) = installation.mails_to("partners@leaveme.example")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.sub(r"^<https?://[^/]+|>$", "", str(first["List-Unsubscribe"]).strip())
    visitor = installation.visitor()
    # A link scanner opens the address; only the post that RFC 8058 describes does anything.
    assert visitor.get(path).status_code == 200
    staff = _staff(installation)
    firm_id = _firm_id(installation, "Leave Me Consulting")
    assert "opted out" not in staff.see(f"/firms/{firm_id}").lower()
    assert visitor.client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    installation.tick()
    assert "opted out" in staff.see(f"/firms/{firm_id}").lower()
    assert len(installation.mails_to("partners@leaveme.example")) == 1
    refused = installation.cli.invoke(
        cli, ["enroll", "--sequence", "first-contact", "--firm", str(firm_id)]
    )
    assert refused.exit_code == 1
    assert "gets a sequence once" in " ".join(refused.output.split())
