"""What a path does to octets, short: enough to do it to many frames at once.

It says what ``Path.changes`` says, for the paths that most packets take: at most one tunnel, and
at most one receiver. The others have no recipe, and each of their frames is taken step by step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.trace.rewrite import CHANGES, entropy_of, tunnel_header
from hnvemu.trace.steps import Delivered, DeliveredToGateway, Rewritten, RewrittenAndCounted, Sent
from hnvemu.wire.rewrite import decrement_ttl

if TYPE_CHECKING:
    from hnvemu.trace.path import Path
    from hnvemu.wire.encapsulation import Header


_REMEMBERED: Final = 8192


class Recipe(NamedTuple):
    """What becomes of a frame's octets on its way."""

    dst_mac: bytes | None
    """Written over the destination MAC; None: it stays."""
    counts: bool
    """Whether the TTL goes down by one."""
    header: Header | None
    """What crosses the provider network in front of the frame; None: it stays on its host."""
    sender: str
    receiver: str
    """The hosts at both ends; the receiver is empty where no frame crosses."""
    to: str | None
    """The port that the frame reaches."""

    def inside(self, frame: bytes) -> bytes:
        """Return the customer's frame as it leaves the sending host, and as the VM receives it."""
        if self.dst_mac is not None:
            frame = self.dst_mac + frame[6:]
        return decrement_ttl(frame) if self.counts else frame


class Recipes:
    """Makes recipes; flows alike share theirs."""

    def __init__(self) -> None:
        # By the step, whose hash is slow: each is kept, so that no other gets its number.
        self._headers: dict[tuple[int, int, int], tuple[Sent, Header]] = {}
        self._recipes: dict[Recipe, Recipe] = {}

    def find(self, path: Path) -> Recipe | None:
        """Return the recipe of a path, or None where it needs more than a recipe can say."""
        if path.branches:
            return None
        dst_mac, counts, header, receiver = None, False, None, ""
        for step in [s for hop in path.hops for s in hop.steps if type(s) in CHANGES]:
            if header is not None:
                return None
            if isinstance(step, Sent):
                header, receiver = self._header(step, path), step.host
            elif isinstance(step, (Rewritten, RewrittenAndCounted)):
                dst_mac = step.mac.to_bytes(6)
                counts = type(step) is RewrittenAndCounted
            else:
                return None
        last = path.last
        to = last.port.name if isinstance(last, Delivered | DeliveredToGateway) else None
        if len(self._recipes) >= _REMEMBERED:
            self._recipes.clear()
        recipe = Recipe(dst_mac, counts, header, path.hops[0].node, receiver, to)
        return self._recipes.setdefault(recipe, recipe)

    def _header(self, step: Sent, path: Path) -> Header:
        entropy = entropy_of(step.tunnel, path.flow, path.flow_id)
        key = id(step), entropy, path.flow.tos & 3
        found = self._headers.get(key)
        if found is None:
            if len(self._headers) >= _REMEMBERED:
                self._headers.clear()
            header = tunnel_header(step.tunnel, entropy, path.flow.tos)
            found = self._headers[key] = step, header
        return found[1]
