"""Where a frame of a capture enters the switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from hnvemu.addresses import address_of
from hnvemu.errors import QuestionError
from hnvemu.replay.summary import Unread
from hnvemu.wire.encapsulation import unwrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu.switch.fabric import Fabric

BY_INTERFACE: Final = "interface"
BY_PA: Final = "pa"
PA: Final = "pa:"


class Entrance(Protocol):
    """Tells where frames enter: a port's full name or ``pa:HOST``, or why that is unknown."""

    by_interface: bool
    """Whether the interface by which a frame was captured takes part."""

    def find(self, frame: bytes, interface: int) -> str | Unread:
        """Return where a frame of at least 14 octets enters."""


def entrance(fabric: Fabric, at: str | None, interfaces: Sequence[str | None]) -> Entrance:
    """Return what ``--in`` asks for.

    Args:
        fabric: Whose ports and hosts frames enter.
        at: None: by source MAC; ``interface``, ``pa``, ``pa:HOST``, or a port's name.
        interfaces: The names of the capture's interfaces; it may grow.

    Raises:
        QuestionError: No port or host has that name, or its host is down.
    """
    if at is None:
        return _BySourceMac(fabric)
    if at == BY_INTERFACE:
        return _ByInterface(fabric, interfaces)
    if at == BY_PA:
        return _ByPa(fabric)
    return _At(_checked(fabric, at))


def _checked(fabric: Fabric, at: str) -> str:
    """Return the full name of an entry."""
    if at.startswith(PA):
        fabric.check_host(at.removeprefix(PA))
        return at
    port = fabric.port(at)
    fabric.check_sender(port)
    return port.name


class _At:
    """All frames enter at one place."""

    by_interface = False

    def __init__(self, at: str) -> None:
        self._at = at

    def find(self, frame: bytes, interface: int) -> str:
        del frame, interface
        return self._at


class _BySourceMac:
    """Frames enter at the port that has their source MAC."""

    by_interface = False

    def __init__(self, fabric: Fabric) -> None:
        self._ports: dict[bytes, str | Unread] = {}
        down = {name for name, host in fabric.policy.hosts.items() if host.down}
        for name, port in fabric.policy.ports.items():
            if port.host not in down:
                mac = port.mac.to_bytes(6)
                known = mac in self._ports
                self._ports[mac] = Unread.AMBIGUOUS_SENDER if known else name

    def find(self, frame: bytes, interface: int) -> str | Unread:
        del interface
        return self._ports.get(frame[6:12], Unread.UNKNOWN_SENDER)


class _ByInterface:
    """Frames enter at the port or the provider address that their interface is named after."""

    by_interface = True

    def __init__(self, fabric: Fabric, interfaces: Sequence[str | None]) -> None:
        self._fabric = fabric
        self._interfaces = interfaces
        self._known: dict[int, str | Unread] = {}

    def find(self, frame: bytes, interface: int) -> str | Unread:
        del frame
        found = self._known.get(interface)
        if found is None:
            name = self._interfaces[interface]
            try:
                found = Unread.UNKNOWN_SENDER if name is None else _checked(self._fabric, name)
            except QuestionError:
                found = Unread.UNKNOWN_SENDER
            self._known[interface] = found
        return found


class _ByPa:
    """Encapsulated frames enter at the host that has their outer destination."""

    by_interface = False

    def __init__(self, fabric: Fabric) -> None:
        self._hosts: dict[object, str] = {}
        for name, host in fabric.policy.hosts.items():
            if not host.down:
                for pa in host.addresses:
                    self._hosts.setdefault(pa.address, f"{PA}{name}")

    def find(self, frame: bytes, interface: int) -> str | Unread:
        del interface
        outer = unwrap(frame)
        if not outer.version:
            return Unread.UNKNOWN_SENDER
        return self._hosts.get(address_of(outer.version, outer.dst), Unread.UNKNOWN_SENDER)
