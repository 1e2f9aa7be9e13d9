"""``hnvemu replay``: what becomes of the frames of captures, and captures of what they become."""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple, NoReturn, assert_never

import typer

from hnvemu.cli import options
from hnvemu.cli.output import Color, can_draw, emit, emit_lines, note, page_width
from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from hnvemu.cli.replay_expected import Earlier
    from hnvemu.cli.replay_filters import Filters
    from hnvemu.render.replay import Expected, Result
    from hnvemu.replay.outputs import Targets
    from hnvemu.replay.summary import Summary
    from hnvemu.switch.fabric import Fabric

EPILOG = options.epilog(
    "hnvemu replay -p hnv.yaml vms.pcapng          frames of VMs, told by their MACs",
    "hnvemu replay vms.pcapng --wire wire.pcapng   and what the network between hosts sees",
    "hnvemu replay a.pcap b.pcap --in A -v         all sent by A; every flow a row",
    "hnvemu replay nic.pcap --in pa:H2             encapsulated frames that reach a host",
    "hnvemu replay captures/ --in pa               by the host that their PA leads to",
    "hnvemu replay in.pcapng --filter outcome=dropped --drops lost.pcapng",
    "hnvemu replay in.pcapng --filter vm=A --filter dport!=53",
    "hnvemu replay in.pcapng --json -o before.json",
    "hnvemu replay in.pcapng --expect before.json  exits 1 if a flow fares differently",
    "tcpdump -w - | hnvemu replay - -f csv -o flows.csv",
)
_STDIN: Final = "-"
_TRIED: Final = 8
"""How many groups are asked for a command that shows why they are lost."""


class ReplayForm(StrEnum):
    """The forms of the result."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def complete_entry(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return where frames can enter: what their capture says, VMs, and hosts."""
    ways = [word for word in ("pa", "interface") if word.startswith(incomplete)]
    return ways + options.complete_entry(ctx, incomplete)


