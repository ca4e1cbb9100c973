"""What a mail server's refusal means: for good or for now, and about the recipient or about us.

Pure. The same judgement serves a refusal in the conversation (`adapters.smtp`) and one that comes
back later as a bounce (`recruit.sequences.classify`).
"""

import re
from dataclasses import dataclass

# RFC 3463: class.subject.detail
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")

# Words with which servers say that they refuse the sender: its address, reputation or set-up.
_ABOUT_US = re.compile(
    r"block ?-?list|black ?-?list|\bdnsbl\b|\brbl\b|spamhaus|spamcop|barracuda|sorbs|surbl|uribl"
    r"|poor reputation|reputation|\bsenderbase\b|\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated (e-?)?mail"
    r"|not authenticated|authentication (is )?required|relay(ing)? (access )?(is )?(denied|not)|unable to relay"
    r"|we do not relay|(ip|host|server|sender|address|connection|message)\S* (\S+ ){0,4}(is |was |has been )?"
    r"(temporarily )?(blocked|banned|blacklisted|rejected due to spam)|blocked using|reverse dns|\bptr\b|\bhelo\b"
    r"|too many (messages|connections|errors)|rate.?limit|throttl|spam message|looks like spam|detected as spam"
    r"|considered (unsolicited|spam)|unsolicited|content rejected|policy (reasons|violation)|bulk mail",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"(mail ?box|inbox|account|user|recipient)\S* (\S+ ){0,3}(is )?full|over ?-?quota|quota (is )?exceed|exceed\S* (\S+ ){0,4}quota"
    r"|insufficient (system )?storage|disk (space|quota)|out of (storage|disk)|mailbox size limit",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Refusal:
    """`permanent`: the same message will not be taken later. `about_us`: any recipient there would refuse it."""

    permanent: bool
    about_us: bool
    mailbox_full: bool = False


def find_enhanced_status(text: str) -> str | None:
    """Return the first RFC 3463 status ("5.1.1") in a server's words."""
    found = _ENHANCED.search(text)
    return found.group(0) if found else None


def judge_refusal(code: int | None, status: str | None, text: str) -> Refusal:
    """Judge a reply by its code (550), its enhanced status (5.1.1) and its words; any may be missing."""
    status = status or find_enhanced_status(text)
    first = status[0] if status else str(code)[0] if code else "4"
    subject, detail = (int(part) for part in status.split(".")[1:]) if status else (None, None)
    full = bool(_FULL.search(text)) or (subject, detail) == (2, 2)
    # 5.1.8 and 5.1.7: our address is refused; 5.7.x speaks of policy and login unless the words
    # name an unknown user.
    about_us = not full and (
        bool(_ABOUT_US.search(text))
        or (subject == 1 and detail in {7, 8})
        or (subject == 7 and detail in {8, 9, 20, 21, 22, 23, 24, 25, 26, 27, 28})
    )
    return Refusal(permanent=first == "5" and not full, about_us=about_us, mailbox_full=full)
