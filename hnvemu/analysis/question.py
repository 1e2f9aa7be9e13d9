"""From what a user says to a frame, and from the frame to a trace.

Rules of the file: what is not said is filled in as the guest would, and every such choice is in
the trace's ``assumptions``. What cannot be meant raises :class:`QuestionError`, never guesses.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.addresses import MacAddress, address_of, parse_address
from hnvemu.errors import QuestionError
from hnvemu.model.indexed import has_adapters
from hnvemu.switch.guest import first_hop
from hnvemu.tables.sessions import NO_SESSIONS
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import ExactMatched, LookupMatched, PacketAccepted, RouteMatched
from hnvemu.value import value
from hnvemu.wire.build import SYN, build_frame
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP, read_ethernet, read_flow, read_ip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.model.policy import Policy, Service
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.switch.fabric import Fabric
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace
    from hnvemu.wire.flow import Flow

ACK: Final = 0x10

_SOURCE_PORT: Final = 49152  # the first dynamic port of Windows
_TTL: Final = 64
_ETHERNET_HEADER: Final = 14
_PORTS = {"tcp": TCP, "udp": UDP, "6": TCP, "17": UDP}
_PORT_NAMES = {TCP: "tcp", UDP: "udp"}
_ICMP = {"icmp", "icmpv4", "icmpv6"}
_ECHO_REPLIES = {(4, 8): 0, (6, 128): 129}
_SERVICE_HELP: Final = "such as tcp/443, udp/53, icmp/echo, icmp/3:4, arp, nd or 47"
_LIKE_AN_ADDRESS = re.compile(r"[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%.*)?")
_DECIMAL = re.compile("[0-9]{1,9}", re.ASCII)
_HEX_GROUP = re.compile(r"[^\s:-]+")
_DUMP_OFFSET = re.compile(r"\s*(0x[0-9a-f]{4,8}:)\s", re.ASCII | re.IGNORECASE)
_HEX = frozenset("0123456789abcdefABCDEF")


class State(StrEnum):
    """Whether a packet opens its conversation or belongs to one that all ports admitted."""

    NEW = "new"
    ESTABLISHED = "established"


@value
class Question:
    """What a user wants to know the fate of; None: not said."""

    source: str
    """A VM, or ``pa:HOST`` for an encapsulated frame that reaches a host."""
    destination: str | None = None
    """A VM or an address; without one, ``frame`` is the packet."""
    service: str | None = None
    """``tcp/443``, ``icmp/echo``, ``arp``, ``47``, or a name of the policy's ``services``."""
    source_port: int | None = None
    ttl: int | None = None
    length: int | None = None
    """Total length of the IP packet."""
    df: bool = False
    src_mac: str | None = None
    dst_mac: str | None = None
    src_ip: str | None = None
    state: State | None = None
    frame: bytes | None = None
    """The frame itself, in place of all that describes one."""
    conversation: bool = False
    """Whether the reply is asked for too."""
    reply_after: int = 0
    """Seconds between a packet and the reply to it: sessions may be forgotten meanwhile."""


class Transport(NamedTuple):
    """What a service puts behind the IP header."""

    protocol: int
    dst_port: int = 0
    icmp_type: int | None = None
    """None: an echo request, where the protocol is ICMP."""
    icmp_code: int = 0

    @property
    def has_ports(self) -> bool:
        """Whether the header has a source and a destination port."""
        return self.protocol in _PORT_NAMES


class Endpoints(NamedTuple):
    """Who sends to whom."""

    port: VmPort
    src: IPAddress
    dst: IPAddress


class NextHop(NamedTuple):
    """Where the sender's host sends packets for a destination, firewalls aside."""

    port: VmPort
    src: IPAddress
    dst: IPAddress
    steps: tuple[Step, ...]
    """What the tables answered; the last one says why there is no next hop, where there is none."""
    route: CustomerRoute | None
    record: LookupRecord | None
    host: str | None
    """The host that owns the record's PA."""

    @property
    def address(self) -> IPAddress | None:
        """The customer address of the next hop: the destination itself where it is on-link."""
        if self.record is not None:
            return self.record.ca
        if self.route is None:
            return None
        return self.route.next_hop or self.dst


