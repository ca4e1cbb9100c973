"""A profile ready to look at firms: with the weights that the words of its queries have among all of them."""

from recruit.db.transaction import Transaction
from recruit.scoring.columns import FirmColumns
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.ranking import weigh_words
from recruit.scoring.reading import read_columns
from recruit.scoring.usecases import get_profile


def read_profile_and_firms(
    tx: Transaction, profile_name: str
) -> tuple[ProfileDefinition, FirmColumns]:
    """Return the newest version of a profile, weighed, and all firms; raises what scoring raises."""
    firms = read_columns(tx)
    profile, _ = weigh_words(get_profile(tx, profile_name=profile_name), firms)
    return profile, firms


def read_profile(tx: Transaction, profile_name: str) -> ProfileDefinition:
    """Return the newest version of a profile, weighed; reads all firms only where it needs their words."""
    profile = get_profile(tx, profile_name=profile_name)
    return read_profile_and_firms(tx, profile_name)[0] if profile.likenesses else profile
