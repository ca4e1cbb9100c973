"""Says in words why a page could not be fetched, and what to do about it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from OpenSSL.SSL import Error as TlsError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import VerificationError

from recruit.sourcing.crawling.guard import AddressGuard
from recruit.sourcing.crawling.plan import Page, PageResult
from recruit.sourcing.crawling.robots import RobotsTooSlow, RobotsUnavailable
from recruit.sourcing.text import clean, shorten
from recruit.sourcing.values import Problem

_STATUS = {
    401: "It wants a login. Ask the site's owner for the data, or leave the page out.",
    403: "The site refuses us. Ask its owner, or leave the page out.",
    404: "The page is gone. If many are, the links below [listing] lead astray.",
    410: "The page is gone for good.",
    429: "The site wants us to be slower: raise delay_s below [politeness].",
}
_AGAIN = "Crawl the source again later."


def page_failed(page: Page, error: BaseException, last_url: str, guard: AddressGuard) -> PageResult:
    """Return what to record of a page whose fetching failed; `last_url` is where a redirect had led."""
    outcome, reason, remedy = _explain(error, last_url, guard)
    problem = Problem(page.url, None, reason, remedy, "" if last_url == page.url else last_url)
    return PageResult(page, outcome, problems=(problem,))


def page_is_no_html(page: Page, kind: str) -> PageResult:
    """Return what to record of a page that is something else, such as a PDF."""
    problem = Problem(
        page.url,
        None,
        f"The page is {kind or 'of an unknown kind'}, not HTML.",
        "Leave it out by the patterns below [listing].",
    )
    return PageResult(page, "not html", problems=(problem,))


def page_confused_us(page: Page, error: BaseException) -> PageResult:
    """Return what to record of a page that our own code stumbled over."""
    reason = shorten(clean(f"Reading the page failed: {type(error).__name__}: {error}"), 500)
    return PageResult(
        page, "error", problems=(Problem(page.url, None, reason, "Please report this page."),)
    )


def page_stopped_us(page: Page) -> PageResult:
    """Return what to record of a page on which the reading process hung or died."""
    problem = Problem(
        page.url,
        None,
        "Reading the page took too long, or too much.",
        "Leave it out by the patterns below [listing], and please report this page.",
    )
    return PageResult(page, "error", problems=(problem,))


def page_was_lost(page: Page) -> PageResult:
    """Return what to record of a page that the engine took and never answered for."""
    problem = Problem(page.url, None, "The page was asked for and nothing came of it.", _AGAIN)
    return PageResult(page, "lost", problems=(problem,))


def _explain(error: BaseException, last_url: str, guard: AddressGuard) -> tuple[str, str, str]:
    host = urlsplit(last_url).hostname or last_url
    match error:
        case HttpError():
            status = error.response.status
            if 300 <= status < 400:
                return (
                    f"http {status}",
                    "The page redirects to nowhere that can be fetched.",
                    _AGAIN,
                )
            return f"http {status}", f"The site answered {status}.", _STATUS.get(status, _AGAIN)
        case RobotsUnavailable():
            return (
                "robots unavailable",
                f"The robots.txt of {host} cannot be had, which closes the host for now. {error}",
                _AGAIN,
            )
        case RobotsTooSlow():
            return (
                "robots",
                f"The robots.txt of {host} asks for {error} s between two pages, too long for a crawl.",
                "Ask the site's owner for the data.",
            )
        case IgnoreRequest() if "robots.txt" in str(error):
            return (
                "robots",
                f"The robots.txt of {host} closes this page to us.",
                "We keep to it. Ask the site's owner for permission or for the data.",
            )
        case IgnoreRequest() if "redirections" in str(error):
            return "redirects", "The page redirects without end.", "Leave it out."
        case CannotResolveHostError():
            refusal = guard.refusal(host)
            if refusal:
                return "private", *_halves(refusal)
            return (
                "no host",
                f"The host {host} is unknown.",
                "Correct the address, or leave it out.",
            )
        case DownloadTimeoutError():
            return (
                "timeout",
                "The site took too long.",
                f"{_AGAIN} Or raise timeout_s below [politeness].",
            )
        case DownloadCancelledError():
            return "too large", "The page is larger than 5 MB.", "Leave it out."
        case IgnoreRequest() if "DOWNLOAD_MAXSIZE" in str(error):
            return "too large", "The page unpacks to more than 5 MB.", "Leave it out."
        case DownloadConnectionRefusedError():
            return "refused", f"Nobody listens at {urlsplit(last_url).netloc}.", _AGAIN
        case _ if _is_tls(error):
            return (
                "bad certificate",
                f"The certificate of {host} is not to be trusted: {_tls_reason(error)}.",
                "Tell the site's owner, or leave it out.",
            )
        case ResponseDataLossError():
            return "cut short", "The page came only in part.", _AGAIN
        case _:
            text = shorten(clean(f"{type(error).__name__}: {error}"), 300)
            return "failed", f"The page could not be fetched: {text}", _AGAIN


def _halves(refusal: str) -> tuple[str, str]:
    reason, _, remedy = refusal.partition(". ")
    return f"{reason}.", remedy


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it; Twisted keeps the causes in a list of failures."""
    reasons = [error]
    for _ in range(20):
        if not reasons:
            return
        one = reasons.pop(0)
        yield one
        inner = getattr(one, "reasons", None) or ()
        reasons += [getattr(failure, "value", failure) for failure in inner]
        reasons += [cause for cause in (one.__cause__, one.__context__) if cause is not None]


def _is_tls(error: BaseException) -> bool:
    return any(isinstance(cause, TlsError | VerificationError) for cause in _causes(error))


def _tls_reason(error: BaseException) -> str:
    for cause in _causes(error):
        if isinstance(cause, TlsError) and cause.args and isinstance(cause.args[0], list):
            return clean("; ".join(str(part[-1]) for part in cause.args[0] if part)) or "unreadable"
        if isinstance(cause, VerificationError):
            return "it is another host's"
    return "unreadable"
