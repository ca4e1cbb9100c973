"""A real Tryton server for the contract suite, its own users, and a line that loses answers."""

import base64
import json
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from recruit.clock import SystemClock
from recruit.config import Secret
from recruit.crm.adapters.tryton import TrytonCrm
from tests.contracts.fakes.peer import Peer, words_of
from tools.ensure_tryton import HOME, PASSWORD, TEMPLATE, write_config

_MODELS = {"company": "party.party", "contact": "party.party", "activity": "recruit.activity"}
_WRITES = ("create", "write", "delete")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class TrytonServer:
    """A server on loopback with a copy of the template, for as long as a run of tests."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="recruit-tryton-"))
        shutil.copy(TEMPLATE, self._folder / "crm.sqlite")
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = write_config(self._folder, port)
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(HOME / "venv" / "bin" / "trytond"), "-c", str(config), "-d", "crm"],
                stdout=log,
                stderr=log,
            )
        self.users = TrytonUsers(self)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.users.sign_in()
            except httpx.HTTPError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    log = (self._folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"Tryton did not start:\n{log}") from None
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(timeout=20)
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass(frozen=True)
class Row:
    """What was made."""

    id: str


class TrytonUsers:
    """What people do in Tryton, through its own interface."""

    def __init__(self, server: TrytonServer) -> None:
        self._server = server
        self._client = httpx.Client(trust_env=False, timeout=600)
        self._headers: dict[str, str] = {}

    def sign_in(self) -> None:
        """Open a session."""
        body = {"id": 0, "method": "common.db.login", "params": ["admin", {"password": PASSWORD}]}
        user_id, key, *_ = self._client.post(f"{self._server.url}/crm/rpc/", json=body).json()[
            "result"
        ]
        token = base64.b64encode(f"admin:{user_id}:{key}".encode()).decode()
        self._headers = {"Authorization": f"Session {token}"}

    def call(self, model: str, method: str, *params: Any) -> Any:
        """Do something, deactivated records included."""
        body = {
            "id": 1,
            "method": f"model.{model}.{method}",
            "params": [*params, {"active_test": False}],
        }
        answer = self._client.post(
            f"{self._server.url}/crm/rpc/", json=body, headers=self._headers
        ).json()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def create(self, crm_object: str, fields: Mapping[str, Any]) -> Row:
        own = {"company": {"recruit_person": False}, "contact": {"recruit_person": True}}
        row = {**own.get(crm_object, {}), **fields}
        (made,) = self.call(_MODELS[crm_object], "create", [row])
        return Row(str(made))

    def edit(self, crm_object: str, crm_ids: Iterable[str], fields: Mapping[str, Any]) -> None:
        self.call(_MODELS[crm_object], "write", [int(one) for one in crm_ids], dict(fields))

    def delete(self, crm_object: str, crm_id: str) -> None:
        """Deactivate a record, as people do with what is referred to."""
        self.edit(crm_object, [crm_id], {"active": False})

    def restore(self, crm_object: str, crm_id: str) -> None:
        self.edit(crm_object, [crm_id], {"active": True})

    def list_ids(self, crm_object: str) -> list[str]:
        domain = [["active", "=", True]]
        if crm_object != "activity":
            domain.append(["recruit_person", "=", crm_object == "contact"])
        found = self.call(_MODELS[crm_object], "search", domain, 0, 1_000, [["id", "ASC"]])
        return [str(one) for one in found]

    def clear(self) -> None:
        """Delete what an earlier test left."""
        for model, domain in (
            ("recruit.activity", []),
            ("party.party", [["recruit_person", "=", True]]),
            ("party.party", []),
        ):
            while found := self.call(model, "search", domain, 0, 500, None):
                self.call(model, "delete", found)

    def close(self) -> None:
        """Stay: the server serves the next test too."""


class Line(httpx.BaseTransport):
    """The line to the server: remembers what was asked, and loses a share of the answers to writes."""

    def __init__(self, seed: int = 1) -> None:
        self._inner = httpx.HTTPTransport()
        self._random = random.Random(seed)
        self.lost_share = 0.0
        self.lost = 0
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        method = json.loads(request.read()).get("method", "")
        response = self._inner.handle_request(request)
        self.asked.append(method)
        if method.rpartition(".")[2] in _WRITES and self._random.random() < self.lost_share:
            response.read()
            self.lost += 1
            raise httpx.ReadError("the connection broke", request=request)
        return response

    @property
    def writes(self) -> int:
        """Return how many writes were asked for."""
        return sum(method.rpartition(".")[2] in _WRITES for method in self.asked)


class TrytonPeer(Peer):
    """Tryton's clock is the machine's, so letting time go by takes time."""

    def settle(self) -> None:
        time.sleep(1.1)


def make_tryton(server: TrytonServer, line: Line | None = None) -> TrytonPeer:
    """Return an emptied Tryton behind the port."""
    server.users.clear()
    crm = TrytonCrm(
        server.url,
        "crm",
        "admin",
        Secret(PASSWORD),
        clock=SystemClock(),
        overlap=timedelta(0),
        transport=line or Line(),
    )
    return TrytonPeer(
        crm,
        SystemClock(),
        words_of("tryton"),
        server.users,
        PASSWORD,
        [],
        longest_name=0,
        blank_booleans=False,
    )
