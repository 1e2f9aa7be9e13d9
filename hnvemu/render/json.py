"""A trace as JSON: ``hnvemu/trace/v1``, described by ``hnvemu/schema/trace.schema.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hnvemu.addresses import MacAddress, address_of
from hnvemu.render.packet import has_frame, protocol_name, protocol_of
from hnvemu.render.wording import evidence_of, kind, record_json, words
from hnvemu.tables.neighbours import message_of
from hnvemu.trace.origins import origin_of

if TYPE_CHECKING:
    from hnvemu.model.origin import Origin
    from hnvemu.tables.sessions import Session
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import DeliveredFrame, Trace, WireFrame

SCHEMA: Final = "hnvemu/trace/v1"


def trace_document(trace: Trace) -> dict[str, Any]:
    """Return the JSON form of a trace: dicts, lists, strings, numbers and None.

    A reply is in ``return`` in the same form, without ``schema``, ``policy_sha256`` and
    ``profile``, which hold for both.
    """
    return {
        "schema": SCHEMA,
        "policy_sha256": trace.policy_sha256,
        "profile": trace.profile.value,
        **_trace(trace),
        **_what_if(trace),
    }


def dumps(document: dict[str, Any]) -> str:
    """Write a document as text: indented, names as they are, equal for equal documents."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _trace(trace: Trace) -> dict[str, Any]:
    document = _told(trace)
    if trace.explanation is not None:
        from hnvemu.render.explanation import explanation_document  # noqa: PLC0415 - few ask why

        document["explain"] = explanation_document(trace.explanation)
    return document


def _what_if(trace: Trace) -> dict[str, Any]:
    if trace.what_if is None:
        return {}
    from hnvemu.render.what_if import what_if_document  # noqa: PLC0415 - few ask what if

    return what_if_document(trace.what_if)


def _told(trace: Trace) -> dict[str, Any]:
    return {
        "packet": _packet(trace),
        "verdict": _verdict(trace),
        "hops": [
            {"node": hop.node, "kind": hop.kind, "steps": [_step(step) for step in hop.steps]}
            for hop in trace.hops
        ],
        "wire": [_wire(wire) for wire in trace.wire],
        "delivered": [_delivered(frame) for frame in trace.delivered],
        "notes": [{"text": note.text, "rules": list(note.rules)} for note in trace.notes],
        "assumptions": list(trace.assumptions),
        "learnt": [{"host": host, "record": record_json(record)} for host, record in trace.learnt],
        "sessions": [_session(row) for row in trace.sessions.rows],
        "remarks": [
            {
                "kind": remark.kind.value,
                "text": remark.text,
                "rules": list(remark.rules),
                "origin": _origin(remark.origin),
            }
            for remark in trace.remarks
        ],
        "return": None if trace.reply is None else _trace(trace.reply),
        "branches": [_trace(branch) for branch in trace.branches],
    }


def _packet(trace: Trace) -> dict[str, Any]:
    """Return the frame as it entered; a field that it does not have is None or left out."""
    flow = trace.flow
    is_frame, is_ip = has_frame(trace), flow.version != 0
    packet: dict[str, Any] = {
        "from": trace.at,
        "src": str(address_of(flow.version, flow.src)) if is_ip else None,
        "dst": str(address_of(flow.version, flow.dst)) if is_ip else None,
        "protocol": protocol_of(flow),
        "src_port": flow.src_port if flow.src_port >= 0 else None,
        "dst_port": flow.dst_port if flow.dst_port >= 0 else None,
        "src_mac": str(MacAddress(flow.src_mac)) if is_frame else None,
        "dst_mac": str(MacAddress(flow.dst_mac)) if is_frame else None,
        "ttl": flow.ttl if is_ip else None,
        "ecn": flow.tos & 3 if is_ip else None,
        "length": len(trace.frame),
        "frame": trace.frame.hex(),
    }
    if trace.outer is not None:
        packet["outer_frame"] = trace.outer.hex()
    if flow.icmp >= 0:
        packet["icmp"] = {"type": flow.icmp >> 8, "code": flow.icmp & 0xFF}
    if flow.target >= 0:
        packet["message"] = {
            "kind": message_of(flow).value,
            "sender": str(address_of(flow.version, flow.src)),
            "target": str(address_of(flow.version, flow.target)),
        }
    if flow.vlan >= 0:
        packet["vlan"] = flow.vlan
    if is_frame and not is_ip:
        packet["ethertype"] = f"0x{flow.ethertype:04X}"
    return packet


def _verdict(trace: Trace) -> dict[str, Any]:
    path = trace.path
    return {
        "outcome": trace.outcome.value,
        "reason": None if trace.reason is None else trace.reason.value,
        "node": trace.hops[-1].node,
        "to": trace.receiver,
        "rule": path.rule,
        "mechanism": path.mechanism and path.mechanism.value,
        "origin": _origin(origin_of(path.last)),
    }


def _step(step: Step) -> dict[str, Any]:
    stage, action, detail = words(step)
    return {
        "kind": kind(step),
        "stage": stage,
        "action": action,
        "text": detail,
        "rules": list(step.rules),
        **evidence_of(step),
        "origin": _origin(origin_of(step)),
    }


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {"file": origin.file, "line": origin.line, "column": origin.column}


def _session(row: Session) -> dict[str, Any]:
    """Return a session; ports and the identifier of an echo are those of the packets it lets in."""
    version, src, dst, protocol, *told = row.five_tuple
    name = protocol_name(version, protocol)
    echo = name in {"icmp", "icmpv6"}
    return {
        "port": row.place.port,
        "vsid": row.place.vsid,
        "direction": row.place.direction.value,
        "mechanism": row.place.mechanism.value,
        "src": str(address_of(version, src)),
        "dst": str(address_of(version, dst)),
        "protocol": name,
        "src_port": None if echo or told[0] < 0 else told[0],
        "dst_port": None if echo or told[1] < 0 else told[1],
        "echo_id": told[0] if echo else None,
        "seconds": row.seconds,
    }


def _wire(wire: WireFrame) -> dict[str, Any]:
    tunnel = wire.tunnel
    frame = {
        "from": wire.sender,
        "to": wire.receiver,
        "encapsulation": tunnel.encapsulation.value,
        "vsid": tunnel.vsid,
        "flow_id": wire.flow_id,
        "src": str(tunnel.src),
        "dst": str(tunnel.dst),
        "length": len(wire.frame),
        "frame": wire.frame.hex(),
    }
    if wire.flow_id is None:
        frame["src_port"] = wire.entropy
    if tunnel.vlan:
        frame["vlan"] = tunnel.vlan
    return frame


def _delivered(frame: DeliveredFrame) -> dict[str, Any]:
    flow = frame.flow
    return {
        "to": frame.to,
        "vsid": frame.vsid,
        "src_mac": str(frame.src_mac),
        "dst_mac": str(frame.dst_mac),
        "ttl": flow.ttl if flow.version else None,
        "ecn": flow.tos & 3 if flow.version else None,
        "frame": frame.frame.hex(),
    }
