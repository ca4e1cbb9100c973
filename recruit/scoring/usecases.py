"""The door to scoring: what people do with profiles, rankings and single firms."""

from recruit.scoring.alike_store import find_likeness
from recruit.scoring.comparing import compare_rankings, list_ranking_lines
from recruit.scoring.examples import Example, list_examples
from recruit.scoring.looking import (
    FirmNotFound,
    NotRanked,
    RankedFirm,
    explain_firm,
    find_firm_by_text,
    find_line,
    find_rank,
    list_ranking,
    list_ways_up,
)
from recruit.scoring.overriding import (
    OverrideLine,
    OverrideRefused,
    list_decisions,
    override_firm,
    override_firms,
    undo_override,
    undo_overrides,
)
from recruit.scoring.ranking import RankingReport, rank_firms, rank_stale_profiles
from recruit.scoring.saving import (
    compare_profile,
    get_profile,
    list_profiles,
    pick_profile_name,
    save_profile,
)
from recruit.scoring.viewing import ViewLine, ViewRefused, drop_view, list_views, save_view

__all__ = [
    "Example",
    "FirmNotFound",
    "NotRanked",
    "OverrideLine",
    "OverrideRefused",
    "RankedFirm",
    "RankingReport",
    "ViewLine",
    "ViewRefused",
    "compare_profile",
    "compare_rankings",
    "drop_view",
    "explain_firm",
    "find_firm_by_text",
    "find_likeness",
    "find_line",
    "find_rank",
    "get_profile",
    "list_decisions",
    "list_examples",
    "list_profiles",
    "list_ranking",
    "list_ranking_lines",
    "list_views",
    "list_ways_up",
    "override_firm",
    "override_firms",
    "pick_profile_name",
    "rank_firms",
    "rank_stale_profiles",
    "save_profile",
    "save_view",
    "undo_override",
    "undo_overrides",
]
