"""``hnvemu trace``: what becomes of this packet or conversation, step by step, and why."""

from __future__ import annotations

import io
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from hnvemu.cli import options, what_if
from hnvemu.cli.output import Color, can_draw, emit, emit_lines, emit_octets, note, page_width
from hnvemu.errors import QuestionError
from hnvemu.trace.outcome import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hnvemu.trace.trace import Trace
    from hnvemu.wire.capture import CapturedFrame

_MOST_HEX = 4 * 2**20
_ETHERNET_HEADER = 14

EPILOG = options.epilog(
    "hnvemu trace A X tcp/80                       two VMs of the sample",
    "hnvemu trace B X icmp/echo --conversation     the reply too",
    "hnvemu trace A 8.8.8.8 udp/53 --ttl 1 --len 1459 --df",
    "hnvemu trace A X --src-mac 02-00-00-00-61-0A  would a forged MAC get through?",
    "hnvemu trace A 10.0.1.99 --explain            why not, and what would mend it",
    "hnvemu trace A X --migrate X=H1 --stale H3    who is cut off by a move",
    "hnvemu trace A X tcp/80 --expect delivered    exits 1 if it is not",
    "hnvemu trace --pcap cap.pcapng --frame 17 --in A",
    "hnvemu trace --hex - --in pa:H2               what reaches a host, from stdin",
    "hnvemu trace A X -f pcap -o trace.pcapng      for Wireshark",
    "hnvemu trace A X -f html -o trace.html        for a browser",
)


class TraceForm(StrEnum):
    """The forms of a trace."""

    TEXT = "text"
    MINIMAL = "minimal"
    JSON = "json"
    PCAP = "pcap"
    HTML = "html"


# The arguments and options, in the order of the help page. They have names of their own because
# typer reads each annotation several times, and a name costs it nothing.

Source = Annotated[
    str | None,
    typer.Argument(
        metavar="[SRC]",
        help="The sending VM: A, T/A, or GW:inside for one of its adapters.",
        autocompletion=options.complete_vm,
    ),
]
Destination = Annotated[
    str | None,
    typer.Argument(
        metavar="[DST]", help="A VM, or any address.", autocompletion=options.complete_vm
    ),
]
Service = Annotated[
    str | None,
    typer.Argument(
        metavar="[SERVICE]",
        help="tcp/443, udp/53, icmp/echo, icmp/3:4, arp, nd, a protocol's number, or a name of the "
        "policy's services; icmp/echo if not said.",
    ),
]
SourcePort = Annotated[
    int | None, typer.Option("--sport", metavar="PORT", help="Source port of TCP and UDP.")
]
Ttl = Annotated[int | None, typer.Option("--ttl", metavar="N", help="TTL, or hop limit.")]
Length = Annotated[
    int | None, typer.Option("--len", metavar="N", help="Total length of the IP packet.")
]
DontFragment = Annotated[bool, typer.Option("--df", help="Set don't fragment.")]
SourceMac = Annotated[str | None, typer.Option("--src-mac", metavar="MAC", help="Source MAC.")]
DestinationMac = Annotated[
    str | None, typer.Option("--dst-mac", metavar="MAC", help="Destination MAC.")
]
SourceIp = Annotated[str | None, typer.Option("--src-ip", metavar="IP", help="Source address.")]
ConnectionState = Annotated[
    Literal["new", "established"] | None,
    typer.Option(
        "--state",
        metavar="new|established",
        help="Does it open a connection, or is it part of one?",
    ),
]
Conversation = Annotated[bool, typer.Option("--conversation", help="Trace the reply too.")]
ReplyAfter = Annotated[
    int,
    typer.Option(
        "--reply-after",
        metavar="SECONDS",
        show_default=False,
        help="The reply comes so much later; idle sessions are forgotten.",
    ),
]
Hex = Annotated[
    str | None,
    typer.Option("--hex", metavar="OCTETS", help="A frame in hex digits; - for stdin."),
]
Pcap = Annotated[
    str | None,
    typer.Option("--pcap", metavar="FILE", help="A frame of a pcap or pcapng capture."),
]
FrameNumber = Annotated[
    int | None,
    typer.Option("--frame", metavar="N", help="Which frame of it, from 1; if not said, 1."),
]
Entry = Annotated[
    str | None,
    typer.Option(
        "--in",
        metavar="VM|pa:HOST",
        help="Where that frame enters: a VM sends it, or it reaches a host encapsulated.",
        autocompletion=options.complete_entry,
    ),
]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain",
        help="Say why not, too: what came near, which packets fare alike, and what would mend it.",
    ),
]
Expect = Annotated[
    str | None,
    typer.Option(
        "--expect",
        metavar="OUTCOME[:REASON]",
        help="Exit 1 if this does not come true, or if the reply of --conversation is lost.",
    ),
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit 1 if anything is dropped.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="The verdict alone.")]
Verbose = Annotated[
    int,
    typer.Option(
        "-v",
        "--verbose",
        count=True,
        show_default=False,
        help="Every stage; -vv: octets too.",
    ),
]
FormOfTrace = Annotated[
    TraceForm | None,
    typer.Option(
        "-f",
        "--format",
        metavar="text|minimal|json|pcap|html",
        help="Form of the result: text if not said.",
    ),
]