def ask(fabric: Fabric, question: Question) -> Trace:
    """Return the trace that answers ``question``, with what was filled in, and the reply.

    Raises:
        QuestionError: A name, an address, a number or the packet is not one.
    """
    assumptions: list[str] = []
    if question.frame is not None:
        frame, at = question.frame, question.source
    else:
        frame, at = _described(fabric, question, assumptions)
    established = question.state is State.ESTABLISHED
    _check_delay(question, established=established)
    trace = fabric.send(frame, at=at, sessions=None if established else NO_SESSIONS)
    carries = trace.flow.version and trace.flow.target < 0  # ARP and ND open none
    if carries and question.state is None and not at.startswith("pa:"):
        assumptions.append("new connection")
    trace.assumptions = tuple(assumptions)
    if question.conversation:
        trace.reply = _reply(fabric, trace, established=established, after=question.reply_after)
        if trace.reply is not None:
            from hnvemu.analysis.conversation import remarks  # noqa: PLC0415 - few ask for a reply

            trace.remarks = remarks(trace, trace.reply, reply_after=question.reply_after)
    return trace


def _check_delay(question: Question, *, established: bool) -> None:
    after = question.reply_after
    if after < 0:
        raise QuestionError(f"a reply cannot come {-after} seconds before what it replies to")
    if after and not question.conversation:
        raise QuestionError("the time of a reply is for a conversation", "add --conversation")
    if after and established:
        raise QuestionError(
            "sessions of an established connection have no age", "ask for a new connection"
        )


def next_hop(fabric: Fabric, source: str, destination: str) -> NextHop:
    """Ask the tables of the sender's host for route and record alone.

    The tables are those that the pipeline asks, in its order.

    Raises:
        QuestionError: There is no such sender, or no such destination.
    """
    ends = endpoints(fabric, source, destination)
    port, src, dst = ends
    if fabric.policy.hosts[port.host].down:
        raise QuestionError(f"'{port.name}' cannot send: host '{port.host}' is down")
    frame = build_frame(
        src_mac=port.mac,
        dst_mac=first_hop(fabric.tables, port, dst).mac,
        src=src,
        dst=dst,
        protocol=ICMP if dst.version == 4 else ICMPV6,
    )
    steps = tuple(_asked(fabric, port.name, read_flow(frame)))
    route = record = host = None
    for step in steps:
        if isinstance(step, RouteMatched):
            route = step.route
        elif isinstance(step, (ExactMatched, LookupMatched)):
            record = step.record
            if fabric.tables.owner(record.pa) is not None:
                host = fabric.tables.behind(record.pa)[0]
    return NextHop(port, src, dst, steps, route, record, host)


def _asked(fabric: Fabric, port: str, flow: Flow) -> Iterator[Step]:
    """Yield what the tables behind ``port`` answer, up to the record (FWD-3 to FWD-12)."""
    asked = fabric.tables.sending(port)
    yield asked.entered
    if asked.entered.ends:
        return
    kind = asked.kinds.find(flow)
    yield kind
    if not isinstance(kind, PacketAccepted):  # groups have no next hop
        return
    if asked.exact is not None:
        exact = asked.exact.find(flow)
        yield exact
        if exact.ends or isinstance(exact, ExactMatched):
            return
    route = asked.routes.find(flow)
    yield route
    if isinstance(route, RouteMatched):
        yield asked.lookups.find(flow, route)


def endpoints(
    fabric: Fabric,
    source: str,
    destination: str,
    *,
    src_ip: str | None = None,
    version: int | None = None,
    anonymous: bool = False,
) -> Endpoints:
    """Return the sending port and the two addresses that ``source`` and ``destination`` mean.

    Args:
        fabric: Whose names are known.
        source: A port.
        destination: A port or an address.
        src_ip: The source address, where it is not the port's own.
        version: Of the addresses, where only one family will do.
        anonymous: The sender speaks from the unspecified address, and needs none of its own.

    Raises:
        QuestionError: A name or address is none, or the two have no address family in common.
    """
    if source.startswith("pa:"):
        raise QuestionError(
            f"'{source}' is a host's provider side, where only whole frames arrive",
            "name a VM, or give the frame itself",
        )
    port = fabric.port(source)
    src = None if src_ip is None else _address(src_ip)
    target = _target(fabric, port, destination)
    families = {src.version} if src is not None else {ca.version for ca in port.cas}
    if anonymous:
        families = {4, 6}
    if version is not None:
        families &= {version}
    if not isinstance(target, tuple):
        dst = target
        if src is not None and src.version != dst.version:
            raise QuestionError(
                f"source address {src} is IPv{src.version}, and {dst} is IPv{dst.version}"
            )
    else:
        name, cas = target
        found = next((ca for ca in cas if ca.version in families), None)
        if found is None:
            raise QuestionError(_nothing_common(port, src, name, cas))
        dst = found
    if anonymous:
        src = address_of(dst.version, 0)
    if src is None:
        src = next((ca for ca in port.cas if ca.version == dst.version), None)
    if src is None:
        raise QuestionError(
            f"'{port.name}' has no IPv{dst.version} address to send to {dst} from",
            _has(port.name, port.cas),
        )
    return Endpoints(port, src, dst)


