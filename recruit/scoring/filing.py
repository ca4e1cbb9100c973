"""Ranking the firms of a file, for those who keep none in the database."""

from datetime import date
from pathlib import Path

from recruit.scoring.arrow import read_parquet
from recruit.scoring.columnar import order, score_columns
from recruit.scoring.looking import RankedFirm
from recruit.scoring.points import score_firm
from recruit.scoring.profile import read_profile
from recruit.scoring.ranking import weigh_words


def rank_parquet(
    file: Path, profile_text: str, profile_file: str, *, top: int, today: date
) -> list[RankedFirm]:
    """Return the best `top` firms of a Parquet file with their reasons, the best first.

    Raises `ProfileError` (which names `profile_file`) and `ParquetRefused`.
    """
    profile = read_profile(profile_text, profile_file)
    firms = read_parquet(file)
    profile, _ = weigh_words(profile, firms)
    rows = order(score_columns(profile, firms, today), firms, top)
    return [
        RankedFirm(rank, view, score_firm(view, profile, today), profile.most, 0)
        for rank, view in enumerate(firms.views(rows), start=1)
    ]
