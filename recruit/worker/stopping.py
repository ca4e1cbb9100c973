"""Whether this worker was asked to stop, for tasks that take long and can leave off between two steps."""

from celery.worker import state


def is_stopping() -> bool:
    """Return whether a signal, or whoever embedded the worker, has asked it to end."""
    # Celery writes an exit code here, and 0 is one.
    return any(
        flag is not None and flag is not False
        for flag in (state.should_stop, state.should_terminate)
    )