def transport(text: str, policy: Policy, version: int, assumptions: list[str]) -> Transport:
    """Return what ``text`` means in a packet of IP ``version``.

    Args:
        text: A protocol with its port, type or number, or the name of a service.
        policy: Whose services are known; a name of its own comes first.
        version: 4 or 6: ``icmp`` means that of the family.
        assumptions: Gets what was chosen of a service that allows more than one packet.

    Raises:
        QuestionError: ``text`` is no service, or not one that a packet can be made of.
    """
    if text in policy.services:
        return _named(text, policy.services[text], version, assumptions)
    word, slash, detail = text.lower().partition("/")
    if word in _PORTS:
        return Transport(_PORTS[word], _port(text, detail))
    if word in _ICMP:
        return _icmp(text, word, detail, version)
    if _DECIMAL.fullmatch(word) and not slash:
        if int(word) > 0xFF:
            raise QuestionError(f"protocol {word} does not fit: 0 to 255")
        return Transport(int(word))
    from hnvemu.reader.report import did_you_mean  # noqa: PLC0415 - only mistakes pay for it

    known = [*policy.services, "tcp", "udp", "icmp", "icmp/echo"]
    near = did_you_mean(text, known) or (slash and did_you_mean(word, ["tcp", "udp", "icmp"]))
    raise QuestionError(f"'{text}' is not a service", near or _SERVICE_HELP)


def parse_hex(text: str) -> bytes:
    """Read the octets of a frame: hex digits, with white space, ``:``, ``-`` and ``0x`` between.

    Raises:
        QuestionError: Something else is in it, an octet has one digit, or there are fewer than 14.
    """
    octets = bytearray()
    if dump := _DUMP_OFFSET.match(text):
        raise QuestionError(
            f"'{dump[1]}' at character {dump.start(1) + 1} is the offset of a dump",
            "give the octets alone",
        )
    for group in _HEX_GROUP.finditer(text):
        digits, at = group[0], group.start() + 1
        if digits[:2] in {"0x", "0X"}:
            digits, at = digits[2:], at + 2
        for position, sign in enumerate(digits):
            if sign not in _HEX:
                raise QuestionError(f"'{sign}' at character {at + position} is not a hex digit")
        if len(digits) % 2:
            raise QuestionError(
                f"'{_short(digits)}' at character {at} has {len(digits)} hex digits,"
                " which are not whole octets"
            )
        octets += bytes.fromhex(digits)
    if len(octets) < _ETHERNET_HEADER:
        raise QuestionError(f"a frame has at least 14 octets, not {len(octets)}")
    return bytes(octets)


def _described(fabric: Fabric, question: Question, assumptions: list[str]) -> tuple[bytes, str]:
    """Build the frame that a question describes; return it and the port it is sent from."""
    if question.destination is None:
        raise QuestionError("a packet needs a destination", "name a VM or an address")
    if _is_resolution(question):
        return _resolution(fabric, question, question.destination)
    port, src, dst = endpoints(
        fabric, question.source, question.destination, src_ip=question.src_ip
    )
    version = dst.version
    if question.service is None:
        assumptions.append("ICMP echo request")
        carried = Transport(ICMP if version == 4 else ICMPV6)
    else:
        carried = transport(question.service, fabric.policy, version, assumptions)
    if carried.icmp_type is None and carried.protocol == (ICMP if version == 4 else ICMPV6):
        if question.length is None:
            assumptions.append("56 octets of payload")
    elif question.source_port is None and carried.has_ports:
        assumptions.append(f"source port {_SOURCE_PORT}")
    if question.source_port is not None and not carried.has_ports:
        raise QuestionError(
            f"source port {question.source_port} is for TCP and UDP,"
            f" and protocol {carried.protocol} has no ports"
        )
    if question.df and version == 6:
        raise QuestionError('IPv6 has no bit that says "don\'t fragment"')
    ttl = question.ttl
    if ttl is None:
        ttl = _TTL
        assumptions.append(f"{'TTL' if version == 4 else 'hop limit'} {ttl}")
    if question.dst_mac is None:
        hop = first_hop(fabric.tables, port, dst)
        dst_mac = hop.mac
        if not hop.known:
            assumptions.append(f"destination MAC {dst_mac} ({hop.why})")
    else:
        dst_mac = _mac(question.dst_mac)
    assumptions += _out_of_reach(fabric, port, question.destination, dst)
    established = question.state is State.ESTABLISHED
    try:
        frame = build_frame(
            src_mac=port.mac if question.src_mac is None else _mac(question.src_mac),
            dst_mac=dst_mac,
            src=src,
            dst=dst,
            protocol=carried.protocol,
            src_port=_SOURCE_PORT if question.source_port is None else question.source_port,
            dst_port=carried.dst_port,
            icmp_type=carried.icmp_type,
            icmp_code=carried.icmp_code,
            tcp_flags=ACK if established else SYN,
            ttl=ttl,
            length=question.length,
            df=question.df,
        )
    except ValueError as error:
        raise QuestionError(str(error)) from None
    return frame, port.name


