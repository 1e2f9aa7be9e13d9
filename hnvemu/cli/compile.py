"""``hnvemu compile``: makes ready ahead of time what the first trace in a large policy makes."""

from __future__ import annotations

from typing import Annotated

import typer

from hnvemu.cli import options
from hnvemu.cli.output import emit, note
from hnvemu.errors import QuestionError

EPILOG = options.epilog(
    "hnvemu compile large.yaml",
    "hnvemu compile hosts.yaml tenants/    several files that are one policy",
    "hnvemu compile --clear                delete all that was ever compiled",
    f"{options.CACHE_VARIABLE}=off hnvemu trace -p large.yaml A B    keep nothing",
)


def compile(  # noqa: A001 - the name of the command
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="Files and folders of one policy, named as in later commands.",
            show_default=False,
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Delete everything that was compiled.")
    ] = False,
) -> None:
    """Compile a policy for later commands.

    Commands that read a policy compile it themselves, if it is large, and find it the next time.
    What is compiled is kept in the cache folder of the user, or in that of the variable
    HNVEMU_CACHE, and is made anew when a file of the policy has changed.
    """
    store = options.store()
    if store is None:
        raise QuestionError(
            "there is no folder for what is compiled", f"name one: {options.CACHE_VARIABLE}=FOLDER"
        )
    if clear:
        if paths:
            raise QuestionError("--clear deletes everything, and takes no path")
        try:
            count, octets = store.clear()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise QuestionError(f"'{error.filename}' cannot be deleted: {reason}") from None
        emit(f"deleted {count} files with {_size(octets)} from {store.folder}")
        return
    from hnvemu.compiled.load import NotKept, load

    done = load(options.named(paths), size_limit=options.size_limit(), store=store)
    options.tell_losses(done.policy)
    if done.path is None:
        if done.why is NotKept.FOLDER:
            raise QuestionError(f"'{store.folder}' cannot be written to")
        note(f"note: nothing was compiled: {done.why}")
        raise typer.Exit(5)
    size = done.path.stat().st_size
    state = "compiled" if done.is_new else "was compiled already"
    policy = done.policy
    emit(
        f"{state}: {len(policy.records):,} lookup records, {len(policy.ports):,} ports\n"
        f"{done.path} ({_size(size)})"
    )


def _size(octets: int) -> str:
    return f"{octets / 2**20:,.1f} MiB"
