"""Options that several commands share, and what they mean."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar

import typer

from hnvemu import __version__
from hnvemu.cli.output import Color, note
from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from hnvemu.compiled.store import Store
    from hnvemu.model.policy import Policy
    from hnvemu.reader.edit import PolicyText

SAMPLE: Final = "sample:complex-routing"
POLICY_VARIABLE: Final = "HNVEMU_POLICY"
SIZE_VARIABLE: Final = "HNVEMU_SIZE_LIMIT"
CACHE_VARIABLE: Final = "HNVEMU_CACHE"
_LOCAL_POLICY: Final = "hnv.yaml"
_LOSSES: Final = 10
"""How many losses of an import are told beside a result."""

EXIT_CODES: Final = """\b
Exit codes:
  0   answered
  1   answered, and the answer is no
  2   could not run: usage, policy, unknown name, bad packet
  3   inconclusive: something unsupported lies on the path
  5   nothing to do
  70  a bug in hnvemu
"""


AnyForm = TypeVar("AnyForm", bound=StrEnum)


class Form(StrEnum):
    """The forms of a result that is a table."""

    TEXT = "text"
    JSON = "json"


def epilog(*examples: str) -> str:
    """Return the end of a help page: examples, then the exit codes."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in examples), "", EXIT_CODES])


def complete_vm(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of VMs that begin with what the shell has, or nothing at all."""
    try:
        ports = _load(ctx.params.get("policy") or (), quietly=True).ports
    except Exception:  # noqa: BLE001 - a shell that completes shows no errors
        return []
    short = [name.partition("/")[2] for name in ports]
    names = [name for name in short if short.count(name) == 1] + list(ports)
    return [name for name in names if name.startswith(incomplete)]


def complete_entry(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return where a frame can enter: the names of VMs, and ``pa:`` with those of hosts."""
    try:
        hosts = _load(ctx.params.get("policy") or (), quietly=True).hosts
    except Exception:  # noqa: BLE001 - a shell that completes shows no errors
        return []
    sides = [f"pa:{host}" for host in hosts]
    return complete_vm(ctx, incomplete) + [name for name in sides if name.startswith(incomplete)]


PolicyPaths = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--policy",
        metavar="PATH",
        help=f"File or folder, - for stdin, or sample:NAME; repeatable. Otherwise "
        f"${POLICY_VARIABLE}, ./{_LOCAL_POLICY}, or {SAMPLE}.",
        show_default=False,
    ),
]
NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache", help="Read the policy's text, whatever was compiled of it, and compile none."
    ),
]
Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write the result to a file."),
]
ColorWhen = Annotated[
    Color,
    typer.Option(
        "--color",
        metavar="auto|always|never",
        show_default=False,
        help="When the text has colour: on a terminal, if not said.",
    ),
]
TableForm = Annotated[
    Form | None,
    typer.Option(
        "-f", "--format", metavar="text|json", help="Form of the result: text if not said."
    ),
]
ProfileName = Annotated[
    Literal["transparent", "ws2012", "ws2012r2", "hnvv2"] | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Behave like transparent, ws2012, ws2012r2 or hnvv2, whatever the policy says.",
    ),
]
FlowId = Annotated[
    str,
    typer.Option(
        "--flowid",
        metavar="hash|N",
        show_default=False,
        help="FlowID of NVGRE keys: a number to 255, or a hash of the flow; 0 if not said.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="The same as --format json.")]


def load(paths: list[str] | None, *, cached: bool = True) -> Policy:
    """Read the policy that the options, the environment or the folder name.

    Args:
        paths: As the user gave them.
        cached: Take what was compiled of it, and compile it if it is large.

    Raises:
        PolicyError: It cannot be read.
        QuestionError: There is no such sample.
    """
    return _load(paths or (), quietly=False, cached=cached)


def store() -> Store | None:
    """Return where compiled policies are kept; None where the user wants none, or has no home."""
    from hnvemu.compiled.store import Store, default_folder

    said = os.environ.get(CACHE_VARIABLE, "")
    if said.lower() == "off":
        return None
    folder = Path(said) if said else default_folder(os.environ)
    return None if folder is None else Store(folder, version=__version__)


def size_limit() -> int:
    """Return the octets that a policy file may have."""
    text = os.environ.get(SIZE_VARIABLE, "256")
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise QuestionError(f"{SIZE_VARIABLE} is '{text}'", "write the limit in MiB, such as 512")
    return int(text) * 2**20


def load_texts(paths: list[str] | None) -> PolicyText:
    """Read the texts of that policy, which can be edited.

    Raises:
        PolicyError: They cannot be read.
        QuestionError: There is no such sample.
    """
    from hnvemu.reader.edit import PolicyText
    from hnvemu.reader.source import SIZE_LIMIT

    limit = size_limit()
    names = _names(paths or (), quietly=False)
    return PolicyText.read(*names, size_limit=SIZE_LIMIT if names == [SAMPLE] else limit)


def named(paths: list[str] | None) -> list[str]:
    """Return what is read for these paths: themselves, or what takes their place."""
    return _names(paths or (), quietly=False)


def _load(paths: list[str] | tuple[()], *, quietly: bool, cached: bool = True) -> Policy:
    from hnvemu.reader import load_policy

    limit = size_limit()
    names = _names(paths, quietly=quietly)
    kept = store() if cached and names != [SAMPLE] else None
    if names == [SAMPLE]:
        policy = load_policy(*names)
    elif kept is None:
        policy = load_policy(*names, size_limit=limit)
    else:
        from hnvemu.compiled.load import load as load_kept

        policy = load_kept(names, size_limit=limit, store=kept).policy
    if not quietly:
        tell_losses(policy)
    return policy


def tell_losses(policy: Policy) -> None:
    """Tell on stderr what was not understood of what a policy was made of."""
    for loss in policy.losses[:_LOSSES]:
        note(str(loss).replace(": error: ", ": note: ", 1))
    if len(policy.losses) > _LOSSES:
        note(f"note: {len(policy.losses) - _LOSSES} more: hnvemu import shows all")


def _names(paths: list[str] | tuple[()], *, quietly: bool) -> list[str]:
    """Return what is to be read: by the options, the environment or the folder, or the sample."""
    if paths:
        # What the shell completes must not wait for its input.
        return [SAMPLE] if quietly and "-" in paths else [*paths]
    if named := os.environ.get(POLICY_VARIABLE):
        return [named]
    if Path(_LOCAL_POLICY).is_file():
        return [_LOCAL_POLICY]
    if not quietly:
        note(f"note: no policy is given: this is the sample {SAMPLE}")
    return [SAMPLE]


def chosen(form: AnyForm | None, json: AnyForm, *, as_json: bool, default: AnyForm) -> AnyForm:
    """Return the form that ``--format`` and ``--json`` ask for together.

    Raises:
        QuestionError: They contradict each other.
    """
    if as_json and form not in (None, json):
        raise QuestionError(f"--json and --format {form} contradict each other")
    return json if as_json else form or default


def flow_id_of(text: str) -> int | None:
    """Return the FlowID that ``--flowid`` says; None for a hash of the flow.

    Raises:
        QuestionError: It is neither a number nor ``hash``.
    """
    if text.lower() == "hash":
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise QuestionError(f"FlowID '{text}' is not a number", "0 to 255, or hash")
    return int(text)