def trace(
    source: Source = None,
    destination: Destination = None,
    service: Service = None,
    policy: options.PolicyPaths = None,
    no_cache: options.NoCache = False,
    sport: SourcePort = None,
    ttl: Ttl = None,
    length: Length = None,
    df: DontFragment = False,
    src_mac: SourceMac = None,
    dst_mac: DestinationMac = None,
    src_ip: SourceIp = None,
    state: ConnectionState = None,
    conversation: Conversation = False,
    reply_after: ReplyAfter = 0,
    profile: options.ProfileName = None,
    flowid: options.FlowId = "0",
    hexadecimal: Hex = None,
    pcap: Pcap = None,
    frame: FrameNumber = None,
    at: Entry = None,
    patch: what_if.Patch = None,
    without: what_if.Without = None,
    added: what_if.With = None,
    put: what_if.Set = None,
    migrate: what_if.Migrate = None,
    down: what_if.Down = None,
    mtu: what_if.Mtu = None,
    stale: what_if.Stale = None,
    explain: Explain = False,
    expect: Expect = None,
    exit_code: ExitCode = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    form: FormOfTrace = None,
    as_json: options.AsJson = False,
    output: options.Output = None,
    color: options.ColorWhen = Color.AUTO,
) -> None:
    """Show what becomes of a packet, step by step, and why.

    What is not said is filled in as the guest would, and listed under Assumed.
    """
    from hnvemu.analysis.question import Question, State, ask
    from hnvemu.model.policy import Profile
    from hnvemu.switch.fabric import Fabric

    described = {
        "SRC": source,
        "DST": destination,
        "SERVICE": service,
        "--sport": sport,
        "--ttl": ttl,
        "--len": length,
        "--df": df or None,
        "--src-mac": src_mac,
        "--dst-mac": dst_mac,
        "--src-ip": src_ip,
    }
    wanted = options.chosen(form, TraceForm.JSON, as_json=as_json, default=TraceForm.TEXT)
    if quiet and verbose:
        raise QuestionError("--quiet and --verbose contradict each other")
    if expect is not None and exit_code:
        raise QuestionError("--expect and --exit-code both decide the exit code: give one")
    expected = None if expect is None else expectation(expect)
    flow_id = options.flow_id_of(flowid)
    given = _given_frame(described, hexadecimal, pcap, frame, at)
    if given and state is not None and (at or "").startswith("pa:"):
        raise QuestionError("--state is for a packet that a VM sends, not for --in pa:HOST")
    if "-" in (policy or ()) and "-" in (hexadecimal, pcap):
        raise QuestionError("the policy and the frame cannot both come from stdin")
    octets = _octets(hexadecimal, pcap, frame or 1) if given else None

    flags = what_if.Flags(patch, without, added, put, migrate, stale, down, mtu)
    supposed = what_if.load(policy, flags, to_edit=explain, cached=not no_cache)
    fabric = Fabric.compile(
        supposed.policy,
        profile=None if profile is None else Profile(profile),
        flow_id=flow_id,
    )
    question = Question(
        source=(at if given else source) or "",
        destination=destination,
        service=service,
        source_port=sport,
        ttl=ttl,
        length=length,
        df=df,
        src_mac=src_mac,
        dst_mac=dst_mac,
        src_ip=src_ip,
        state=None if state is None else State(state),
        frame=octets,
        conversation=conversation,
        reply_after=reply_after,
    )
    answer = ask(fabric, question)
    tells_more = not quiet and wanted not in (TraceForm.MINIMAL, TraceForm.PCAP)
    if tells_more:
        what_if.add(supposed, fabric, question, answer)
    if explain and tells_more:
        from hnvemu.analysis.explain import explain as add_explanation

        add_explanation(
            fabric,
            answer,
            text=supposed.texts,
            rebuild=lambda texts: Fabric.compile(
                supposed.remade(texts) if supposed.remade else texts.policy(),
                profile=fabric.profile,
                flow_id=flow_id,
            ),
            established=question.state is State.ESTABLISHED,
        )
    _write(answer, wanted, output=output, color=color, quiet=quiet, verbose=verbose)
    if conversation and answer.reply is None:
        note(f"note: there is no reply: {_why_no_reply(answer)}")
    raise typer.Exit(_exit_code(answer, expected, strict=exit_code))


