"""The two tables of the distributed switch: lookup records and customer routes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.value import field, value

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress, IPPrefix, MacAddress


class RecordType(StrEnum):
    """What a lookup record is for (``-Type``)."""

    STATIC = "static"
    DYNAMIC = "dynamic"
    GATEWAY_WILDCARD = "gateway_wildcard"
    L2_ONLY = "l2_only"


class Translation(StrEnum):
    """How a packet for a record crosses the provider network (``-Rule``)."""

    ENCAP = "encap"
    NAT = "nat"
    NONE = "none"


@value
class LookupRecord:
    """Names the MAC and the provider address behind one customer address.

    The key is (``vsid``, ``ca``, ``mac``). PowerShell: ``New-NetVirtualizationLookupRecord``.
    """

    ca: IPAddress
    vsid: int
    mac: MacAddress
    pa: IPAddress
    type: RecordType = RecordType.STATIC
    rule: Translation = Translation.ENCAP
    vm: str = ""
    customer_id: str = ""
    context: str = ""
    use_vm_mac: bool = False
    unusable: bool = False
    unsynchronized: bool = False
    generated: bool = False
    """Made by the reader from a VM or a route, whose origin it carries."""
    origin: Origin = field(default=BUILT_IN, compare=False)

    def __str__(self) -> str:
        return f"record {self.ca} in VSID {self.vsid}"

    @property
    def names_a_host(self) -> bool:
        """Whether the record is for one address: static or dynamic, and usable (FWD-10)."""
        return (
            self.type in (RecordType.STATIC, RecordType.DYNAMIC)
            and not self.unusable
            and not self.unsynchronized
        )


@value
class CustomerRoute:
    """Says in which virtual subnet the next hop towards a prefix lives.

    PowerShell: ``New-NetVirtualizationCustomerRoute``.
    """

    rdid: str
    prefix: IPPrefix
    """The prefix with its host bits cleared."""
    next_hop: IPAddress | None
    """None: on-link, the destination is its own next hop."""
    vsid: int
    metric: int = 255
    network: str = ""
    """Name of the virtual network that lists the route."""
    written: str = ""
    """The prefix as the policy spells it, where host bits were set; else empty."""
    origin: Origin = field(default=BUILT_IN, compare=False)

    def __str__(self) -> str:
        hop = "on-link" if self.next_hop is None else f"via {self.next_hop}"
        return f"route {self.prefix} {hop} in VSID {self.vsid}"


def is_unspecified(address: IPAddress) -> bool:
    """Whether an address is 0.0.0.0 or ``::``, which names no host."""
    return int(address) == 0
