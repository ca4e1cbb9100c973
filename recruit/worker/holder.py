"""The name under which this process holds a lease."""

import os
import socket


def holder() -> str:
    """Return host and process id: two processes never share it, a restarted one has a new one."""
    return f"{socket.gethostname()}:{os.getpid()}"