class Expectation(NamedTuple):
    """What ``--expect`` says."""

    outcome: Outcome
    reason: Reason | None

    def is_met(self, trace: Trace) -> bool:
        """Whether the packet ended so; of a conversation that got there, the reply too."""
        if trace.outcome is not self.outcome or self.reason not in (None, trace.reason):
            return False
        return trace.reply is None or trace.reply.outcome in (
            Outcome.DELIVERED,
            Outcome.TO_GATEWAY,
        )

    def __str__(self) -> str:
        return f"{self.outcome}:{self.reason}" if self.reason else str(self.outcome)


def expectation(text: str) -> Expectation:
    """Read ``OUTCOME[:REASON]``, in any case.

    Raises:
        QuestionError: One of the two words is none, or the outcome has no reason.
    """
    word, colon, why = text.partition(":")
    outcome = Outcome(_word(word.lower().replace("-", "_"), word, "outcome", list(Outcome)))
    if not colon:
        return Expectation(outcome, None)
    if outcome not in (Outcome.DROPPED, Outcome.UNDECIDED):
        raise QuestionError(f"'{outcome}' has no reason", "only dropped and undecided have one")
    return Expectation(outcome, Reason(_word(why.upper(), why, "reason", list(Reason))))


def _word(folded: str, text: str, noun: str, known: Collection[str]) -> str:
    if folded in known:
        return folded
    from hnvemu.reader.report import did_you_mean

    words = ", ".join(known)
    raise QuestionError(f"'{text}' is no {noun}", did_you_mean(folded, known) or words)


def _given_frame(
    described: Mapping[str, object],
    hexadecimal: str | None,
    pcap: str | None,
    frame: int | None,
    at: str | None,
) -> bool:
    """Tell whether the frame itself is given; refuse to mix that with describing one."""
    said = [name for name, value in described.items() if value is not None]
    given = "--hex" if hexadecimal is not None else "--pcap" if pcap is not None else None
    if hexadecimal is not None and pcap is not None:
        raise QuestionError("--hex and --pcap both give the frame: give one")
    if frame is not None and pcap is None:
        raise QuestionError("--frame counts the frames of a capture", "give that as --pcap FILE")
    if frame is not None and frame < 1:
        raise QuestionError(f"there is no frame {frame}: frames are counted from 1")
    if given is not None:
        if said:
            raise QuestionError(
                f"{', '.join(said)} cannot go with {given}: the frame says it all",
                "say where it enters: --in VM or --in pa:HOST" if at is None else None,
            )
        if at is None:
            raise QuestionError(
                f"{given} does not say where the frame enters", "add --in VM or --in pa:HOST"
            )
        return True
    if at is not None:
        raise QuestionError(
            "--in is where a frame of --hex or --pcap enters", "name the sender as SRC"
        )
    missing = [name for name in ("SRC", "DST") if described[name] is None]
    if missing:
        raise QuestionError(
            f"{' and '.join(missing)} missing",
            "hnvemu trace SRC DST, or a frame with --hex or --pcap; see hnvemu trace --help",
        )
    return False


def _octets(hexadecimal: str | None, pcap: str | None, number: int) -> bytes:
    from hnvemu.analysis.question import parse_hex

    if pcap is not None:
        return _captured(pcap, number)
    if hexadecimal != "-":
        return parse_hex(hexadecimal or "")
    text = sys.stdin.read(_MOST_HEX + 1)
    if len(text) > _MOST_HEX:
        raise QuestionError(f"standard input holds more than {_MOST_HEX} characters")
    return parse_hex(text)


