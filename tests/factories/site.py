"""A web site on loopback that answers as it is told and remembers what it was asked."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """What a path answers; `drip_s` passes between any two of its bytes.

    With an `ETag` or `Last-Modified` header it answers 304 to whoever has it.
    """

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0


@dataclass
class Site:
    """The site's pages by path, and the requests so far. `delay_s` slows all of them."""

    address: str
    pages: dict[str, Reply]
    delay_s: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)
    not_modified: Counter[str] = field(default_factory=Counter)


def listing(paths: list[str], next_path: str = "") -> Reply:
    """Return a listing page that links to firms and to the next listing."""
    links = "".join(f'<li><a class="firm" href="{path}">{path}</a></li>' for path in paths)
    onward = f'<a rel="next" href="{next_path}">next</a>' if next_path else ""
    return Reply(f"<html><main><ul>{links}</ul>{onward}</main></html>")


def firm(name: str) -> Reply:
    """Return a page about a firm."""
    return Reply(
        f"<html><title>{name} | Directory</title><main><h1>{name}</h1><p>Founded in 1998.</p></main>"
    )


def many_firms(count: int, page_size: int = 20) -> dict[str, Reply]:
    """Return a directory of `count` firms over listing pages that link on."""
    pages = {f"/firms/{n}": firm(f"Firm {n}") for n in range(count)}
    paths = list(pages)
    starts = range(0, count, page_size)
    for number, start in enumerate(starts):
        here = f"/firms?page={number}" if number else "/firms"
        onward = f"/firms?page={number + 1}" if number + 1 < len(starts) else ""
        pages[here] = listing(paths[start : start + page_size], onward)
    return pages


@contextmanager
def serve(pages: Mapping[str, Reply], tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve pages on a free port while the block runs, over TLS where a context is given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked[self.path] += 1
            site.agents.add(self.headers.get("User-Agent", ""))
            reply = site.pages.get(self.path, Reply("nothing here", 404))
            time.sleep(site.delay_s + reply.delay_s)
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            if self._has_it(reply):
                site.not_modified[self.path] += 1
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(reply.status)
            headers = {"Content-Type": "text/html; charset=utf-8"} | dict(reply.headers)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            try:
                self.end_headers()
                for start in range(0, len(body), 1 if reply.drip_s else len(body) or 1):
                    time.sleep(reply.drip_s)
                    self.wfile.write(body[start : start + 1] if reply.drip_s else body)
            except OSError:
                self.close_connection = True  # the crawler has hung up

        def _has_it(self, reply: Reply) -> bool:
            return any(
                ours is not None and ours == self.headers.get(theirs)
                for ours, theirs in (
                    (reply.headers.get("ETag"), "If-None-Match"),
                    (reply.headers.get("Last-Modified"), "If-Modified-Since"),
                )
            )

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "https" if tls is not None else "http"
    site = Site(f"{scheme}://127.0.0.1:{server.server_port}", dict(pages))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
