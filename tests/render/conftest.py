"""One step of each class, and a small network made by hand: no reader, no sample."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from hnvemu.addresses import MacAddress
from hnvemu.model.acl import (
    Action,
    Addresses,
    AddressRange,
    DatacenterAcl,
    Direction,
    ExtendedAcl,
    Firewall,
    FirewallDefault,
    FirewallRule,
    Mechanism,
    PortAcl,
)
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.model.policy import HostView, Policy, Profile, RecordKey
from hnvemu.model.provider import AddressState, Host, ProviderAddress, ProviderRoute
from hnvemu.model.records import CustomerRoute, LookupRecord, RecordType, Translation
from hnvemu.model.topology import Selector, VirtualNetwork, VmPort
from hnvemu.switch.fabric import Fabric
from hnvemu.trace import steps
from hnvemu.value import replace
from hnvemu.wire.build import build_frame
from hnvemu.wire.encapsulation import Encapsulation, OuterFault, Tunnel
from hnvemu.wire.flow import Fault
from hnvemu.wire.neighbour import announcement, question

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

FILE = "policies/small.yaml"
ROUTER_MAC = MacAddress(0x0200_00FF_FF01)
RDID = "{AAAAAAAA-0000-0000-0000-000000000001}"


def at(line: int) -> Origin:
    return Origin(FILE, line, 5)


def provider_address(text: str, line: int, *, vlan: int = 0) -> ProviderAddress:
    address = ip_address(text)
    return ProviderAddress(
        address=address,
        prefix=ip_network(f"{text}/24", strict=False),
        mac=MacAddress(0x0200 << 32 | int(address)),
        vlan=vlan,
        origin=at(line),
    )


def record(ca: str, vsid: int, mac: int, pa: str, line: int, **more: object) -> LookupRecord:
    return LookupRecord(
        ca=ip_address(ca),
        vsid=vsid,
        mac=MacAddress(mac),
        pa=ip_address(pa),
        origin=at(line),
        **more,  # type: ignore[arg-type]
    )


def route(
    prefix: str, next_hop: str | None, vsid: int, line: int, metric: int = 255
) -> CustomerRoute:
    return CustomerRoute(
        rdid=RDID,
        prefix=ip_network(prefix),
        next_hop=None if next_hop is None else ip_address(next_hop),
        vsid=vsid,
        metric=metric,
        network="T",
        origin=at(line),
    )


def port(name: str, host: str, vsid: int, mac: int, ca: str, line: int, **more: object) -> VmPort:
    return VmPort(
        name=f"T/{name}",
        network="T",
        host=host,
        vsid=vsid,
        mac=MacAddress(mac),
        cas=(ip_address(ca),),
        origin=at(line),
        **more,  # type: ignore[arg-type]
    )


H1 = provider_address("192.168.10.11", 5)
H2 = provider_address("192.168.10.12", 8)
PORTS = (
    port("A", "H1", 5001, 0x0200_0000_010A, "10.0.1.10", 20),
    port("B", "H2", 5001, 0x0200_0000_010B, "10.0.1.11", 21),
    port("X", "H2", 5003, 0x0200_0000_0214, "10.1.2.20", 22),
    port("GW", "H2", 5002, 0x0200_0000_03FA, "10.0.2.250", 23, gateway=True),
)
RECORDS = (
    record("10.0.1.10", 5001, 0x0200_0000_010A, "192.168.10.11", 20, generated=True),
    record("10.0.1.11", 5001, 0x0200_0000_010B, "192.168.10.12", 21, generated=True),
    record("10.1.2.20", 5003, 0x0200_0000_0214, "192.168.10.12", 22, generated=True),
    record("10.0.2.250", 5002, 0x0200_0000_03FA, "192.168.10.12", 23, generated=True),
    record(
        "0.0.0.0", 5002, 0x0200_0000_03FA, "192.168.10.12", 23,
        type=RecordType.GATEWAY_WILDCARD, generated=True,
    ),
)  # fmt: skip
ROUTES = (
    route("10.0.1.0/24", None, 5001, 12),
    route("10.0.2.0/24", None, 5002, 13),
    route("10.1.2.0/24", None, 5003, 14),
    route("0.0.0.0/0", "10.0.2.250", 5002, 15),
    route("0.0.0.0/0", "10.0.2.251", 5002, 16, metric=300),
)


def small_policy(**changes: object) -> Policy:
    fields: dict[str, object] = {
        "name": "small",
        "hosts": {
            "H1": Host(name="H1", addresses=(H1,), origin=at(4)),
            "H2": Host(name="H2", addresses=(H2,), origin=at(7)),
        },
        "networks": {"T": VirtualNetwork(name="T", rdid=RDID, origin=at(10))},
        "ports": {each.name: each for each in PORTS},
        "routes": ROUTES,
        "records": RECORDS,
        "sha256": "5" * 64,
        **changes,
    }
    return Policy(**fields)  # type: ignore[arg-type]


def frame(source: str, dst: str, *, protocol: int = 6, ttl: int = 64, tos: int = 0) -> bytes:
    """Return what the guest sends; only destinations in 10.0.1.0/24 are its neighbours."""
    sender = next(each for each in PORTS if each.name == source)
    macs = {each.cas[0]: each.mac for each in PORTS if each.vsid == sender.vsid}
    src_port, dst_port = (49152, 80) if protocol in {6, 17} else (0, 0)
    return build_frame(
        src_mac=sender.mac,
        dst_mac=macs.get(ip_address(dst), ROUTER_MAC),
        src=sender.cas[0],
        dst=ip_address(dst),
        protocol=protocol,
        ttl=ttl,
        tos=tos,
        src_port=src_port,
        dst_port=dst_port,
    )


def send_through(
    source: str,
    dst: str,
    *,
    protocol: int = 6,
    ttl: int = 64,
    profile: Profile | None = None,
    **changes: object,
) -> Trace:
    fabric = Fabric.compile(small_policy(**changes), profile=profile)
    return fabric.send(frame(source, dst, protocol=protocol, ttl=ttl), at=source)


def asks(target: str) -> bytes:
    """Return what A asks everybody."""
    a = PORTS[0]
    return question(src_mac=a.mac, src=a.cas[0], target=ip_address(target), dst_mac=None)


@pytest.fixture
def send() -> Callable[..., Trace]:
    """Send a frame through the small network, with changes to its policy."""
    return send_through


NO_WEB = Firewall(
    rules=(
        FirewallRule(
            name="no-web",
            vms=Selector(patterns=("X",)),
            direction=Direction.INBOUND,
            action=Action.BLOCK,
            origin=at(31),
        ),
    )
)


@pytest.fixture(scope="session")
def traces() -> dict[str, Trace]:
    """Traces that between them end in every way."""
    send = send_through
    stale = HostView(
        host="H2",
        lookup_records=(record("10.0.1.11", 5001, 0x0200_0000_010B, "192.168.10.99", 40),),
    )
    ignorant = HostView(
        host="H2", without_lookup_records=(RecordKey(5003, ip_address("10.1.2.20")),)
    )
    external = {
        "H1": Host(name="H1", addresses=(H1,), use_external_router=True, origin=at(4)),
        "H2": Host(name="H2", addresses=(H2,), origin=at(7)),
    }
    unhandled = port("A", "H1", 0, 0x0200_0000_010A, "10.0.1.10", 20)
    conversation = send("T/A", "10.1.2.20")
    conversation.reply = send("T/X", "10.0.1.10")
    conversation.assumptions = ("source port 49152", "TTL 64", "new connection")
    captured = Fabric.compile(small_policy())
    together = {"T/A": PORTS[0], "T/B": replace(PORTS[1], host="H1")}
    tagged = {
        "H1": Host(name="H1", addresses=(replace(H1, vlan=77),), origin=at(4)),
        "H2": Host(name="H2", addresses=(replace(H2, vlan=77),), origin=at(7)),
    }
    marked = bytearray(
        send("T/A", "10.0.1.11").wire[0].frame[:42] + frame("T/A", "10.0.1.11", tos=2)
    )
    marked[15] |= 3  # congestion experienced
    marked[24:26] = (int.from_bytes(marked[24:26]) - 3).to_bytes(2)
    with_c = {
        each.name: each
        for each in (*PORTS, port("C", "H2", 5001, 0x0200_0000_010C, "10.0.1.12", 24))
    }
    learning = Fabric.compile(small_policy(ports=with_c, records=(*RECORDS, L2_ONLY)))
    return {
        "same subnet": send("T/A", "10.0.1.11", protocol=1),
        "conversation": conversation,
        "one host": send("T/B", "10.1.2.20"),
        "to the gateway": send("T/A", "8.8.8.8", protocol=17),
        "counted": send("T/A", "10.1.2.20", profile=Profile.WS2012R2),
        "vxlan": send("T/A", "10.1.2.20", profile=Profile.HNVV2),
        "2012": send("T/B", "10.1.2.20", profile=Profile.WS2012),
        "expired": send("T/A", "10.1.2.20", ttl=1, profile=Profile.WS2012R2),
        "no record": send("T/A", "10.0.1.99", protocol=1),
        "denied": send("T/A", "10.1.2.20", firewall=NO_WEB),
        "denied by default": send(
            "T/A",
            "10.1.2.20",
            firewall=Firewall(defaults=(FirewallDefault(inbound=Action.BLOCK, origin=at(30)),)),
        ),
        "stale": send("T/A", "10.0.1.11", views={"H2": stale}),
        "unknown there": send("T/A", "10.1.2.20", views={"H2": ignorant}),
        "external router": send("T/A", "10.1.2.20", hosts=external),
        "passed through": send("T/A", "10.1.2.20", ports={"T/A": unhandled}),
        "multicast": send("T/A", "224.0.0.1", protocol=17),
        "answered": captured.send(asks("10.0.1.11"), at="T/A"),
        "unanswered": captured.send(asks("10.0.1.99"), at="T/A"),
        "flooded": learning.send(asks("10.0.1.99"), at="T/A"),
        "learned": learning.send(announcement(src_mac=A.mac, address=A.cas[0] + 60), at="T/A"),
        "to a group": Fabric.compile(small_policy(ports=with_c, records=(*RECORDS, GROUP))).send(
            frame("T/A", "239.1.1.1", protocol=17), at="T/A"
        ),
        "not IP": captured.send(bytes.fromhex("02000000010b 02000000010a 88cc"), at="T/A"),
        "captured": captured.send(conversation.wire[0].frame, at="pa:H2"),
        "no tunnel": captured.send(bytes(60), at="pa:H2"),
        "marked": captured.send(bytes(marked), at="pa:H2"),
        "tagged outside": send("T/A", "10.0.1.11", hosts=tagged),
        "tagged inside": captured.send(
            bytes.fromhex("02000000010b 02000000010a 8100 0005 88cc"), at="T/A"
        ),
        "switched": Fabric.compile(small_policy(ports=together), profile=Profile.WS2012).send(
            bytes.fromhex("02000000010b 02000000010a 88cc"), at="T/A"
        ),
    }


A, B, X, _GW = PORTS
REC, WILD = RECORDS[1], RECORDS[4]
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
RULE = FirewallRule(name="no [web]", origin=at(31))
PORT_ACL = PortAcl(
    action="deny",
    direction=IN,
    remote=Addresses((AddressRange(4, 0x0A000000, 0x0A00FFFF),)),
    origin=at(32),
)
EXTENDED_ACL = ExtendedAcl(action="allow", direction=OUT, weight=100, origin=at(33))
DATACENTER_ACL = DatacenterAcl(
    name="web [in]", action="deny", direction=OUT, priority=110, origin=at(34)
)
DEFAULT = FirewallDefault(inbound=Action.BLOCK, outbound=Action.ALLOW, origin=at(30))
TUNNEL = Tunnel(Encapsulation.NVGRE, H1.mac, H2.mac, 77, H1.address, H2.address, 5003)
CA, PA, MAC = ip_address("10.0.1.99"), ip_address("192.168.10.99"), MacAddress(0x0200_00DE_AD01)
REDIRECT = steps.ControlMessage("REDIRECT", 4, 5, 10, H1.address)
UNREACHABLE = steps.ControlMessage("UNREACHABLE", 6, 1, 1, H1.address)
NAT = record("10.0.1.11", 5001, 0x0200_0000_010B, "192.168.10.12", 21, rule=Translation.NAT)
UNUSABLE = record("10.0.1.11", 5001, 0x0200_0000_010B, "192.168.10.12", 21, unusable=True)
PROVIDER_ROUTE = ProviderRoute(
    prefix=ip_network("0.0.0.0/0"), next_hop=ip_address("192.168.10.1"), origin=at(6)
)
OTHER_VLAN = provider_address("192.168.10.12", 8, vlan=77)
V6 = ip_address("2001:db8::1")
L2_ONLY = record("0.0.0.0", 5001, 0x0200_0000_010A, "192.168.10.11", 25, type=RecordType.L2_ONLY)
DYNAMIC = record("10.0.1.99", 5001, 0x0200_0000_010A, "192.168.10.11", 25, type=RecordType.DYNAMIC)
GROUP = record("239.1.1.1", 5001, 0x0200_0000_010A, "239.9.9.9", 26)
TO_GROUP = Tunnel(
    Encapsulation.NVGRE, H1.mac, MacAddress(0x0100_5E09_0909), 0, H1.address, GROUP.pa, 5001
)

STEPS: tuple[Step, ...] = (
    steps.NotEvaluated("extended_acls", at(33)),
    steps.Entered(A),
    steps.PassedThrough(A),
    steps.FrameAccepted(),
    steps.VlanTagged(5),
    steps.DestinationMacNull(),
    steps.SourceMacInvalid(MacAddress(0)),
    steps.SourceMacInvalid(MacAddress(0x0100_5E00_0001)),
    steps.SourceMacSpoofed(MAC, A),
    steps.GuardsPassed(A),
    steps.DhcpGuarded(A),
    steps.RouterGuarded(A),
    steps.FilterSkipped(A, OUT, Mechanism.FIREWALL),
    steps.FilterSkipped(A, OUT, Mechanism.EXTENDED),
    steps.AclAllowed(RULE, A, OUT),
    steps.AclAllowed(EXTENDED_ACL, A, OUT),
    steps.AclAllowed(DATACENTER_ACL, A, OUT),
    steps.AclDefaulted(DEFAULT, A, OUT),
    steps.AclDefaulted(FirewallDefault(outbound=Action.ALLOW, origin=BUILT_IN), A, OUT),
    steps.AclUnmatched(X, IN, Mechanism.PORT),
    steps.AclUnmatched(A, OUT, Mechanism.EXTENDED),
    steps.AclDenied(RULE, X, IN),
    steps.AclDenied(PORT_ACL, X, IN),
    steps.AclDenied(EXTENDED_ACL, A, OUT),
    steps.AclDenied(DATACENTER_ACL, A, OUT),
    steps.AclDefaultDenied(DEFAULT, X, IN),
    steps.PortBlocked(X, IN),
    steps.SessionMatched(A, IN, Mechanism.FIREWALL),
    steps.SessionMatched(A, IN, Mechanism.EXTENDED),
    steps.SessionAssumed(A, IN, Mechanism.FIREWALL),
    steps.SessionOpened(A, OUT, Mechanism.FIREWALL, None),
    steps.SessionOpened(A, OUT, Mechanism.EXTENDED, 255),
    steps.PacketAccepted(4),
    steps.EtherTypeUnsupported(0x88CC),
    steps.PacketMalformed(Fault.LENGTH),
    steps.ChecksumWrong(),
    steps.ResolutionAccepted(4),
    steps.GroupAccepted(6),
    steps.DhcpLeft(Profile.HNVV2),
    steps.ResolutionAnswered(REC, A),
    steps.GatewayAnswered(REC, A),
    steps.DuplicateAnswered(REC, A),
    steps.DuplicateUnheld(5001, CA),
    steps.ResolutionUnanswered(5001, CA),
    steps.ResolutionOffSubnet(5001, CA, ROUTES[2]),
    steps.ResolutionCarried(REC),
    steps.ResolutionFlooded(CA, L2_ONLY),
    steps.AnnouncementDropped(5001, CA, MAC),
    steps.AnnouncementRefused(REC, MAC),
    steps.AnnouncementRepeated(REC),
    steps.AnnouncementLearnt(DYNAMIC),
    steps.SwitchedLocally(B),
    steps.SwitchMissed(),
    steps.SourceMatched(REC),
    steps.SourceWildcard(WILD),
    steps.SourceMissed(5001, CA),
    steps.SourceMacMismatched(REC, MAC),
    steps.SourcePaMismatched(REC, "H1"),
    steps.SourceLearnt(DYNAMIC),
    steps.SourceUnassigned(L2_ONLY),
    steps.LearningRefused(A, CA, 2),
    steps.Replicated(()),
    steps.Replicated((steps.CopiedToPort(B),)),
    steps.Replicated((steps.CopiedToPort(B), steps.CopiedToHost(REC))),
    steps.ReplicatedLocally((steps.CopiedToPort(B),)),
    steps.CopiedToPort(B),
    steps.CopiedToHost(REC),
    steps.CopiedToGroup(GROUP),
    steps.RouteMatched(ROUTES[0], ()),
    steps.RouteMatched(ROUTES[3], (ROUTES[4],)),
    steps.RouteMatched(ROUTES[3], (route("0.0.0.0/0", "10.0.2.252", 5002, 17),)),
    steps.RouteMissed(RDID, CA),
    steps.RoutingDomainMissed(5001),
    steps.NextHopOffLink(ROUTES[3]),
    steps.ExactMatched(REC),
    steps.ExactMissed(),
    steps.LookupMatched(REC),
    steps.LookupMatched(NAT),
    steps.LookupMissed(5001, CA),
    steps.LookupUnusable(UNUSABLE),
    steps.LookupMissedOnLink(5002, CA, WILD),
    steps.GatewayAddressed(REC),
    steps.DestinationMacKnown(),
    steps.DestinationMacForeign(MAC, REC),
    steps.MethodAgreed(),
    steps.MethodMismatched(NAT, REC),
    steps.HandedToExternalRouter(5003, "H1", at(4)),
    steps.Unchanged(False),
    steps.Unchanged(True),
    steps.Rewritten(MAC, True),
    steps.RewrittenAndCounted(MAC),
    steps.TtlExpired(1),
    steps.KeptLocal(PA),
    steps.TunnelNeeded(),
    steps.MethodUnsupported(NAT),
    steps.ProviderRouted(H1, H2.address, H2.address, None),
    steps.ProviderRouted(H1, PA, ip_address("192.168.10.1"), PROVIDER_ROUTE),
    steps.ProviderRouteMissed("H1", PA),
    steps.ProviderFamiliesDiffer(PA, V6),
    steps.PaUnresolved(PA),
    steps.PaVlansDiffer(H1, OTHER_VLAN),
    steps.PacketTooBig(1459, 1458),
    steps.Sent(TUNNEL, "H2"),
    steps.ReplicatedByGroup(TO_GROUP, ("H2", "H3")),
    steps.ReplicatedByGroup(TO_GROUP, ()),
    steps.Arrived(TUNNEL, "H2", 0, OuterFault.NONE),
    steps.Arrived(TUNNEL, "H2", 0, OuterFault.NOT_IP),
    steps.Received(H2),
    steps.GroupReceived(GROUP.pa),
    steps.PaNotOwned(PA, "H2"),
    steps.PaNotPreferred(H2, AddressState.DEPRECATED),
    steps.TunnelAccepted(),
    steps.TunnelBroken(OuterFault.GRE_FLAGS),
    steps.InnerTagged(5),
    steps.CongestionCopied(),
    steps.CongestionLost(),
    steps.InboundMatched(REC),
    steps.InboundWildcard(WILD),
    steps.InboundMissed(5001, CA, UNREACHABLE),
    steps.InboundMissed(5001, CA, None),
    steps.InboundPaMismatched(REC, PA, REDIRECT),
    steps.InboundMacMismatched(REC, MAC),
    steps.RemoteSourceMatched(REC),
    steps.RemoteSourceWildcard(WILD, ROUTES[3]),
    steps.RemoteSourceMissed(5001, CA),
    steps.RemoteSourcePaMismatched(WILD, PA),
    steps.RemoteSourceMacMismatched(REC, MAC),
    steps.RemoteSourceLearnt(DYNAMIC),
    steps.RemoteSourceUnassigned(L2_ONLY),
    steps.MemberFound(B),
    steps.MembersMissed(5001, "H2"),
    steps.PortFound(B, REC),
    steps.PortMissed(REC, "H2"),
    steps.PortVsidMismatched(B, 5003),
    steps.Delivered(B),
    steps.DeliveredToGateway(X),
)


@pytest.fixture
def every_step() -> tuple[Step, ...]:
    """Steps of every class, in the order of the pipeline."""
    return STEPS
