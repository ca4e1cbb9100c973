"""Structured logs: one event a line, with a correlation id a job or request, and no secrets."""

import logging
import sys
import uuid
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

_HIDDEN = ("password", "secret", "token", "authorization", "cookie")


def _redact(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _HIDDEN):
            event[key] = "***"
    return event


def set_up_logs(*, as_json: bool = False, level: int = logging.INFO) -> None:
    """Configure structlog to write to stderr, as JSON lines or as text for people."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each call, because a test or a CLI may have replaced stderr since.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> Any:
    """Return a logger whose events carry `name` as their origin."""
    return structlog.get_logger().bind(origin=name)


@contextmanager
def correlation(**context: Any) -> Iterator[str]:
    """Give every event logged inside the same new `correlation_id`, and `context`."""
    correlation_id = uuid.uuid4().hex[:12]
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id, **context):
        yield correlation_id