def _is_resolution(question: Question) -> bool:
    """Whether the service is one of :mod:`hnvemu.analysis.neighbour`."""
    word = (question.service or "").partition("/")[0]
    return word.lower() in {"arp", "nd", "ndp"}


def _resolution(fabric: Fabric, question: Question, destination: str) -> tuple[bytes, str]:
    """Build the message of address resolution that a question describes; and who sends it."""
    from hnvemu.analysis.neighbour import (  # noqa: PLC0415 - few traces are of ARP
        ANONYMOUS,
        message,
        neighbour,
    )

    meant = neighbour(question.service or "")
    port, src, dst = endpoints(
        fabric,
        question.source,
        destination,
        src_ip=question.src_ip,
        version=meant.version,
        anonymous=meant.wanted in ANONYMOUS,
    )
    if dst.version != meant.version:
        raise QuestionError(
            f"'{question.service}' is not about IPv{dst.version} addresses, and {dst} is one",
            "nd fits IPv6" if dst.version == 6 else "arp fits IPv4",
        )
    return message(fabric, question, meant.wanted, port, src, dst), port.name


def _reply(fabric: Fabric, trace: Trace, *, established: bool, after: int) -> Trace | None:
    """Trace what the receiver answers ``after`` seconds; None where nobody does."""
    if trace.flow.target >= 0:
        from hnvemu.analysis.neighbour import answered_by_guest  # noqa: PLC0415 - few traces are ARP

        resolved = answered_by_guest(fabric, trace)
        return None if resolved is None else fabric.after(trace).send(resolved[0], at=resolved[1])
    if not trace.delivered:
        return None
    delivered = trace.delivered[0]
    flow = delivered.flow
    icmp_type = None
    flags = ACK
    if not flow.version:
        return None
    if flow.protocol in _PORT_NAMES and flow.src_port < 0:
        return None  # a later fragment says nothing of ports
    if flow.protocol == TCP:
        *_, ethertype, at = read_ethernet(delivered.frame)
        segment = read_ip(delivered.frame, ethertype, at).start
        flags |= delivered.frame[segment + 13] & SYN
    elif flow.icmp >= 0:
        icmp_type = _ECHO_REPLIES.get((flow.version, flow.icmp >> 8))
        if icmp_type is None:
            return None
    port = fabric.policy.ports[delivered.to]
    src, dst = address_of(flow.version, flow.dst), address_of(flow.version, flow.src)
    later = fabric.after(trace)
    hop = first_hop(later.tables, port, dst)
    frame = build_frame(
        src_mac=port.mac,
        dst_mac=hop.mac,
        src=src,
        dst=dst,
        protocol=flow.protocol,
        src_port=max(flow.dst_port, 0),
        dst_port=max(flow.src_port, 0),
        icmp_type=icmp_type,
        echo_id=max(flow.echo_id, 0),
        tcp_flags=flags,
        ttl=_TTL,
    )
    sessions = None if established else trace.sessions.aged(after)
    reply = later.send(frame, at=port.name, sessions=sessions)
    assumptions = [f"{'TTL' if flow.version == 4 else 'hop limit'} {_TTL}"]
    if trace.outcome is Outcome.TO_GATEWAY:
        assumptions.insert(0, f"the answer comes back through {port.name}")
    if not hop.known:
        assumptions.append(f"destination MAC {hop.mac} ({hop.why})")
    reply.assumptions = tuple(assumptions)
    return reply