def _captured(name: str, number: int) -> bytes:
    """Return frame ``number`` of a capture."""
    from hnvemu.wire.capture import CaptureError, read_frames

    captured: CapturedFrame | None = None
    try:
        for captured in read_frames(sys.stdin.buffer if name == "-" else name):
            if captured.number == number:
                break
    except CaptureError as error:
        raise QuestionError(f"'{name}' cannot be read as a capture: {error}") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise QuestionError(f"'{name}' cannot be read: {reason.lower()}") from None
    if captured is None:
        note(f"note: '{name}' has no frame")
        raise typer.Exit(5)
    if captured.number != number:
        raise QuestionError(
            f"there is no frame {number} in '{name}'", f"the last one is {captured.number}"
        )
    if captured.captured_length < captured.original_length:
        frame = _whole(captured)
        judged = "" if len(frame) == captured.captured_length else "; zeros stand for the others"
        note(
            f"note: frame {number} was cut off: {captured.captured_length} of its"
            f" {captured.original_length} octets were captured{judged}"
        )
        return frame
    return captured.frame


def _whole(captured: CapturedFrame) -> bytes:
    """Return a frame at its length on the wire, if nothing that decides can have been cut off."""
    from hnvemu.wire.blocks import MAX_MISSING, restored

    missing = captured.original_length - captured.captured_length
    if missing > MAX_MISSING:
        return captured.frame
    whole = restored(captured.frame, missing)
    other = captured.frame + b"\xff" * missing
    return whole if _decides(whole) == _decides(other) else captured.frame


def _decides(frame: bytes) -> tuple[object, ...]:
    """Return what a switch looks at in a frame, encapsulated or not."""
    from hnvemu.wire.encapsulation import unwrap
    from hnvemu.wire.flow import read_flow

    if len(frame) < _ETHERNET_HEADER:
        return ()
    outer = unwrap(frame)
    inside = read_flow(outer.inner) if len(outer.inner) >= _ETHERNET_HEADER else None
    return read_flow(frame), outer._replace(inner=b""), inside


def _write(
    answer: Trace,
    form: TraceForm,
    *,
    output: str | None,
    color: Color,
    quiet: bool,
    verbose: int,
) -> None:
    if form is TraceForm.TEXT:
        from hnvemu.render.text import Detail, trace_lines

        more = (Detail.NORMAL, Detail.VERBOSE, Detail.BYTES)[min(verbose, 2)]
        lines = trace_lines(
            answer,
            detail=Detail.QUIET if quiet else more,
            width=page_width(output),
            ascii_only=not can_draw(output),
        )
        emit_lines(lines, output=output, color=color)
    elif form is TraceForm.MINIMAL:
        from hnvemu.render.text import minimal

        emit(minimal(answer), output=output)
    elif form is TraceForm.JSON:
        from hnvemu.render.json import dumps, trace_document

        emit(dumps(trace_document(answer)), output=output)
    elif form is TraceForm.HTML:
        from hnvemu.render.html import trace_page

        emit(trace_page(answer), output=output)
    else:
        from hnvemu.render.pcap import write_capture

        octets = io.BytesIO()
        write_capture(answer, octets)
        emit_octets(octets.getvalue(), output=output)


def _why_no_reply(answer: Trace) -> str:
    if answer.outcome is Outcome.ANSWERED:
        return "HNV has answered the question itself"
    if answer.outcome is Outcome.REPLICATED:
        return "a packet to many is not answered by one"
    return "nobody answers such a packet" if answer.delivered else "nobody received it"


def _exit_code(answer: Trace, expected: Expectation | None, *, strict: bool) -> int:
    outcomes = {*_outcomes(answer)}
    if answer.reply is not None:
        outcomes |= {*_outcomes(answer.reply)}
    if expected is not None and expected.is_met(answer):
        return 0
    if Outcome.UNDECIDED in outcomes:
        return 3
    if expected is not None:
        note(f"note: expected {expected}, and it was {_ending(answer)}")
        return 1
    return int(strict and Outcome.DROPPED in outcomes)


def _outcomes(answer: Trace) -> Iterator[Outcome]:
    """Yield what became of a frame and of each of its copies."""
    yield answer.outcome
    for branch in answer.branches:
        yield from _outcomes(branch)


def _ending(answer: Trace) -> str:
    reply = answer.reply
    was = f"{answer.outcome}:{answer.reason}" if answer.reason else str(answer.outcome)
    if reply is None:
        return was
    return f"{was}, and its reply " + (
        f"{reply.outcome}:{reply.reason}" if reply.reason else reply.outcome
    )
