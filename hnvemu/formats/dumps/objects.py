"""Rows of a dump become values of the model, each with the place of its row.

Rules of the file: a row that cannot be understood is a ``ValueError`` that names what is wrong.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hnvemu.addresses import (
    MacAddress,
    neighbourly_address,
    parse_address,
    parse_prefix,
    synthetic_mac,
)
from hnvemu.conditions import is_number
from hnvemu.formats.assembly import port_name, rdid_text
from hnvemu.formats.conditions import (
    addresses_of,
    addresses_or_mac_of,
    icmp_types_of,
    ports_of,
    protocol_of,
)
from hnvemu.formats.dumps import words
from hnvemu.formats.dumps.rows import row_of
from hnvemu.formats.dumps.words import profiles_of, word_of
from hnvemu.model.acl import Action, Direction, ExtendedAcl, FirewallRule, PortAcl
from hnvemu.model.provider import AddressState, ProviderAddress, ProviderRoute
from hnvemu.model.records import (
    CustomerRoute,
    LookupRecord,
    RecordType,
    Translation,
    is_unspecified,
)
from hnvemu.model.topology import IsolationMode, Selector, VmPort
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.formats.dumps.rows import Row
    from hnvemu.model.origin import Origin

_IDLE_TIMEOUT = 255
"""Seconds, where a stateful entry says none (ACL-43)."""
_NAME = re.compile(r"\bName = '(?P<name>[^']*)'")
_VM_NAME = re.compile(r"\bVMName = '(?P<name>[^']*)'")
_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_ANYBODY = Selector()

_prefix = lru_cache(maxsize=8192)(parse_prefix)
_shared_address = lru_cache(maxsize=8192)(neighbourly_address)


def lookup_record(row: Row, origin: Origin, *, first: int = 0) -> LookupRecord:
    """Make a record of ``Get-NetVirtualizationLookupRecord``.

    Args:
        row: The object.
        origin: Its place.
        first: The number that the first words of Rule and of Type have in this dump.
    """
    return LookupRecord(
        ca=neighbourly_address(row.text("customeraddress")),
        vsid=_vsid(row, "virtualsubnetid"),
        mac=MacAddress.parse(row.text("macaddress") or "-"),
        pa=_shared_address(row.text("provideraddress")),
        type=word_of(row, "type", words.TYPE, RecordType.STATIC, first=first),
        rule=word_of(row, "rule", words.RULE, Translation.ENCAP, first=first),
        vm=row.text("vmname"),
        customer_id=_guid_or_label(row.text("customerid")),
        context=row.text("context"),
        use_vm_mac=row.boolean("usevmmacaddress"),
        unusable=row.boolean("unusable"),
        unsynchronized=row.boolean("unsynchronized"),
        origin=origin,
    )


def mapping(row: Row, origin: Origin) -> LookupRecord:
    """Make a record of ``Get-PACAMapping``."""
    return LookupRecord(
        ca=neighbourly_address(row.text("caipaddress")),
        vsid=_vsid(row, "virtualsubnetid"),
        mac=MacAddress.parse(row.text("camacaddress") or "-"),
        pa=_shared_address(row.text("paipaddress")),
        origin=origin,
    )


def customer_route(row: Row, origin: Origin) -> CustomerRoute:
    """Make a route of ``Get-NetVirtualizationCustomerRoute``."""
    rdid = row.text("routingdomainid")
    if _GUID.fullmatch(rdid) is None:
        raise ValueError(f"'{rdid}' is not a GUID, and names no routing domain")
    text = row.text("destinationprefix")
    prefix = _prefix(text)
    has_host_bits = parse_address(text.partition("/")[0]) != prefix.network_address
    return CustomerRoute(
        rdid=rdid_text(rdid),
        prefix=prefix,
        next_hop=_next_hop(row),
        vsid=_vsid(row, "virtualsubnetid"),
        metric=_below(row.number("metric", default=255), 32, "metric"),
        written=text if has_host_bits else "",
        origin=origin,
    )


def provider_route(row: Row, origin: Origin) -> ProviderRoute:
    """Make a route of ``Get-NetVirtualizationProviderRoute``."""
    return ProviderRoute(
        prefix=_prefix(row.text("destinationprefix")),
        next_hop=_next_hop(row),
        metric=_below(row.number("metric", default=256), 32, "metric"),
        origin=origin,
    )


def default_route(row: Row, origin: Origin) -> ProviderRoute | None:
    """Make a route of the default gateway that ``Get-ProviderAddress`` prints, if there is one."""
    text = row.text("defaultgateway")
    gateway = _shared_address(text) if text else None
    if gateway is None or is_unspecified(gateway):
        return None
    everything = "0.0.0.0/0" if gateway.version == 4 else "::/0"
    return ProviderRoute(prefix=_prefix(everything), next_hop=gateway, metric=256, origin=origin)


def provider_address(row: Row, origin: Origin) -> ProviderAddress:
    """Make an address of ``Get-NetVirtualizationProviderAddress`` or ``Get-ProviderAddress``."""
    address = parse_address(row.text("provideraddress"))
    length = row.text("prefixlength", "subnetmask")
    mac = row.text("macaddress")
    return ProviderAddress(
        address=address,
        prefix=_on_link(address, length),
        mac=MacAddress.parse(mac) if mac.strip("0-:. ") else synthetic_mac(address),
        vlan=_vlan(row.text("vlanid", "vlan")),
        state=word_of(row, "addressstate", words.STATE, AddressState.PREFERRED),
        origin=origin,
    )


def _on_link(address: IPAddress, length: str) -> IPPrefix:
    return parse_prefix(f"{address}/{length}")


def _vlan(text: str) -> int:
    digits = text.upper().removeprefix("VLAN").strip() or "0"
    if not is_number(digits) or int(digits) > 4095:
        raise ValueError(f"'{text}' is no VLAN identifier")
    return int(digits)


# ---------------------------------------------------------------------------------------------
# Adapters and their lists


def adapter_ports(row: Row, origin: Origin, host: str) -> Iterator[VmPort]:
    """Make the ports of an adapter: one, or one in each routing domain that it serves.

    Raises:
        ValueError: It cannot be understood.
        CutOffError: Its lists were not written out.
    """
    name = port_name(row.text("vmname"), row.text("name"))
    digits = row.text("macaddress")
    if not digits.strip("0-:. "):
        raise ValueError(f"the adapter '{name}' has no MAC address yet")
    isolation = next(iter(row.inner("isolationsetting")), row)
    tag = next(iter(row.inner("vlansetting")), None)
    limit = row.number("dynamicipaddresslimit", default=0)
    plain = VmPort(
        name=name,
        network="",
        host=host,
        vsid=_vsid(row, "virtualsubnetid", default=0),
        mac=MacAddress.parse(digits),
        cas=tuple(_guest_addresses(row)),
        mac_spoofing=word_of(row, "macaddressspoofing", words.ON_OFF, default=False),
        dhcp_guard=word_of(row, "dhcpguard", words.ON_OFF, default=False),
        router_guard=word_of(row, "routerguard", words.ON_OFF, default=False),
        vlan=tag.number("accessvlanid", default=0) & 0xFFF if tag is not None else 0,
        isolation_mode=_isolation(isolation),
        dynamic_ip_limit=limit or None,
        origin=origin,
    )
    domains = row.inner("routingdomainlist")
    if not domains:
        yield plain
    for domain in domains:
        yield from _seats(plain, domain)


def _seats(adapter: VmPort, domain: Row) -> Iterator[VmPort]:
    """Make the ports of a multi-tenant adapter in one routing domain, one for each VSID."""
    rdid = domain.text("routingdomainid")
    if _GUID.fullmatch(rdid) is None:
        raise ValueError(f"'{rdid}' is not a GUID, and names no routing domain")
    for text in domain.texts("isolationid"):
        vsid = _below(int(text) if is_number(text) else -1, 24, "isolationid")
        # What the guest reports does not say in which routing domain an address is.
        yield replace(
            adapter, network=rdid_text(rdid), vsid=vsid, cas=(), gateway=True, trunk=adapter.name
        )


def _isolation(row: Row) -> IsolationMode | None:
    return word_of(row, "isolationmode", words.ISOLATION, None)


def _guest_addresses(row: Row) -> Iterator[IPAddress]:
    """Yield what the guest reports, but for link-local addresses: HNV knows none."""
    for text in row.texts("ipaddresses"):
        address = parse_address(text.partition("%")[0])
        if not address.is_link_local:
            yield address


def nested_lists(row: Row, host: str) -> Iterator[tuple[Row, Selector]]:
    """Yield the entries of an adapter's access control lists, with the port they are for."""
    vms = _port_of(host, row.text("vmname"), row.text("name"))
    for name in ("acllist", "extendedacllist"):
        for entry in row.inner(name):
            yield entry, vms