def _target(
    fabric: Fabric, sender: VmPort, text: str
) -> IPAddress | tuple[str, tuple[IPAddress, ...]]:
    """Return an address, or the name and the addresses of a VM.

    A name means a VM of the sender's network where there is one.
    """
    try:
        return parse_address(text)
    except ValueError as error:
        reason = str(error)
    ports = fabric.policy.ports
    own = f"{sender.network}/{text}"
    if own in ports or has_adapters(ports, own):
        port = fabric.port(own)
    else:
        try:
            port = fabric.port(text)
        except QuestionError:
            if _LIKE_AN_ADDRESS.fullmatch(text):
                raise QuestionError(reason) from None
            raise
    return port.name, port.cas


def _out_of_reach(fabric: Fabric, sender: VmPort, text: str, dst: IPAddress) -> Iterator[str]:
    """Say whose address was taken, where the packet can reach nobody but its namesakes (FWD-3)."""
    target = _target(fabric, sender, text)
    if isinstance(target, tuple):
        networks = fabric.policy.networks
        ends = (fabric.port(target[0]).network, sender.network)
        if len({networks[name].rdid for name in ends if name in networks}) > 1:
            yield f"destination {dst} (as {target[0]} has it, in another routing domain)"


def _nothing_common(
    port: VmPort, src: IPAddress | None, name: str, cas: tuple[IPAddress, ...]
) -> str:
    if not cas:
        return f"'{name}' has no address"
    if src is not None:
        return f"source address {src} is IPv{src.version}, and '{name}' has no such address"
    if not port.cas:
        return f"'{port.name}' has no address to send from"
    return (
        f"'{port.name}' and '{name}' have no address family in common:"
        f" {_has(port.name, port.cas)}, {_has(name, cas)}"
    )


def _has(name: str, cas: Iterable[IPAddress]) -> str:
    return f"'{name}' has {', '.join(map(str, cas)) or 'none'}"


def _named(
    name: str, lines: tuple[Service, ...], version: int, assumptions: list[str]
) -> Transport:
    """Take one packet of a named service: its first line, and the first port of that."""
    if not lines:
        raise QuestionError(f"service '{name}' has no line", _SERVICE_HELP)
    protocol, ports = lines[0]
    if protocol in (ICMP, ICMPV6):
        word = "icmp" if protocol == ICMP else "icmpv6"
        found, text = _icmp(name, word, "", version), f"{word}/echo"
    elif protocol not in _PORT_NAMES:
        found, text = Transport(protocol), f"protocol {protocol}"
    elif ports is None:
        text = _PORT_NAMES[protocol]
        raise QuestionError(f"service '{name}' is any port of {text}", f"say {text}/PORT")
    else:
        found, text = Transport(protocol, ports[0]), f"{_PORT_NAMES[protocol]}/{ports[0]}"
    if len(lines) > 1:
        assumptions.append(f"{text}, the first of service {name}")
    elif ports is not None and ports[0] != ports[1]:
        assumptions.append(f"{text}, the first port of service {name}")
    return found


def _port(text: str, detail: str) -> int:
    if not detail:
        word = text.partition("/")[0]
        raise QuestionError(f"'{text}' needs a port", f"such as {word}/443")
    if not _DECIMAL.fullmatch(detail):
        raise QuestionError(f"'{detail}' in '{text}' is not one port", "a number, 0 to 65535")
    if int(detail) > 0xFFFF:
        raise QuestionError(f"port {detail} does not fit: 0 to 65535")
    return int(detail)


def _icmp(text: str, word: str, detail: str, version: int) -> Transport:
    if word in {"icmpv4", "icmpv6"} and word != f"icmpv{version}":
        raise QuestionError(f"'{text}' is not for IPv{version} packets", "icmp fits both")
    protocol = ICMP if version == 4 else ICMPV6
    if detail in {"", "echo"}:
        return Transport(protocol)
    numbers = detail.split(":")
    if len(numbers) > 2 or not all(
        _DECIMAL.fullmatch(number) and int(number) <= 0xFF for number in numbers
    ):
        raise QuestionError(
            f"'{detail}' in '{text}' is not an ICMP type", "echo, or type[:code] such as 3:4"
        )
    kind, code = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0
    return Transport(protocol, icmp_type=kind, icmp_code=code)


def _address(text: str) -> IPAddress:
    try:
        return parse_address(text)
    except ValueError as error:
        raise QuestionError(str(error)) from None


def _mac(text: str) -> MacAddress:
    try:
        return MacAddress.parse(text)
    except ValueError as error:
        raise QuestionError(str(error)) from None


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:20]}…{text[-8:]}"
