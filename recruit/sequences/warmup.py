"""The ramp of a new mailbox: receivers trust a sender that grows slowly. Pure."""


def ramped_cap(cap_per_day: int, first_cap: int, days: int, days_sent: int) -> int:
    """Return the cap after `days_sent` days that sent: from `first_cap` in equal factors to the full cap.

    Equal factors, since receivers look at growth: 5 a day to 50 a day in 10 days is 26% more each day.
    """
    if days <= 0 or days_sent >= days:
        return cap_per_day
    first = min(max(1, first_cap), cap_per_day)
    grown: float = first * (cap_per_day / first) ** (days_sent / days)
    return min(cap_per_day, round(grown))
