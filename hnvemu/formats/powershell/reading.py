"""Reads a script of the HNV cmdlets into an inventory."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from hnvemu.errors import PolicyError
from hnvemu.findings import Finding
from hnvemu.formats.encoding import text_of
from hnvemu.formats.powershell.comments import contradictions
from hnvemu.formats.powershell.interpreter import Interpreter, Text
from hnvemu.formats.powershell.mistakes import mistakes_in
from hnvemu.formats.powershell.parser import ScriptError, parse
from hnvemu.formats.powershell.pasted import code_of
from hnvemu.formats.powershell.recorder import HERE
from hnvemu.model.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.formats.inventory import Inventory


def read_script(
    name: str, octets: bytes, beside: Callable[[str], bytes | None], here: str = HERE
) -> tuple[Inventory, tuple[Finding, ...]]:
    """Evaluate a script, and return what it tells to which host.

    Args:
        name: The file, as origins write it.
        octets: What it holds.
        beside: Reads a file of the script's folder by its path from there, with ``/``; None where
            there is none. It is never asked for a path that leads out of the folder.
        here: The host that it runs on, which commands are for that name no other.

    Returns:
        The inventory, and what was left out or cannot be meant: each thing with its place.

    Raises:
        PolicyError: the file is no text, or not PowerShell.
    """
    try:
        source = Text(name, code_of(text_of(octets)))
    except ValueError as error:
        finding = Finding(message=str(error), origin=Origin(name, 0, 0))
        raise PolicyError((finding,)) from None
    try:
        block = parse(source.text)
    except ScriptError as error:
        raise PolicyError((source.finding(error.message, error.at, error.help),)) from None
    losses: list[Finding] = []
    interpreter = Interpreter(source, beside, losses.append, here)
    interpreter.run(block)
    inventory = interpreter.recorder.inventory(PurePath(name).stem)
    losses += [each for each in mistakes_in(block, source) if not _is_told(each, losses)]
    losses += contradictions(source, inventory)
    return inventory, tuple(losses)


def _is_told(mistake: Finding, losses: list[Finding]) -> bool:
    """Whether the evaluation came by a variable that another host does not have."""
    return "$using:" in (mistake.help or "") and any(
        "$using:" in loss.message and loss.origin.line == mistake.origin.line for loss in losses
    )
