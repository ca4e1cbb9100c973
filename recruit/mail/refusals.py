"""What a mail server's refusal means: for good or for now, about the recipient or about us.

Pure. The same judgement serves a refusal in the conversation (`adapters.smtp`) and one that comes
back later as a bounce (`recruit.sequences.bounces`). Words weigh more than codes: servers are careful
with what they say to people, and careless with numbers.
"""

import re
from dataclasses import dataclass

# RFC 3463: class.subject.detail
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,2})\.(\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.\-/:])([45]\d\d)(?=[ \-#]\D|[ \-]\d\.\d\.\d)")


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# Words with which servers say that they refuse the sender: its address, reputation or set-up.
_ABOUT_US = _any(
    r"block ?-?list|black ?-?list|block using|blocked (using|by|for)|\bdnsbl\b|\brbls?\b|spamhaus|spamcop|\bsorbs\b|surbl|uribl",
    r"reputation|\bsenderbase\b|\bdmarc\b|\bspf\b|\bdkim\b|sender ?id|unauthenticated (e-?)?mail|unauthenticated sender",
    r"authentication (is )?required|relay(ing)? (access )?(is )?(denied|not|prohibited)|(unable|not allowed|refus\w+) to relay|we do not relay",
    r"(reverse dns|\bptr\b|rdns|\bhelo\b|\behlo\b|reverse lookup|resolve your (host|ip))",
    r"\b(ip|host|server|sender|client|connections?)\b[^.;]{0,60}(is|was|are|has been|have been|been) (temporarily )?(blocked|banned|blacklisted|rejected|refused|denied)",
    r"too many (messages|connections|errors|concurrent|emails|recipients)|rate.?limit|throttl|try again later[^.]{0,40}too",
    r"domain of sender|sender domain|bad (sender|return) address|bad sender's mailbox|sender (address )?rejected|not (permitted|authorized|allowed) to send|banned sending|access denied",
)
# About this one message: another to the same recipient may go, and others of ours go.
_ABOUT_MESSAGE = _any(
    r"spam (message|detected|content|score|filter)|(looks like|detected as|considered|identified as|classified as|appears to be|suspected) (\w+ )?(spam|unsolicited)|unsolicited|rejected as spam|bulk mail",
    r"content (rejected|filter)|virus|malware|policy (reasons?|violations?|rejection)|line too long|message too (big|large)|size (limit|exceed)|exceeds? (the )?(maximum )?(message )?size",
)
_FULL = _any(
    r"(mail ?box|inbox|account|user|recipient|mail folder|storage)\S* (\S+ ){0,4}(is |are )?(currently |now )?full|over ?-?(the )?quota|quota (\S+ )?exceed|exceed\S* (\S+ ){0,5}(quota|storage)",
    r"insufficient (system )?storage|disk (space|quota|full)|out of (storage|disk|space)|mailbox (size|storage) (limit|exceed)|enough (disk |storage )?space|mailbox exceeds|would be exceeded",
)
# It exists and takes no mail now; it may again.
_SUSPENDED = _any(
    r"(account|mailbox|user|address|recipient|domain)\S* (\S+ ){0,8}(disabled|suspended|inactive|not active|deactivated|locked|on hold|expired|closed for)",
    r"deactivated mailbox|disabled (due to|user)|inactive (user|account|recipient)|recipient preferences|internal (system )?error|multiple authentication checks",
)
_SOFT = _any(
    r"grey-?list|temporar|try (again|later)|timed? ?-?out|timeout|expired|delayed|retry|will be retried|too long|could not be (reached|contacted)|connection (refused|reset|lost|dropped)|unable to connect|unreachable|no route",
    r"loop|too many hops|hop count|protocol error|syntax error|configuration error|out of memory|i/o error|system error|local error",
    r"restricted|prohibited|only accept|not accept\w* (mail|messages)? ?from|do not have permission|administrator|not authorized|moderated|rejected (the )?message|filter",
)
_GONE = _any(
    r"(user|recipient|mailbox|account|address|alias|person|login|name|e-?mail)\S*:?( \S+){0,6}? ?(is |was |are )?(unknown|not (be )?found|not (a )?(known|valid|listed|exist|recognized|on this|our customer|here)|does ?n[o']t exist|doesn't exist|does not have|do(es)? not exist|no longer (exists?|valid|available|with|in use|here)|unavailable|invalid|has been (deleted|removed|terminated)|is not local|undeliverable)",
    r"(unknown|invalid|no such|nonexistent|non-existent|bad destination|not a valid|no valid|illegal|unrecognized|unresolvable|undeliverable) (\w+ ){0,2}(user|recipient|mailbox|address|account|alias|local ?-?part|destination|person|name|e-?mail|host|domain)",
    r"no (mailbox|account|user|such person|recipient)\S* (here|by that|with that|found|of that)|user not (known|found)|not our customer|isn't a (user|mailbox)|no one by that|there is no (one|user|account|mailbox)|(was|were) not found|is not a known user|unknown_user|check if address is correct|recipnotfound|can't create user output file|this user doesn't have|not listed in",
    r"(host|domain|dns|name server|mx)\S*( \S+){0,4} (unknown|not found|does ?n[o']t exist|doesn't exist|could not be (found|resolved)|invalid|no (such|mx|mail exchange)|name lookup|not have)|(host|domain) (unknown|not found)|nxdomain|no such (host|domain)|unroutable|unrouteable|nullmx|null mx|host does not accept (any )?(mail|e-?mail)|domain is not reachable|all relevant mx|no mx|name or service not known|illegal host|domain isn't in my list|cannot find (the )?(host|domain|your domain)|couldn't find any host|can't find (the )?host",
    r"has moved|moved to|changed (his|her|their|its) (e-?mail )?address|mailbox moved|forwarding to|new address",
)
_GONE_STATUS = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (4, 4)}


@dataclass(frozen=True)
class Refusal:
    """`permanent`: the same message will not be taken later. `about_us`: any recipient there would refuse it.

    `recipient_gone`: the address, or its domain, takes no mail from anybody.
    """

    permanent: bool
    about_us: bool
    recipient_gone: bool
    mailbox_full: bool


def find_enhanced_status(text: str) -> str | None:
    """Return the first RFC 3463 status ("5.1.1") in a server's words."""
    found = _ENHANCED.search(text)
    return found.group(0) if found else None


def find_reply_code(text: str) -> int | None:
    """Return the first SMTP reply code (550) in a server's words."""
    found = _CODE.search(text)
    return int(found.group(1)) if found else None


def judge_refusal(code: int | None, status: str | None, text: str) -> Refusal:
    """Judge a reply by its code (550), its enhanced status (5.1.1) and its words; any may be missing."""
    status = status or find_enhanced_status(text)
    code = code or find_reply_code(text)
    kind = (0, 0)
    if status:
        _, subject, detail = (int(part) for part in status.split("."))
        kind = (subject, detail)
    permanent = (code // 100 == 5) if code else bool(status and status[0] == "5")
    full = kind == (2, 2) or bool(_FULL.search(text))
    # What Exchange Online says of a recipient that it does not know.
    denied = "recipient address rejected: access denied" in text.lower()
    # 5.1.7 and 5.1.8 speak of the sender's address; 5.7.20 and up of how the mail is signed, but
    # 5.7.27 of a domain that takes no mail at all.
    about_us = (
        not full
        and not denied
        and (
            bool(_ABOUT_US.search(text))
            or kind in {(1, 7), (1, 8)}
            or (kind[0] == 7 and kind[1] >= 20 and kind[1] != 27)
        )
    )
    unsaid = full or about_us or bool(_SUSPENDED.search(text) or _ABOUT_MESSAGE.search(text))
    gone = (
        permanent
        and not unsaid
        and (
            denied or bool(_GONE.search(text)) or (kind in _GONE_STATUS and not _SOFT.search(text))
        )
    )
    return Refusal(permanent and not full, about_us, gone, full)