def owner(row: Row, host: str) -> Selector:
    """Return the port that an entry of an access control list is for.

    Raises:
        ValueError: It does not say.
    """
    parent = row.values.get("parentadapter")
    if isinstance(parent, dict):
        inner = row_of(parent, row.line, row.column)
        vm, name = inner.text("vmname"), inner.text("name")
    else:
        text = row.text("parentadapter")
        found_vm, found = _VM_NAME.search(text), _NAME.search(text)
        vm, name = found_vm["name"] if found_vm else "", found["name"] if found else ""
    vm = vm or row.text("vmname")
    if not vm:
        raise ValueError("the entry does not say which adapter it is for")
    return _port_of(host, vm, name or row.text("vmnetworkadaptername", "adaptername"))


def _port_of(host: str, vm: str, adapter: str) -> Selector:
    name = port_name(vm, adapter)
    return Selector(patterns=(f"{host}/{name}" if host else name,))


def port_acl(row: Row, origin: Origin, vms: Selector) -> PortAcl:
    """Make an entry of ``Get-VMNetworkAdapterAcl``."""
    return PortAcl(
        action=word_of(row, "action", words.ACL_ACTION, ""),
        direction=word_of(row, "direction", words.DIRECTION, Direction.BOTH),
        vms=vms,
        local=addresses_or_mac_of(_words(row, "localaddress")),
        remote=addresses_or_mac_of(_words(row, "remoteaddress")),
        origin=origin,
    )


