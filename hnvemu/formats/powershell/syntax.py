"""What a script is made of: the tree that the parser makes and the interpreter walks.

Rules of the file: every node knows the offset of its first character, ``at``; names of variables,
members, types and operators are as written, and whoever compares them folds their case.
"""

from __future__ import annotations

from typing import NamedTuple, Self, TypeAlias


class Written(int):
    """A number without quotes among arguments: a parameter that wants text gets it as written."""

    text: str

    @classmethod
    def of(cls, number: int, text: str) -> Self:
        """Return ``number``, that was written as ``text``."""
        made = cls(number)
        made.text = text
        return made


class Literal(NamedTuple):
    """A number, a word or a string without expansion."""

    at: int
    value: int | float | str


class Expandable(NamedTuple):
    """A string in double quotes, or a word, with variables in it."""

    at: int
    parts: tuple[str | Expression, ...]


class Variable(NamedTuple):
    """``$name``, ``${name}``, ``$using:name``, ``$env:name``."""

    at: int
    name: str


class Splat(NamedTuple):
    """``@name`` among the arguments of a command."""

    at: int
    name: str


class Comma(NamedTuple):
    """``a, b``."""

    at: int
    items: tuple[Expression, ...]


class Group(NamedTuple):
    """``( )``, ``$( )`` or ``@( )``, by ``kind``: the text before its body."""

    at: int
    kind: str
    body: tuple[Statement, ...]


class HashLiteral(NamedTuple):
    """``@{ a = 1 }``."""

    at: int
    entries: tuple[tuple[Expression, Statement], ...]


class Parameter(NamedTuple):
    """One parameter of a function or script block."""

    name: str
    type: str
    default: Expression | None
    mandatory: bool
    aliases: tuple[str, ...]
    by_value: bool = False
    """Whether it gets what is piped in."""
    by_name: bool = False
    """Whether it gets the property of its name of what is piped in."""


class Block(NamedTuple):
    """``{ }``: what stands in it, and the blocks that pipelines run."""

    at: int
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    begin: tuple[Statement, ...] = ()
    process: tuple[Statement, ...] | None = None


class TypeName(NamedTuple):
    """``[guid]``."""

    at: int
    name: str


class Member(NamedTuple):
    """``of.name`` or ``[type]::name``."""

    at: int
    of: Expression
    name: str | Expression


class Call(NamedTuple):
    """``of.name(arguments)``."""

    at: int
    of: Expression
    name: str
    arguments: tuple[Expression, ...]


class Index(NamedTuple):
    """``of[index]``."""

    at: int
    of: Expression
    at_index: Expression


class Unary(NamedTuple):
    """``-not a``, ``-a``, ``,a``, ``-join a``."""

    at: int
    operator: str
    of: Expression


class Binary(NamedTuple):
    """``a -eq b``."""

    at: int
    operator: str
    left: Expression
    right: Expression


class Cast(NamedTuple):
    """``[int]a``."""

    at: int
    type: str
    of: Expression


class Increment(NamedTuple):
    """``$a++``."""

    at: int
    of: Expression
    by: int


Expression: TypeAlias = (
    Literal
    | Expandable
    | Variable
    | Comma
    | Group
    | HashLiteral
    | Block
    | TypeName
    | Member
    | Call
    | Index
    | Unary
    | Binary
    | Cast
    | Increment
)


class Named(NamedTuple):
    """``-Name`` among the arguments of a command, with what a colon ties to it."""

    at: int
    name: str
    value: Expression | None


class Command(NamedTuple):
    """A command and its arguments; ``operator`` is ``&``, ``.`` or empty."""

    at: int
    operator: str
    name: Expression
    arguments: tuple[Named | Splat | Expression, ...]


class Pipeline(NamedTuple):
    """``a | b``."""

    at: int
    stages: tuple[Command | Expression, ...]


class Assignment(NamedTuple):
    """``$a += b``."""

    at: int
    target: Expression
    operator: str
    value: Statement


class If(NamedTuple):
    """``if`` and its ``elseif``s; the last condition of an ``else`` is None."""

    at: int
    branches: tuple[tuple[Statement | None, tuple[Statement, ...]], ...]


class Loop(NamedTuple):
    """``while``, ``do … while``, ``do … until`` and ``for``."""

    at: int
    before: Statement | None
    condition: Statement | None
    after: Statement | None
    body: tuple[Statement, ...]
    until: bool = False
    first: bool = False
    """Whether the body runs before the condition is looked at."""
    label: str = ""


class Foreach(NamedTuple):
    """``foreach ($a in b)``."""

    at: int
    variable: str
    of: Statement
    body: tuple[Statement, ...]
    label: str = ""


class Switch(NamedTuple):
    """``switch (a) { … }``; the match of ``default`` is None."""

    at: int
    kind: str
    """``exact``, ``wildcard`` or ``regex``."""
    of: Statement
    clauses: tuple[tuple[Expression | None, tuple[Statement, ...]], ...]
    label: str = ""


class Function(NamedTuple):
    """A definition of a function."""

    at: int
    name: str
    block: Block


class Flow(NamedTuple):
    """``return``, ``break``, ``continue``, ``throw`` and ``exit``."""

    at: int
    kind: str
    value: Statement | None
    label: str = ""
    """The loop that ``break`` and ``continue`` are for, where they name one."""


class Try(NamedTuple):
    """``try``: what it tries and what it runs at the end; handlers never run here."""

    at: int
    body: tuple[Statement, ...]
    last: tuple[Statement, ...]


class Refused(NamedTuple):
    """What is read over, and why."""

    at: int
    why: str


Statement: TypeAlias = (
    Pipeline | Assignment | If | Loop | Foreach | Switch | Function | Flow | Try | Refused
)
