"""What is closed says in words what opens it, and links to it."""

from fastapi import Request
from fastapi.responses import Response

from recruit.onboarding.gates import Decision, GateNotMet
from recruit.web.pages import render
from recruit.web.portal.links import step_link


def show_locked(request: Request, title: str, decision: Decision, *, company: str = "") -> Response:
    """Return the page that says what is missing. `title` is what was asked for."""
    return render(
        request,
        "portal/locked.html",
        status=403,
        company=company,
        title=title,
        decision=decision,
        step_link=step_link,
    )


def show_refused(request: Request, error: Exception) -> Response:
    """Return the page for something that was posted out of turn."""
    decision = error.decision if isinstance(error, GateNotMet) else Decision(False)
    return show_locked(request, "This", decision)
