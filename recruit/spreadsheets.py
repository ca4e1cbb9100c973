"""What a spreadsheet would run as a formula, made text: names and notes in our files come from anybody."""

# The wide forms are read as the narrow ones where the keyboard is East Asian.
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SIGNS = ("+", "-")


def harmless(cell: object) -> object:
    """Return a cell as it may stand in a CSV: a formula gets an apostrophe in front, all else stays.

    A phone number or a number is no formula: +49 40 123-45 stays as it is.
    """
    if not isinstance(cell, str) or not cell.lstrip(" ").startswith(_BEGINS):
        return cell
    if cell.startswith(_SIGNS) and not cell[1:].strip(" 0123456789().-/"):
        return cell
    return f"'{cell}"
