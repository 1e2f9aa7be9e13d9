"""Options that suppose a change of the policy, and what they mean. No file is ever edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from hnvemu.cli import options
from hnvemu.cli.output import note
from hnvemu.errors import PolicyError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu.analysis.question import Question
    from hnvemu.model.policy import Policy
    from hnvemu.reader.edit import PolicyText
    from hnvemu.switch.fabric import Fabric
    from hnvemu.trace.trace import Trace

_LARGEST_PATCH: Final = 16 * 2**20

Patch = Annotated[
    list[str] | None,
    typer.Option(
        "--patch",
        metavar="FILE",
        help="What if this were applied: a unified diff, or a piece of a policy to merge. Neither "
        "this nor what follows edits a file.",
        show_default=False,
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="KIND:NAME",
        help="What if there were no rule:NAME, record:CA@VSID, route:T/PREFIX, vm:T/B, "
        "extended-acl:#2 …",
        show_default=False,
    ),
]
With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="KIND:YAML",
        help="What if there were one more: 'route:{virtual_network: T, prefix: 10.9.0.0/16, …}'.",
        show_default=False,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="What if a value were another: hosts.H1.provider_mtu=1400, "
        "firewall.rules[NAME].enabled=no.",
        show_default=False,
    ),
]
Migrate = Annotated[
    list[str] | None,
    typer.Option(
        "--migrate",
        metavar="VM=HOST",
        help="What if the VM had moved, and every record of it led there?",
        show_default=False,
    ),
]
Stale = Annotated[
    list[str] | None,
    typer.Option(
        "--stale",
        metavar="HOST[,HOST]",
        help="What if these hosts knew only what they knew before all this?",
        show_default=False,
    ),
]
Down = Annotated[
    list[str] | None,
    typer.Option(
        "--down",
        metavar="HOST[,HOST]",
        help="What if these hosts were off? Records of them stay.",
        show_default=False,
    ),
]
Mtu = Annotated[
    int | None,
    typer.Option(
        "--mtu",
        metavar="N",
        help="What if every host had this provider MTU?",
        show_default=False,
    ),
]


class Flags(NamedTuple):
    """What the options say."""

    patch: list[str] | None = None
    without: list[str] | None = None
    added: list[str] | None = None
    put: list[str] | None = None
    migrate: list[str] | None = None
    stale: list[str] | None = None
    down: list[str] | None = None
    mtu: int | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """What was said, as it was said, in the order in which it is done."""
        return tuple(self._said())

    @property
    def as_dict(self) -> dict[str, list[str]]:
        """What a JSON document says of it: nothing where nothing was said."""
        return {"what_if": [*self.given]} if self.given else {}

    def note(self) -> None:
        """Tell a reader of text, beside the result, that it is not what the files say."""
        if self.given:
            note(f"note: this is what if: {', '.join(self.given)}")

    def _said(self) -> Iterator[str]:
        for name, words in (
            ("--patch", self.patch),
            ("--without", self.without),
            ("--with", self.added),
            ("--set", self.put),
            ("--migrate", self.migrate),
            ("--down", self.down),
        ):
            yield from (f"{name} {word}" for word in words or ())
        if self.mtu is not None:
            yield f"--mtu {self.mtu}"
        yield from (f"--stale {word}" for word in self.stale or ())


class Supposed(NamedTuple):
    """The policy that a question is asked of."""

    policy: Policy
    before: Policy | None = None
    """As its files say it; None where nothing was supposed."""
    said: tuple[str, ...] = ()
    diff: str = ""
    moved: tuple[str, ...] = ()
    texts: PolicyText | None = None
    """What ``policy`` was made of, where somebody wants to edit it."""
    remade: Callable[[PolicyText], Policy] | None = None
    """Makes the policy of an edited text, with all that was supposed."""


def load(
    paths: list[str] | None, flags: Flags, *, to_edit: bool = False, cached: bool = True
) -> Supposed:
    """Read the policy, and suppose what the options say: texts first, stale hosts last.

    Args:
        paths: As the user gave them.
        flags: The options.
        to_edit: Keep the texts too, so that more edits can be tried.
        cached: Where nothing is to be edited, take what was compiled of the policy.

    Raises:
        PolicyError: It cannot be read, or what the options make of it cannot.
        QuestionError: An option names what is not there.
    """
    if not (flags.given or to_edit):
        return Supposed(options.load(paths, cached=cached))
    from hnvemu.analysis.what_if import what_if

    texts = options.load_texts(paths)
    before = texts.policy()
    options.tell_losses(before)
    edited = _edited(texts, flags)
    if to_edit and texts.is_imported:
        note("note: no repair is tried: what is imported cannot be edited; see hnvemu import")
    moves = dict(_move(word) for word in flags.migrate or ())
    try:
        policy = before if edited is texts else edited.policy()
    except PolicyError:
        flags.note()  # the places of what is wrong are in no file
        raise

    def supposed(policy: Policy) -> Policy:
        return what_if(
            policy,
            migrate=moves,
            stale=_names(flags.stale),
            down=_names(flags.down),
            mtu=flags.mtu,
            before=before,
        )

    return Supposed(
        policy=supposed(policy),
        before=before if flags.given else None,
        said=flags.given,
        diff=texts.diff(edited),
        moved=tuple(moves),
        texts=None if edited.is_imported else edited,
        remade=None if edited.is_imported else lambda other: supposed(other.policy()),
    )


def add(supposed: Supposed, fabric: Fabric, question: Question, answer: Trace) -> None:
    """Leave in a trace what was supposed, and whom it concerns."""
    if supposed.before is None:
        return
    from hnvemu.analysis.question import State, ask
    from hnvemu.analysis.what_if import compare
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.sessions import NO_SESSIONS

    before = Fabric.compile(supposed.before, profile=fabric.profile, flow_id=fabric.flow_id)
    try:
        was = ask(before, question)
    except QuestionError:
        was = None
    answer.what_if = compare(
        before,
        fabric,
        answer,
        was=was,
        supposed=supposed.said,
        diff=supposed.diff,
        moved=supposed.moved,
        sessions=None if question.state is State.ESTABLISHED else NO_SESSIONS,
    )


def _edited(texts: PolicyText, flags: Flags) -> PolicyText:
    if not (flags.patch or flags.without or flags.added or flags.put):
        return texts
    texts.check_editable()
    from hnvemu.analysis.changes import with_added, with_patch, with_set, without

    for name in flags.patch or ():
        texts = with_patch(texts, _content(name), name)
    for word in flags.without or ():
        texts = without(texts, word)
    for word in flags.added or ():
        texts = with_added(texts, word)
    for word in flags.put or ():
        texts = with_set(texts, word)
    return texts


def _content(name: str) -> str:
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib cannot read a part of a file
            octets = file.read(_LARGEST_PATCH + 1)
        if len(octets) > _LARGEST_PATCH:
            raise QuestionError(f"'{name}' is larger than {_LARGEST_PATCH} octets")
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise QuestionError(f"'{name}' is not UTF-8") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise QuestionError(f"'{name}' cannot be read: {reason.lower()}") from None


def _move(word: str) -> tuple[str, str]:
    vm, _, host = word.partition("=")
    if not vm or not host:
        raise QuestionError(f"'{word}' moves nothing", "write VM=HOST, such as X=H1")
    return vm, host


def _names(words: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for word in words or () for name in word.split(","))
