"""Keeps a crawl out of private networks.

Every connection, also after a redirect, goes through the reactor's name resolver, for bare addresses too.
So the check is made there, on the very address that is then connected to.
"""

from collections.abc import Sequence
from typing import Any

from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from recruit.network import is_public


class AddressGuard:
    """Decides which addresses may be connected to, and remembers why it refused one."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        """Allow private addresses only under these names, written host:port."""
        self._allowed = frozenset(allowed)
        self._refusals: dict[str, str] = {}

    def allows(self, host: str, port: int, address: str) -> bool:
        """Tell whether `host` may be connected to at `address`."""
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if name in self._allowed or is_public(address):
            return True
        self._refusals[host] = (
            f"{host} leads to {address}, which is an address of a private network. If the host is yours and "
            f'meant, write allow_private_hosts = ["{name}"] below [politeness] in the source file.'
        )
        return False

    def refusal(self, host: str) -> str | None:
        """Return why `host` was refused; None when it was not."""
        return self._refusals.get(host)


@implementer(IHostnameResolver)
class GuardedResolver:
    """A name resolver that leaves out the addresses that the guard refuses."""

    def __init__(self, resolver: Any, guard: AddressGuard) -> None:
        """Ask `resolver`, and let through what `guard` allows."""
        self._resolver = resolver
        self._guard = guard

    def resolveHostName(  # noqa: N802  (the interface's name)
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Resolve a name as Twisted's interface asks for."""
        receiver = _Receiver(resolutionReceiver, self._guard, hostName, portNumber)
        return self._resolver.resolveHostName(
            receiver, hostName, portNumber, addressTypes, transportSemantics
        )


@implementer(IResolutionReceiver)
class _Receiver:
    def __init__(self, receiver: Any, guard: AddressGuard, host: str, port: int) -> None:
        self._receiver = receiver
        self._guard = guard
        self._host = host
        self._port = port

    def resolutionBegan(self, resolutionInProgress: Any) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if self._guard.allows(self._host, self._port, address.host):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()
