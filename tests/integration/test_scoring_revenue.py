"""Revenue from a file to the points: read, kept with where it stood, and ranked by."""

from pathlib import Path

from sqlalchemy import select

from recruit.firms.tables import Firm
from recruit.firms.usecases import resolve_firms
from recruit.insights.jobs import list_job_problems
from recruit.scoring.usecases import list_ranking, rank_firms, save_profile
from recruit.sourcing.opening import import_file
from recruit.wiring import App
from tests.factories.web import open_visitor

CSV = """record_id,name,website,country,annual revenue
1,Acme GmbH,acme.example,Germany,2.5 Mio. EUR
2,Beta Ltd,beta.example,Germany,$10M - $50M
3,Gamma KK,gamma.example,Germany,¥500M
4,Delta AG,delta.example,Germany,
"""
PROFILE = {
    "name": "earners",
    "title": "Earners",
    "criteria": {
        "size": {
            "points": 100,
            "revenue": {"none_below": 500_000, "full_from": 1_000_000, "full_to": 5_000_000,
                        "none_above": 20_000_000},
        }
    },
}  # fmt: skip


def test_what_a_file_says_of_revenue_is_what_firms_are_ranked_by(app: App, tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text(CSV, encoding="utf-8")
    report = import_file(app.transaction, path=path, source_name="list")
    with app.transaction() as tx:
        problems = list_job_problems(tx, report.job_id)
        assert [(p.field, "dollars, euros, pounds" in p.remedy) for p in problems] == [
            ("annual revenue", True)
        ]
        resolve_firms(tx)
        beta = tx.session.scalars(select(Firm).where(Firm.name == "Beta Ltd")).one()
        assert (beta.revenue_low, beta.revenue_high) == (10_000_000, 50_000_000)
        save_profile(tx, definition=PROFILE)
        rank_firms(tx, profile_name="earners")
        ranked = list_ranking(tx, profile_name="earners", top=4)
        beta_id = beta.id
    told = {r.firm.name: (r.card.low, r.card.total, r.card.high) for r in ranked}
    # $10M leaves (20 - 10) / 15 of the band's upper edge, $50M nothing of it.
    assert told["Acme GmbH"] == (100, 100, 100)
    assert told["Beta Ltd"] == (0, 33.34, 66.67)
    assert told["Delta AG"] == told["Gamma KK"] == (0, 50, 100)
    best = ranked[0].card.reasons[0]
    assert best.sentence.startswith("2,500,000 in revenue, inside the 1,000,000–5,000,000")
    assert "2.5 Mio. EUR" in best.evidence
    text = open_visitor(app).see(f"/firms/{beta_id}")
    assert "10,000,000–50,000,000" in text
