"""An SMTP server that fails in every way, and keeps a journal of what it was told and what it took."""

import asyncio
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from threading import Lock
from typing import Any

# Of a thousand conversations so many end like this; all others end well.
AT_RCPT = {"greylisted": 20, "unknown": 8, "away": 2}
AT_DOT = {
    "put off": 8,
    "refused": 5,
    "cut before": 8,
    "cut behind": 8,
    "reset behind": 8,
    "stalled": 2,
    "stalled behind": 2,
}


@dataclass(frozen=True)
class Taken:
    """A message that the server took: `told_at` is when its recipient was told, on `time.monotonic`."""

    message_id: str
    address: str
    told_at: float


@dataclass
class Trouble:
    """What an SMTP server does with each message, drawn by a seed; `calm`: it takes everything.

    A greylisted address is put off once. `stall_s`: how long a stalled conversation stays silent; `slow_s`: how
    long any other answer to the final dot takes at most.
    """

    rng: random.Random
    stall_s: float = 60.0
    slow_s: float = 0.05
    calm: bool = False
    taken: list[Taken] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    _told: dict[str, float] = field(default_factory=dict)
    _greylisted: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, put it off or refuse it."""
        self._told[address] = time.monotonic()
        match self._draw(AT_RCPT):
            case "greylisted" if address not in self._greylisted:
                self._greylisted.add(address)
                return "450 4.7.1 Greylisted, try again later"
            case "unknown":
                return "550 5.1.1 User unknown"
            case "away":
                return "421 4.3.2 Shutting down"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        """Take a message, put it off, refuse it, fall silent, or hang up before or behind taking it."""
        fate = self._draw(AT_DOT)
        if not fate or fate.endswith("behind"):
            message_id = str(message_from_bytes(envelope.content)["Message-ID"])
            with self._lock:
                self.taken += [
                    Taken(message_id, address, self._told[address]) for address in envelope.rcpt_tos
                ]
        # Long enough that many a kill falls between the final dot and the answer.
        await asyncio.sleep(self.slow_s * self.rng.random())
        match fate:
            case "put off":
                return "451 4.3.0 Try again later"
            case "refused":
                return "554 5.6.0 This message was refused"
            case "stalled" | "stalled behind":
                await asyncio.sleep(self.stall_s)
            case "reset behind":
                hang_up_at_once = struct.pack("ii", 1, 0)
                sock = server.transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hang_up_at_once)
                server.transport.abort()
            case "cut before" | "cut behind":
                server.transport.abort()
        return "250 Kept"

    def _draw(self, table: dict[str, int]) -> str:
        with self._lock:
            dice = 1000 if self.calm else self.rng.randrange(1000)
            for fate, share in table.items():
                if dice < share:
                    self.happened[fate] += 1
                    return fate
                dice -= share
        return ""


def told_after(taken: list[Taken], stopped: dict[str, float]) -> list[str]:
    """Return the addresses whose conversation began after the commit that stopped them, and yet was completed."""
    return [one.address for one in taken if one.told_at > stopped.get(one.address, float("inf"))]


def doubles(taken: list[Taken], key: Callable[[Taken], str]) -> list[str]:
    """Return what was taken more than once, by message or by address."""
    return [name for name, times in Counter(map(key, taken)).items() if times > 1]
