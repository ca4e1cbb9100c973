"""A small HTTP server for a fake CRM, with a layer that makes it fail on purpose.

A fake says what it knows of a request (`handle`) and whether the request writes (`is_write`); the
layer before it loses answers, refuses or delays as it is told. One request is handled at a time.
"""

import json
import random
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from recruit.clock import VirtualClock


@dataclass(frozen=True)
class Request:
    """What was asked. `path` is as it came; `parts` are its segments, decoded one by one."""

    method: str
    path: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """What is answered: JSON, or text as it is."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Malformed(Exception):
    """A request that the vendor's own published types don't allow."""

    def __init__(self, text: str, reply: Reply) -> None:
        super().__init__(text)
        self.reply = reply


@dataclass
class Fault:
    """A failure. Without a `reply` the answer is lost, after all has been done that was asked."""

    reply: Reply | None = None
    when: Callable[[Request], bool] = lambda _request: True
    times: int = 1


class FakeServer(ABC):
    """A fake CRM under an address of its own."""

    def __init__(self, clock: VirtualClock, *, seed: int = 1) -> None:
        self.clock = clock
        self.faults: list[Fault] = []
        self.lost_share = 0.0
        self.lost = 0
        self.asked: list[Request] = []
        self.malformed: list[str] = []
        self.connections: set[socket.socket] = set()
        self._random = random.Random(seed)
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """Answer a request as the vendor does."""

    def is_write(self, request: Request) -> bool:
        return request.method != "GET"

    def close(self) -> None:
        """Be gone, open connections and all."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def lose(self, when: Callable[[Request], bool] | None = None, times: int = 1) -> None:
        """Lose the next answers to writes, or to what `when` says."""
        self.faults.append(Fault(None, when or self.is_write, times))

    def answer(
        self,
        status: int,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        when: Callable[[Request], bool] | None = None,
        times: int = 1,
    ) -> None:
        """Answer the next requests, or what `when` says, without doing what they ask."""
        reply = Reply(status, body, headers or {})
        self.faults.append(Fault(reply, when or (lambda _request: True), times))

    def respond(self, request: Request) -> Reply | None:
        """Return the answer, None for one that gets lost on the way."""
        with self._lock:
            self.asked.append(request)
            fault = next((f for f in self.faults if f.times and f.when(request)), None)
            if fault is not None:
                fault.times -= 1
                if fault.reply is not None:
                    return fault.reply
            try:
                reply = self.handle(request)
            except Malformed as error:
                self.malformed.append(str(error))
                return error.reply
            if fault is not None or (
                self.is_write(request)
                and reply.status < 300
                and self._random.random() < self.lost_share
            ):
                self.lost += 1
                return None
            return reply

    def count(self, method: str, part: str) -> int:
        """Return how many requests had this method and this in their path."""
        return sum(one.method == method and part in one.path for one in self.asked)


def _handler_of(fake: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            fake.connections.add(self.connection)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def finish(self) -> None:
            fake.connections.discard(self.connection)
            super().finish()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("content-length") or 0)
            reply = fake.respond(
                Request(
                    method=self.command,
                    path=path,
                    parts=tuple(unquote(part) for part in path.strip("/").split("/")),
                    query=dict(parse_qsl(query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=_body(self.rfile.read(length), self.headers.get("content-type", "")),
                )
            )
            if reply is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            is_text = isinstance(reply.body, str)
            payload = b"" if reply.body is None else _encoded(reply.body)
            headers = {
                "Date": format_datetime(fake.clock.now(), usegmt=True),
                "Content-Type": "text/html" if is_text else "application/json;charset=UTF-8",
                "Content-Length": str(len(payload)),
                **reply.headers,
            }
            head = f"HTTP/1.1 {reply.status} Fake\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            self.wfile.write(head.encode() + b"\r\n" + payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    return Handler


def _encoded(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _body(raw: bytes, content_type: str) -> Any:
    if not raw:
        return None
    text = raw.decode()
    if "x-www-form-urlencoded" in content_type:
        return dict(parse_qsl(text))
    if "json" not in content_type:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
