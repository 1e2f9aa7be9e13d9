"""A policy as an image, and an image as a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hnvemu.compiled.codec import DamagedError, decode, encode
from hnvemu.compiled.image import Body, Image
from hnvemu.compiled.rows import (
    CompiledHosts,
    CompiledNetworks,
    CompiledPorts,
    CompiledRecords,
    CompiledRoutes,
    pack_hosts,
    pack_named,
    pack_ports,
    pack_records,
    pack_routes,
)
from hnvemu.model.policy import Policy
from hnvemu.model.topology import VirtualNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.compiled.image import Octets

_ROWS: Final = ("hosts", "networks", "routes", "records", "ports")
_SIZE: Final = 8
"""Octets at the body's end that say where its index of contents begins."""


def compiled(policy: Policy, digest: bytes) -> list[bytes | bytearray]:
    """Return the octets of an image of ``policy``, in parts.

    Args:
        policy: As it was read.
        digest: What stands for its files: an image is asked for by this.
    """
    body = Body()
    names: tuple[str, ...] = Policy.__match_args__
    contents: dict[str, Any] = {name: getattr(policy, name) for name in names if name not in _ROWS}
    contents["hosts"] = pack_hosts(policy.hosts, body)
    contents["networks"] = pack_named(VirtualNetwork, policy.networks, body)
    contents["routes"] = pack_routes(policy.routes, body)
    contents["records"] = pack_records(policy.records, body)
    contents["ports"] = pack_ports(policy.ports, policy.hosts, body)
    at = body.add(encode(contents))
    body.octets += at.to_bytes(_SIZE, "little")
    return body.finished(digest)


def opened(octets: Octets, digest: bytes, rebuilt: Callable[[], bytes]) -> Policy:
    """Return the policy in an image; its rows are read when they are asked for.

    Args:
        octets: The image.
        digest: What it has to be an image of.
        rebuilt: Makes the octets anew, where they turn out to be damaged later.

    Raises:
        DamagedError: It is damaged, or an image of something else.
        OSError: It cannot be read.
    """
    image = Image(octets, digest, rebuilt)
    end = image.length - _SIZE
    at = int.from_bytes(image.read(end, _SIZE), "little")
    contents = decode(image.read(at, end - at))
    try:
        hosts, networks, routes, records, ports = (contents.pop(name) for name in _ROWS)
        found = CompiledHosts(hosts, image)
        return Policy(
            **contents,
            hosts=found,
            networks=CompiledNetworks(networks, image),
            routes=CompiledRoutes(routes, image),
            records=CompiledRecords(records, image),
            ports=CompiledPorts(ports, found, image),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedError(f"its contents: {error}") from None