def complete_filter(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the keys of filters that begin with what the shell has."""
    from hnvemu.cli.replay_filters import KEYS

    del ctx
    return [f"{key}=" for key in KEYS if key.startswith(incomplete)]


def replay(
    captures: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Captures, pcap or pcapng, also compressed by gzip; folders of them; - for stdin.",
        ),
    ],
    policy: options.PolicyPaths = None,
    no_cache: options.NoCache = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--in",
            metavar="VM|pa:HOST|pa|interface",
            help="Where the frames enter: this VM sends them all, or they reach this host "
            "encapsulated; pa: the host that has their outer destination; interface: the VM or "
            "pa:HOST that the interface of a pcapng is named after. Otherwise the VM that has "
            "their source MAC.",
            autocompletion=complete_entry,
        ),
    ] = None,
    wire: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the frames between hosts, encapsulated."),
    ] = None,
    per_host: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Write a capture of each host's provider NIC."),
    ] = None,
    delivered: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the frames that VMs receive, as they do."),
    ] = None,
    drops: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the frames that are dropped, as they were sent."),
    ] = None,
    form: Annotated[
        ReplayForm | None,
        typer.Option(
            "-f",
            "--format",
            metavar="|".join(ReplayForm),
            help="Form of the result: text if not said; jsonl and csv have a flow a line.",
        ),
    ] = None,
    as_json: options.AsJson = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="The first line alone.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="All groups, and every flow of each.")
    ] = False,
    output: options.Output = None,
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Compare with an earlier result (json, jsonl or csv): exit 1 if a flow ends "
            "otherwise, or there are others. Counts and times do not matter.",
        ),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="KEY=VALUE[,VALUE]",
            help="List and write only some flows: outcome, reason, vm, from, to, entry, host, "
            "rule, src, dst, proto, sport or dport; != for all others. Repeatable: all have to "
            "hold. The totals count everything.",
            autocompletion=complete_filter,
            show_default=False,
        ),
    ] = None,
    max_flows: Annotated[
        int,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Most flows that are told apart, and conversations that keep their sessions: "
            "50000 if not said. Others are summed.",
        ),
    ] = 50_000,
    engine: Annotated[
        Literal["auto", "plain", "numpy", "fast", "dask"],
        typer.Option(
            metavar="auto|plain|numpy|fast|dask",
            show_default=False,
            help="Who does it, with equal results; auto takes the fastest that is installed, dask "
            "the workers of a cluster.",
        ),
    ] = "auto",
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="How many processes share the captures, 0 for one a core: 1 if not said, and "
            "with dask one a core.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The Dask scheduler to go to, such as tcp://192.0.2.1:8786. Without it dask has "
            "workers on this machine.",
        ),
    ] = None,
    state: Annotated[
        Literal["new", "established"],
        typer.Option(
            metavar="new|established",
            show_default=False,
            help="Have connections to be opened in the capture, or did all ports admit them "
            "before? New if not said.",
        ),
    ] = "new",
    profile: options.ProfileName = None,
    flowid: options.FlowId = "0",
    color: options.ColorWhen = Color.AUTO,
) -> None:
    """Send the frames of captures through the switch.

    Shows what became of them, flow by flow, and writes what they become: between hosts, and where
    VMs receive them. Times are those of the captures. What is damaged is read as far as it goes,
    and exits 3.
    """
    from hnvemu.model.policy import Profile
    from hnvemu.replay.outputs import Targets
    from hnvemu.switch.fabric import Fabric

    wanted = options.chosen(form, ReplayForm.JSON, as_json=as_json, default=ReplayForm.TEXT)
    if quiet and verbose:
        raise QuestionError("-q and -v contradict each other")
    if wanted is not ReplayForm.TEXT and (quiet or verbose):
        raise QuestionError(f"-q and -v have no meaning in {wanted}")
    flow_id = options.flow_id_of(flowid)
    targets = Targets(wire=wire, per_host=per_host, delivered=delivered, drops=drops)
    named = options.named(policy)
    _check_streams(captures, named, targets, output)
    _check_files(captures, named, targets, output, expect)
    earlier = _earlier(expect)

    fabric = Fabric.compile(
        options.load(named, cached=not no_cache),
        profile=None if profile is None else Profile(profile),
        flow_id=flow_id,
    )
    asked = _Asked(
        captures, at, targets, engine, max_flows, jobs, scheduler, state == "established"
    )
    run = _Run(fabric, asked, filters or [], color)
    if earlier is not None:
        run.check(earlier, expect or "")
    summary = run.run()
    result = run.result(summary)
    if earlier is not None:
        result = result._replace(expected=run.compared(result, earlier, expect or ""))
    if wanted is not ReplayForm.CSV and not quiet:
        result = result._replace(why=run.why(result, policy, profile))
    _show(result, wanted, output=output, color=color, quiet=quiet, verbose=verbose)
    raise typer.Exit(_exit_code(result, wanted))


class _Asked(NamedTuple):
    """How captures are to be replayed."""

    captures: Sequence[str]
    at: str | None
    targets: Targets
    engine: str
    max_flows: int
    jobs: int | None
    scheduler: str | None
    established: bool


class _Run:
    """One replay, and what is asked about it."""

    def __init__(self, fabric: Fabric, asked: _Asked, filters: Sequence[str], color: Color) -> None:
        self._fabric = fabric
        self._asked = asked
        self._filters: Filters | None = None
        self._color = color
        if filters:
            from hnvemu.cli.replay_filters import read_filters

            self._filters = read_filters(filters, fabric)
        self._keep = None if self._filters is None else self._filters.keep
        self._texts = () if self._filters is None else self._filters.texts

    def run(self) -> Summary:
        """Replay.

        Raises:
            QuestionError: A capture cannot be read at all, or what was asked for is not there.
        """
        from hnvemu.cli.progress import Meter
        from hnvemu.replay.run import EngineKind, replay
        from hnvemu.wire.capture import CaptureError

        asked = self._asked
        try:
            with _tidying_up(), Meter(self._color) as meter:
                return replay(
                    self._fabric,
                    asked.captures,
                    at=asked.at,
                    established=asked.established,
                    targets=asked.targets,
                    engine=EngineKind(asked.engine),
                    max_flows=asked.max_flows,
                    jobs=asked.jobs,
                    scheduler=asked.scheduler,
                    keep=self._keep,
                    watch=lambda now: meter.show(now.octets, now.size, now.packets),
                    tell=lambda sentence: note(f"note: {sentence}"),
                )
        except CaptureError as error:
            raise QuestionError(str(error)) from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise QuestionError(f"'{error.filename}' cannot be read: {reason}") from None

    def result(self, summary: Summary) -> Result:
        """Return what is to be shown of a replay."""
        from hnvemu.render.replay import result_of

        return result_of(
            summary,
            policy_sha256=self._fabric.policy.sha256,
            profile=self._fabric.profile,
            filters=self._texts,
            keep=self._keep,
        )

    def check(self, earlier: Earlier, name: str) -> None:
        """Refuse to compare with a result that has not the flows which are asked about."""
        if earlier.filters and set(earlier.filters) != set(self._texts):
            said = shlex.join(word for text in earlier.filters for word in ("--filter", text))
            raise QuestionError(f"'{name}' has not all flows", f"it was made with {said}")

    def compared(self, result: Result, earlier: Earlier, name: str) -> Expected:
        """Return which flows do not fare as they did.

        A flow is looked at where the filters let its row of either replay through.
        """
        from hnvemu.render.replay import Expected
        from hnvemu.render.replay_rows import differences, identity, row_of

        before = earlier.rows
        summary = result.summary
        after = [row_of(*flow[:3]) for flow in summary.flows]
        if self._filters is not None:
            chosen = {identity(row) for row in (*before, *after) if self._filters.matches(row)}
            before = [row for row in before if identity(row) in chosen]
            after = [row for row in after if identity(row) in chosen]
        partial = earlier.partial or bool(summary.others)
        return Expected(name, differences(before, after), partial)

    def why(self, result: Result, policy: list[str] | None, profile: str | None) -> str | None:
        """Return a command that shows why packets of the worst group are lost."""
        from hnvemu.trace.outcome import Outcome

        lost = (Outcome.DROPPED, Outcome.UNDECIDED)
        for group in result.groups[:_TRIED]:
            if group.verdict.outcome in lost:
                command = self._command(result.summary, group.members[0])
                if command is not None:
                    more = [word for path in policy or () for word in ("-p", path)]
                    more += [] if profile is None else ["--profile", profile]
                    told = shlex.join(["hnvemu", "trace", *more, *command])
                    return told if told.isprintable() else None
        return None

    def _command(self, summary: Summary, number: int) -> list[str] | None:
        """Return the arguments of ``hnvemu trace`` that ask about a flow again."""
        from hnvemu.analysis.retrace import command_of, question_of
        from hnvemu.replay.summary import Unread

        count = summary.flows[number]
        entry, flow, verdict = count[:3]
        established = self._asked.established
        question = question_of(self._fabric, entry, flow, verdict, established=established)
        if question is not None:
            return command_of(question)
        # A trace reads no further than to a frame that is not Ethernet.
        if not _can_be_read_again(count.capture) or Unread.LINK_TYPE in summary.unread:
            return None
        state = ["--state", "established"] if established and not entry.startswith("pa:") else []
        return ["--pcap", count.capture, "--frame", str(count.number), "--in", entry, *state]


@contextmanager
def _tidying_up() -> Iterator[None]:
    """Have the signals that end a process leave no more behind than Ctrl-C does."""
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    # Whoever lets one be ignored, as nohup does, means it.
    taken = [at for at in numbers if at is not None and signal.getsignal(at) is signal.SIG_DFL]
    try:
        for number in taken:
            signal.signal(number, _end)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, where: FrameType | None) -> NoReturn:
    """End with the exit code that shells know for a signal."""
    del where
    raise SystemExit(128 + number)


def _earlier(expect: str | None) -> Earlier | None:
    if expect is None:
        return None
    from hnvemu.cli.replay_expected import read_earlier

    return read_earlier(expect)


def _check_streams(
    captures: Sequence[str], policy: Sequence[str], targets: Targets, output: str | None
) -> None:
    """Refuse to read standard input twice, or to mix up standard output."""
    if captures.count(_STDIN) > 1:
        raise QuestionError("standard input can be read once")
    if _STDIN in captures and _STDIN in policy:
        raise QuestionError("the policy and the capture cannot both come from stdin")
    if targets.per_host == _STDIN:
        raise QuestionError("--per-host needs a folder, which - is not")
    streams = [name for name, file in _named(targets) if file == _STDIN]
    if len(streams) > 1:
        raise QuestionError(f"{' and '.join(streams)} cannot both go to standard output")
    if streams and output in (None, _STDIN):
        raise QuestionError(
            f"the result and {streams[0]} cannot both go to standard output",
            "write one of them to a file: -o FILE",
        )
    if streams and sys.stdout.isatty():
        raise QuestionError("a capture is not for a terminal", f"name a file: {streams[0]} FILE")


def _check_files(
    captures: Sequence[str],
    policy: Sequence[str],
    targets: Targets,
    output: str | None,
    expect: str | None,
) -> None:
    """Refuse to write what is read, and two things to one file."""
    from hnvemu.reader.source import listed

    written = [(name, file) for name, file in _named(targets) if file != _STDIN]
    if output is not None and output != _STDIN:
        written.append(("--output", output))
    read = [name for name in captures if name != _STDIN]
    # One by one: of several of which one is standard input nothing is listed.
    sources = [str(place) for path in policy for _, place in listed([path]) or ()]
    for position, (name, file) in enumerate(written):
        for other, there in written[:position]:
            if _is_same(file, there):
                raise QuestionError(f"{other} and {name} cannot both write '{file}'")
        # The result may take the place of the one that it is compared with.
        for source in (*read, *([expect] if expect and name != "--output" else ())):
            if _is_same(file, source) or _lies_in(file, source):
                where = "" if _is_same(file, source) else f"lies in '{source}', which "
                raise QuestionError(
                    f"'{file}' {where}is read: {name} cannot write it", "write it elsewhere"
                )
        if any(_is_same(file, source) for source in sources):
            raise QuestionError(f"'{file}' is the policy: {name} cannot write it")
        _check_parent(name, file)
    folder = targets.per_host
    if folder is None:
        return
    for file in (*read, *(file for _, file in written)):
        # Which hosts there are, and what their files are called, is known later.
        if Path(file).suffix.lower() == ".pcapng" and _is_same(str(Path(file).parent), folder):
            raise QuestionError(
                f"'{file}' lies in '{folder}', where --per-host writes", "name another folder"
            )


def _check_parent(name: str, file: str) -> None:
    """Refuse before all the work what could not be written after it."""
    parent = Path(file).parent
    if name != "--per-host" and not parent.is_dir():
        raise QuestionError(f"there is no folder '{parent}' for {name}", "make it first")


def _is_same(name: str, other: str) -> bool:
    """Whether two names lead to one file, which need not be there."""
    try:
        one, two = Path(name), Path(other)
        if one.exists() and two.exists():
            return one.samefile(two) and not one.is_char_device()  # such as /dev/null
        return one.resolve() == two.resolve()
    except (OSError, ValueError) as error:
        raise QuestionError(f"'{name}' is no name of a file: {error}") from None


def _lies_in(name: str, folder: str) -> bool:
    """Whether a name leads somewhere below a folder."""
    return Path(folder).is_dir() and Path(folder).resolve() in Path(name).resolve().parents


def _named(targets: Targets) -> Iterator[tuple[str, str]]:
    """Yield the options that write captures, and where they do."""
    for name, file in targets._asdict().items():
        if file is not None:
            yield f"--{name.replace('_', '-')}", file


def _can_be_read_again(name: str) -> bool:
    """Whether a capture is a file, and neither a stream nor a pipe."""
    return name != _STDIN and Path(name).is_file()


def _show(
    result: Result,
    form: ReplayForm,
    *,
    output: str | None,
    color: Color,
    quiet: bool,
    verbose: bool,
) -> None:
    from hnvemu.render import replay as render

    match form:
        case ReplayForm.TEXT:
            lines = render.replay_lines(
                result,
                quiet=quiet,
                verbose=verbose,
                width=page_width(output),
                ascii_only=not can_draw(output),
            )
            emit_lines(lines, output=output, color=color)
        case ReplayForm.JSON:
            emit(render.replay_json(result), output=output)
        case ReplayForm.JSONL:
            emit(render.replay_jsonl(result), output=output)
        case ReplayForm.CSV:
            emit(render.replay_csv(result), output=output)
        case _:
            assert_never(form)


def _exit_code(result: Result, form: ReplayForm) -> int:
    """Return the exit code; tell on stderr what a table has no place for."""
    summary, expected = result.summary, result.expected
    if form is ReplayForm.CSV:
        from hnvemu.render.replay import notes

        for sentence in notes(result):
            note(f"note: {sentence}")
    if summary.damage:
        return 3
    if not summary.packets:
        note("note: there is no frame to replay")
        return 5
    return int(expected is not None and bool(expected.differences))
