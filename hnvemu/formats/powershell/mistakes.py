"""Mistakes that show in the text of a script, whatever it is evaluated to.

Rules of the file: a finding here is about what the script's author cannot have meant. A variable
that functions read is left alone, and so is an object that code behind its block may use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.findings import Note
from hnvemu.formats.powershell.syntax import (
    Assignment,
    Binary,
    Block,
    Call,
    Cast,
    Command,
    Foreach,
    Function,
    Group,
    HashLiteral,
    If,
    Index,
    Literal,
    Loop,
    Member,
    Named,
    Pipeline,
    Splat,
    Switch,
    Try,
    TypeName,
    Variable,
)
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hnvemu.findings import Finding
    from hnvemu.formats.powershell.interpreter import Text
    from hnvemu.formats.powershell.syntax import Expression, Statement

_OTHER_HOST = ("computername", "cn", "session", "vmname", "vmid", "hostname")
_EVERYWHERE = frozenset({"_", "psitem", "args", "input", "this", "true", "false", "null"})
_SUSPECTS = ("new-object", "::new", "@{", "invoke-command", "icm")
"""What a script has that may have a mistake."""
_NAMES = ("resourceid", "name", "displayname")
"""Properties that say which object is meant."""


def mistakes_in(script: Block, source: Text) -> Iterator[Finding]:
    """Yield the mistakes of a script: objects that nothing uses, variables of another place."""
    text = source.text.lower()
    if not any(word in text for word in _SUSPECTS):
        return  # a long script takes long to walk through
    nodes = [*_walk(script)]
    taken: set[str] = set()
    """The variables that functions take from whoever calls them."""
    for node in nodes:
        if isinstance(node, Function):
            taken |= _named_in(node.block) - {n for one in _walk(node) for n in _set_by(one)}
    for body in _bodies(script, nodes):
        for lost in _unused(body, taken):
            yield _told(lost, source)
    assigned = {name for node in nodes for name in _set_by(node)}
    for node in nodes:
        if isinstance(node, Command) and _is_remote(node):
            for block in node.arguments:
                if isinstance(block, Block):
                    yield from _null_in(block, assigned, source)


# ---------------------------------------------------------------------------------------------
# Objects that are built and never used


class _Body(NamedTuple):
    """Statements in a row."""

    statements: Sequence[Statement]
    ends_scope: bool
    """Whether variables are gone behind it."""
    is_script: bool = False


class _Object(NamedTuple):
    """An object that a variable holds, and nothing has used yet."""

    variable: str
    at: int
    is_typed: bool
    """Whether it has a type of its own, and is no hash table."""
    name: str = ""
    is_filled: bool = False
    replaced_at: int | None = None


def _bodies(script: Block, nodes: Sequence[object]) -> Iterator[_Body]:
    scopes = {id(node.block) for node in nodes if isinstance(node, Function)}
    for node in nodes:
        if isinstance(node, Command) and _is_remoting(node):
            scopes |= {id(one) for one in node.arguments if isinstance(one, Block)}
    for node in (script, *nodes):
        if node is script:
            # Functions that are read in from elsewhere may use what the script leaves.
            reads_in = any(isinstance(each, Command) and each.operator == "." for each in nodes)
            yield _Body(script.body, ends_scope=not reads_in, is_script=True)
        elif isinstance(node, Block):
            yield _Body(node.body, id(node) in scopes)
            yield _Body(node.begin, ends_scope=False)
            yield _Body(node.process or (), ends_scope=False)
        elif isinstance(node, If):
            yield from (_Body(body, ends_scope=False) for _, body in node.branches)
        elif isinstance(node, Switch):
            yield from (_Body(body, ends_scope=False) for _, body in node.clauses)
        elif isinstance(node, Loop | Foreach | Try | Group):
            yield _Body(node.body, ends_scope=False)


def _unused(body: _Body, taken: set[str]) -> Iterator[_Object]:
    """Yield the objects of a body that are filled, and then overwritten or forgotten."""
    held: dict[str, _Object] = {}
    for statement in body.statements:
        if not isinstance(statement, Assignment) or statement.operator:
            for name in _named_in(statement) if held else ():
                held.pop(name, None)
            continue
        for name in _named_in(statement.value) if held else ():
            held.pop(name, None)
        if isinstance(statement.target, Variable):
            name = statement.target.name.lower()
            known = held.pop(name, None)
            if known and known.is_filled:
                yield known._replace(replaced_at=statement.at)
            made = _single(statement.value)
            if name not in taken and ":" not in name and _is_made(made):
                is_typed = not isinstance(made, HashLiteral | Cast)
                held[name] = _Object(statement.target.name, statement.at, is_typed)
        elif (member := _member_of(statement.target)) and (known := held.get(member[0])):
            word = _word(_single(statement.value)) if member[1] in _NAMES else ""
            held[member[0]] = known._replace(name=word or known.name, is_filled=True)
    if body.ends_scope:
        # A script that leaves tables of settings is one that others read in.
        yield from (
            known
            for known in held.values()
            if known.is_filled and (known.is_typed or not body.is_script)
        )


def _told(lost: _Object, source: Text) -> Finding:
    called = f"the object '{lost.name}'" if lost.name else "the object"
    found = source.finding(
        f"{called} that ${lost.variable} holds from here on is never used",
        lost.at,
        "hand it to a command, or add it to the list that it is meant for",
    )
    if lost.replaced_at is None:
        return found
    place = source.origin(lost.replaced_at)
    return replace(found, notes=(Note(f"${lost.variable} becomes another one here", place),))


def _member_of(target: Expression) -> tuple[str, str] | None:
    """Return the variable and the last property of ``$a.b.c``."""
    last = target.name if isinstance(target, Member) else ""
    while isinstance(target, Member | Index):
        target = target.of
    if not isinstance(target, Variable):
        return None
    return target.name.lower(), last.lower() if isinstance(last, str) else ""


def _is_made(made: object) -> bool:
    """Whether a value is a new object: ``New-Object``, ``[type]::new()``, a hash table."""
    if isinstance(made, Command):
        return _word(made.name).lower() == "new-object"
    if isinstance(made, Call):
        return isinstance(made.of, TypeName) and made.name.lower() == "new"
    return isinstance(made.of if isinstance(made, Cast) else made, HashLiteral)


def _single(value: Statement) -> object:
    if isinstance(value, Pipeline) and len(value.stages) == 1:
        return value.stages[0]
    return None


# ---------------------------------------------------------------------------------------------
# Variables that a block on another host does not have


def _is_remote(call: Command) -> bool:
    if not _is_remoting(call):
        return False
    first = call.arguments[0] if call.arguments else None
    if first is not None and not isinstance(first, Named | Splat | Block):
        return True
    return any(
        isinstance(argument, Named)
        and len(argument.name) > 1
        and any(name.startswith(argument.name.lower()) for name in _OTHER_HOST)
        for argument in call.arguments
    )


def _null_in(block: Block, assigned: set[str], source: Text) -> Iterator[Finding]:
    """Yield the variables that a remote block reads and only what is outside of it sets."""
    nodes = [*_walk(block, remote=False)]
    own = {parameter.name.lower() for parameter in block.parameters}
    own |= {name for node in nodes for name in _set_by(node)}
    told: set[str] = set()
    matched = {
        name
        for node in nodes
        if isinstance(node, Binary) and node.operator in ("match", "imatch")
        for name in _named_in(node.right)
    }
    for node in sorted((n for n in nodes if isinstance(n, Variable)), key=lambda n: n.at):
        name = node.name.lower()
        if name in own | told | _EVERYWHERE or ":" in name or name not in assigned:
            continue
        told.add(name)
        everything = ", and -match finds null in everything" if name in matched else ""
        yield source.finding(
            f"${node.name} is null in this block, which runs on another host: it is set outside"
            f" of it{everything}",
            node.at,
            f"write $using:{node.name}, or hand it over with -ArgumentList",
        )


# ---------------------------------------------------------------------------------------------
# Nodes


def _walk(node: object, *, remote: bool = True) -> Iterator[object]:
    """Yield all nodes under one; those of blocks for other hosts only if ``remote``."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, tuple):
            continue
        if one is not node and hasattr(one, "at"):
            yield one
        if not remote and isinstance(one, Command) and _is_remote(one):
            waiting += [part for part in one.arguments if not isinstance(part, Block)]
        else:
            waiting += one


def _named_in(node: object) -> set[str]:
    """Return the variables that stand in a node, read or set."""
    return {
        each.name.lower().removeprefix("using:")
        for each in (node, *_walk(node))
        if isinstance(each, Variable | Splat)
    }


def _set_by(node: object) -> Iterator[str]:
    """Yield the variables that a node itself sets."""
    if isinstance(node, Assignment):
        target = node.target.of if isinstance(node.target, Cast) else node.target
        for each in getattr(target, "items", (target,)):
            if isinstance(each, Variable):
                yield each.name.lower()
    elif isinstance(node, Foreach):
        yield node.variable.lower()
    elif isinstance(node, Block):
        yield from (parameter.name.lower() for parameter in node.parameters)


def _word(node: object) -> str:
    """Return the text of a literal; of everything else none."""
    return str(node.value) if isinstance(node, Literal) else ""


def _is_remoting(call: Command) -> bool:
    return _word(call.name).lower() in ("invoke-command", "icm")
