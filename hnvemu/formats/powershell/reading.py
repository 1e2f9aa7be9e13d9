"""Reads a script of the HNV cmdlets into an inventory."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from hnvemu.errors import PolicyError
from hnvemu.formats.powershell.interpreter import Interpreter, Text
from hnvemu.formats.powershell.parser import ScriptError, parse
from hnvemu.formats.powershell.pasted import code_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.findings import Finding
    from hnvemu.formats.inventory import Inventory


def read_script(
    name: str, octets: bytes, beside: Callable[[str], bytes | None]
) -> tuple[Inventory, tuple[Finding, ...]]:
    """Evaluate a script, and return what it tells to which host.

    Commands that name no host are for ``localhost``.

    Args:
        name: The file, as origins write it.
        octets: What it holds.
        beside: Reads a file of the script's folder by its path from there, with ``/``; None where
            there is none. It is never asked for a path that leads out of the folder.

    Returns:
        The inventory, and what was left out: each thing with its place.

    Raises:
        PolicyError: the file is not PowerShell.
    """
    written = text_of(octets)
    source = Text(name, code_of(written))
    try:
        block = parse(source.text)
    except ScriptError as error:
        raise PolicyError((source.finding(error.message, error.at, error.help),)) from None
    losses: list[Finding] = []
    interpreter = Interpreter(source, beside, losses.append)
    interpreter.run(block)
    inventory = interpreter.recorder.inventory(PurePath(name).stem)
    return inventory, tuple(losses)
