"""The names of ports, and what a policy may write for them.

A port is ``T/A``, or ``T/GW:inside`` where the VM has several adapters. That of a multi-tenant
gateway ``MT`` is one port in each virtual network that it serves, ``T/MT`` and ``U/MT``. Where it
is clear, the virtual network is left out, and a VM's name stands for all of its adapters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

_GLOB = frozenset("*?[")


class Selected(NamedTuple):
    """What a word of a selector stands for."""

    patterns: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    """The full names among which the word does not choose."""


class PortNames:
    """All names of VMs and adapters."""

    def __init__(self) -> None:
        self._exact: dict[str, list[str]] = {}
        """Ports by full name, and by the full name of their VM."""
        self._bare: dict[str, list[str]] = {}
        """Full names by what stands behind the virtual network."""

    def add(self, network: str, vm: str, adapter: str | None = None) -> str:
        """Take down a port and return its full name."""
        full = self.add_vm(network, vm)
        if adapter is None:
            self._exact[full].append(full)
            return full
        port = f"{full}:{adapter}"
        self._exact[full].append(port)
        self._exact[port] = [port]
        self._bare.setdefault(f"{vm}:{adapter}", []).append(port)
        return port

    def add_seats(self, port: str, seats: Collection[str]) -> str | None:
        """Let ``port`` of a multi-tenant gateway stand for its seats in virtual networks.

        Returns the first seat whose name another port has already; None where all are free.
        """
        for seat in seats:
            if seat in self._exact:
                return seat
        for names in self._exact.values():
            if port in names:
                names[names.index(port) : names.index(port) + 1] = seats
        self._exact |= {seat: [seat] for seat in seats}
        return None

    def add_vm(self, network: str, vm: str) -> str:
        """Take down a VM and return its full name."""
        full = f"{network}/{vm}" if network else vm
        if full not in self._exact:
            self._exact[full] = []
            self._bare.setdefault(vm, []).append(full)
        return full

    def patterns(self, word: str, network: str | None = None) -> Selected | None:
        """Return the full names that a word means; None where nothing has that name.

        Args:
            word: A name with or without its virtual network, or a glob.
            network: Where a name without its virtual network is looked for first.
        """
        for full in (f"{network}/{word}", word) if network else (word,):
            if full in self._exact:
                return Selected(tuple(map(_literally, self._exact[full])))
        rivals = self._bare.get(word, ())
        if len(rivals) == 1:
            return Selected(tuple(map(_literally, self._exact[rivals[0]])))
        if rivals:
            return Selected((), tuple(rivals))
        return None if _GLOB.isdisjoint(word) else Selected((word,))

    def spoken(self, network: str | None = None) -> Collection[str]:
        """Return all names that may be written; inside a virtual network, its own."""
        if network:
            inside = f"{network}/"
            return [name.removeprefix(inside) for name in self._exact if name.startswith(inside)]
        return [*self._bare, *self._exact]


def _literally(name: str) -> str:
    """Return the glob that matches a name and nothing else."""
    if _GLOB.isdisjoint(name):
        return name
    return "".join(f"[{sign}]" if sign in _GLOB else sign for sign in name)
