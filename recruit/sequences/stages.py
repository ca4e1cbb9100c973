"""At which of our commands a server refused, by how mail servers tell it in their bounces. Pure."""

import re

from recruit.mail.refusals import Stage

# How each server tells at which of our commands it was refused; "(state 14)" is how Gmail does. Senders that
# pipeline ("need RCPT" follows) show the last command they wrote, so what stands behind ">>> DATA" is believed
# only with a status.
_AT_RECIPIENT = re.compile(
    r"in reply to\s+RCPT|after RCPT|>>>\s*RCPT|\[RCPT_TO\]|did not like our RCPT|does not like recipient|SMTP:RCPT|\(state 14\)"
    r"|\bRCPT TO:? ?<[^>]*>\W+(\w+\W+){0,6}5\d\d|\bRCPT TO\b[^\n]{0,60}(failed|refused|rejected|response)",
    re.IGNORECASE,
)
_AT_SENDER = re.compile(
    r"in\s+reply\s+to\s+(MAIL|EHLO|HELO)|after\s+(MAIL FROM|initial\s+connection|EHLO|HELO)|>>>\s*(MAIL FROM|EHLO|HELO)|\[MAIL_FROM\]"
    r"|did not like our (MAIL|EHLO|HELO)|SMTP:(MAIL|EHLO|HELO|CONN)|but (sender was rejected|my name was rejected|greeting failed)"
    r"|\bMAIL FROM\b:?[^\n]{0,60}(failed|refused|rejected|response)|response to (MAIL FROM|EHLO)|\(state (6|8|9|12|13)\)",
    re.IGNORECASE,
)
# "550 <ann@firm.example>: User unknown": a reply to RCPT names the address, one to DATA does not know it.
_NAMES_ADDRESS = re.compile(
    r"(?<![\d.])5\d\d[ \-](5\.\d+\.\d+ )?<?[^\s<>@]+@[\w.\-]+|has\s+rejected\s+address"
)
_AT_TEXT = re.compile(
    r">>>\s*(DATA|\.)|in\s+reply\s+to\s+(the\s+)?end\s+of\s+DATA|in\s+reply\s+to\s+DATA|after\s+(end\s+of\s+)?data|end\s+of\s+data:|failed (on DATA|after I sent)|did not like our DATA|SMTP:DATA|\(state 1[578]\)"
    r"|\[(EOB|DATA|END_OF_DATA)\]|\(DATA\)|command\W{1,3}DATA|transmission failure has occurred",
    re.IGNORECASE,
)


def find_stage(text: str) -> Stage:
    """Return at which command a report says that the server refused."""
    if _AT_SENDER.search(text):
        return Stage.SENDER
    if _AT_TEXT.search(text):
        return Stage.TEXT
    if _AT_RECIPIENT.search(text):
        return Stage.RECIPIENT
    return Stage.ADDRESS if _NAMES_ADDRESS.search(text) else Stage.UNTOLD
