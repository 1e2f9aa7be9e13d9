"""The command ``hnvemu``: its commands, and what becomes of what they raise.

Rules of the file: only :func:`main` turns an exception into an exit code.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from hnvemu import __version__
from hnvemu.cli.options import epilog
from hnvemu.cli.output import flush, note, prepare_streams
from hnvemu.errors import HnvemuError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEBUG_VARIABLE: Final = "HNVEMU_DEBUG"

_COMMANDS: Final = {
    "trace": "trace",
    "next-hop": "next_hop",
    "show": "show",
    "validate": "validate",
    "compile": "compile",
    "lint": "lint",
    "rule": "rule",
    "replay": "replay",
    "import": "import_",
    "export": "export",
    "samples": "samples",
    "schema": "schema",
}
"""By the name of each command the module that has it, and the name of its function there."""
_SETTINGS: Final = {"help_option_names": ["-h", "--help"]}


class Commands(TyperGroup):
    """Makes a command when it is asked for: making them all takes longer than a trace."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all commands, in the order of the help page."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; None where there is none of that name."""
        # For an unknown name all are made, so that typer can find the nearest.
        for name in [cmd_name] if cmd_name in _COMMANDS else _COMMANDS:
            if name not in self.commands:
                self.commands[name] = _command(name)
        return super().get_command(ctx, cmd_name)


def _command(name: str) -> Any:
    module = import_module(f"hnvemu.cli.{_COMMANDS[name]}")
    alone = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
    )
    alone.command(name, epilog=module.EPILOG)(getattr(module, _COMMANDS[name]))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="hnvemu",
    cls=Commands,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
    epilog=epilog(
        "hnvemu trace A X tcp/80",
        "hnvemu trace -p policy.yaml T/A 8.8.8.8 udp/53 -v",
        "hnvemu show records --host H1",
        "hnvemu validate policies/",
        "hnvemu lint policies/",
        "hnvemu trace --help",
    ),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hnvemu {__version__}")
        raise typer.Exit


@app.callback()
def hnvemu(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Forwarding emulator of Hyper-V Network Virtualization.

    Where does this packet go, and why?
    """
    del version
    if ctx.invoked_subcommand is None:
        note(ctx.get_help())
        raise typer.Exit(2)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code. Nothing that a user did raises."""
    command = typer.main.get_command(app)
    try:
        command.main(args=list(arguments), prog_name="hnvemu")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except HnvemuError as error:
        note(_told(error))
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as bug:  # noqa: BLE001 - whatever else is raised is a bug, and told as one
        note(_report(bug))
        return 70
    finally:
        flush()
    return 0


def run() -> None:
    """Be the command ``hnvemu``."""
    prepare_streams()
    # A command reads a policy, answers and ends: collecting would only walk what it still needs.
    gc.disable()
    sys.exit(main(sys.argv[1:]))


def _told(error: HnvemuError) -> str:
    if not isinstance(error, QuestionError):
        return str(error)
    from hnvemu.render.layout import printable

    told = f"error: {printable(error.message)}"
    return f"{told}\n  help: {printable(error.help)}" if error.help else told


def _report(bug: Exception) -> str:
    """Say what went wrong in hnvemu, where, and how to report it."""
    import traceback

    last = traceback.extract_tb(bug.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno} in {last.name}"
    told = (
        f"error: this is a bug in hnvemu {__version__}: {type(bug).__name__}: {bug} ({where})\n"
        "  help: please report it with this message, the command and the policy;"
        f" {DEBUG_VARIABLE}=1 shows the traceback"
    )
    if os.environ.get(DEBUG_VARIABLE):
        told = "".join(traceback.format_exception(bug)) + told
    return told