def extended_acl(row: Row, origin: Origin, vms: Selector) -> ExtendedAcl:
    """Make an entry of ``Get-VMNetworkAdapterExtendedAcl``."""
    stateful = row.boolean("stateful")
    timeout = row.number("idlesessiontimeout", default=_IDLE_TIMEOUT)
    weight = row.text("weight")
    if not is_number(weight.removeprefix("-")):
        raise ValueError(f"weight is '{weight}', and a number is wanted")
    action = word_of(row, "action", words.ACL_ACTION, "")
    if action not in ("allow", "deny"):
        raise ValueError(f"action is '{row.text('action')}', which has no meaning here")
    return ExtendedAcl(
        action=action,
        direction=word_of(row, "direction", words.DIRECTION, Direction.INBOUND),
        weight=int(weight),
        vms=vms,
        local=addresses_of(_words(row, "localipaddress")),
        remote=addresses_of(_words(row, "remoteipaddress")),
        protocol=protocol_of(row.text("protocol")),
        local_port=ports_of(_words(row, "localport")),
        remote_port=ports_of(_words(row, "remoteport")),
        stateful=stateful,
        idle_timeout=timeout if stateful else None,
        isolation_id=row.number("isolationid", default=0),
        origin=origin,
    )


def firewall_rule(row: Row, origin: Origin, computer: str) -> FirewallRule:
    """Make a rule of ``Get-NetFirewallRule``, with its filters among its own properties."""
    return FirewallRule(
        name=row.text("displayname", "name"),
        vms=Selector(patterns=(port_name(computer),)) if computer else _ANYBODY,
        direction=word_of(row, "direction", words.DIRECTION, Direction.INBOUND),
        action=word_of(row, "action", words.RULE_ACTION, Action.ALLOW),
        protocol=protocol_of(row.text("protocol")),
        local_address=addresses_of(_words(row, "localaddress")),
        remote_address=addresses_of(_words(row, "remoteaddress")),
        local_port=ports_of(_words(row, "localport")),
        remote_port=ports_of(_words(row, "remoteport")),
        icmp_type=icmp_types_of(_words(row, "icmptype")),
        profiles=profiles_of(row.text("profile", "profiles")),
        enabled=word_of(row, "enabled", words.ENABLED, default=True),
        override_block=row.boolean("overrideblockrules"),
        program=_unless_any(row.text("program")),
        service=_unless_any(row.text("service")),
        origin=origin,
    )


def _unless_any(text: str) -> str:
    return "" if text.lower() == "any" else text


def _words(row: Row, name: str) -> list[str]:
    return [word for text in row.texts(name) for word in text.split(",")]


def _next_hop(row: Row) -> IPAddress | None:
    """Return the next hop; None is on-link, which the cmdlets print as 0.0.0.0 or ``::``."""
    text = row.text("nexthop")
    address = _shared_address(text) if text else None
    return address if address is not None and int(address) else None


def _vsid(row: Row, name: str, *, default: int | None = None) -> int:
    return _below(row.number(name, default=default), 24, name)


def _below(number: int, bits: int, name: str) -> int:
    if not 0 <= number < 1 << bits:
        raise ValueError(f"{name} does not fit into {bits} bits")
    return number


def _guid_or_label(text: str) -> str:
    return rdid_text(text) if _GUID.fullmatch(text) else text
