"""Evaluates a script: what it would tell to which host, without running anything.

Rules of the file: a statement's evaluation returns what it writes to the pipeline. What cannot be
known is an unknown value until a cmdlet needs it, and then it is a finding at that call. A branch
whose condition is unknown is not taken: what it assigns is unknown behind it, and the commands in
it are reported. Steps and sizes are limited, so every evaluation ends.
"""

from __future__ import annotations

import csv
import io
import json
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn, TypeVar, assert_never

from hnvemu.findings import Finding
from hnvemu.formats.encoding import text_of
from hnvemu.formats.powershell import operators
from hnvemu.formats.powershell.binder import Argument, BindError, Bound, bind
from hnvemu.formats.powershell.cmdlets import CMDLETS
from hnvemu.formats.powershell.commands import ALIASES, FILTER, KNOWN, REFUSED, is_harmless
from hnvemu.formats.powershell.parser import ScriptError, parse
from hnvemu.formats.powershell.pasted import code_of
from hnvemu.formats.powershell.recorder import HERE, Recorder
from hnvemu.formats.powershell.syntax import (
    Assignment,
    Binary,
    Block,
    Call,
    Cast,
    Comma,
    Command,
    Expandable,
    Expression,
    Flow,
    Foreach,
    Function,
    Group,
    HashLiteral,
    If,
    Increment,
    Index,
    Literal,
    Loop,
    Member,
    Named,
    Parameter,
    Pipeline,
    Refused,
    Splat,
    Statement,
    Switch,
    Try,
    TypeName,
    Unary,
    Variable,
)
from hnvemu.formats.powershell.values import (
    Adapter,
    LimitError,
    Session,
    Table,
    Unknown,
    bounded,
    checked,
    collapsed,
    is_alike,
    listed,
    number,
    searched,
    text,
    truth,
)
from hnvemu.model.origin import Origin
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Node = TypeVar("Node")

_STEPS = 200_000
_STEPS_OF_LINE = 20
"""What a line of the script may take beside that: a long script has a lot to say."""
_CALLS = 24
"""How deeply functions and blocks may call each other."""
_CELLS = 20_000_000
"""The work of an evaluation: 8 for an expression or an item of a list, 1 for two letters."""
_CELLS_OF_LINE = 5_000
_CALL = 1000
"""The work of binding the arguments of one call."""
_TOLD = 50
"""The work of telling it to one host."""
_FINDINGS = 200
_DASHES = str.maketrans("\u2013\u2014\u2015", "---")
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}
_HIDDEN = frozenset({"myinvocation", "host", "psversiontable", "error", "matches", "input", "pid"})
_HIDDEN |= {"home", "pwd", "profile", "pscmdlet", "psboundparameters", "executioncontext", "?", "$"}


class _Flow(Exception):  # noqa: N818 - it carries the flow of control, not an error
    """``return``, ``break``, ``continue`` and ``exit`` on their way to whom they are for."""

    def __init__(self, kind: str, output: list[object], label: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.label = label
        self.output = output


class Text:
    """A script, or a file that it reads, and the places in it."""

    def __init__(self, name: str, written: str) -> None:
        self.name = name
        self.text = written
        self.lines = written.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]

    def origin(self, at: int) -> Origin:
        """Return the place of an offset."""
        line = min(bisect_right(self._starts, at), len(self.lines))
        return Origin(self.name, line, at - self._starts[line - 1] + 1)

    def finding(self, message: str, at: int, help: str | None = None) -> Finding:  # noqa: A002 - as a finding names it
        """Return a finding at an offset, with its line."""
        return self.shown(Finding(message=message, origin=self.origin(at), help=help))

    def shown(self, finding: Finding) -> Finding:
        """Return a finding with its line, or what stands around its column."""
        line = self.lines[finding.origin.line - 1]
        start = max(0, finding.origin.column - 61)
        return replace(finding, excerpt=line[start : start + 120], excerpt_at=start)


class Interpreter:
    """One evaluation of one script."""

    def __init__(
        self,
        source: Text,
        beside: Callable[[str], bytes | None],
        lose: Callable[[Finding], None],
        here: str = HERE,
    ) -> None:
        self._source = source
        self._beside = beside
        self._report = lose
        self._told: set[tuple[Origin, str]] = set()
        self.recorder = Recorder(self._told_once, here)
        self._scopes: list[dict[str, object]] = [{}]
        self._using: list[list[dict[str, object]]] = []
        self._functions: dict[str, Block] = {}
        self._hosts: tuple[str, ...] = (HERE,)
        self._steps = 0
        self._most_steps = _STEPS + _STEPS_OF_LINE * len(source.lines)
        self._cells = 0
        self._most_cells = _CELLS + _CELLS_OF_LINE * len(source.lines)
        self._calls = 0
        self._listening = 0
        """How many expressions wait for what statements write; without one it is only shown."""
        self._strange: set[str] = set()

    def run(self, block: Block) -> None:
        """Evaluate a whole script; what goes wrong is told."""
        for parameter in block.parameters:
            held: object = Unknown(what=f"${parameter.name}, a parameter of the script")
            if parameter.default is not None:
                held = self._expression(parameter.default)
            elif parameter.type.lower() in ("switch", "bool"):
                held = False
            self._scopes[0][parameter.name.lower()] = held
        try:
            self._block(block, [])
        except _Flow:
            pass
        except LimitError as error:
            self._lose(f"{error}: the evaluation ends here", self._at)
        except RecursionError:
            self._lose("calls are nested too deeply: the evaluation ends here", self._at)

    # -----------------------------------------------------------------------------------------
    # Findings and limits

    _at = 0

    def _lose(self, message: str, at: int, help: str | None = None) -> None:  # noqa: A002 - as a finding names it
        self._told_once(self._source.finding(message, at, help))

    def _told_once(self, finding: Finding) -> None:
        """Report a finding, a loop's only once."""
        key = finding.origin, finding.message
        if key in self._told:
            return
        self._told.add(key)
        if finding.excerpt is None and finding.origin.file == self._source.name:
            finding = self._source.shown(finding)
        if len(self._told) < _FINDINGS:
            self._report(finding)
        elif len(self._told) == _FINDINGS:
            self._report(replace(finding, message=f"{finding.message}; more is not reported"))

    def _step(self, at: int) -> None:
        self._at = at
        self._steps += 1
        self._spend()
        if self._steps > self._most_steps:
            raise LimitError(f"the script takes more than {self._most_steps:,} steps")

    def _spend(self, *held: object) -> None:
        """Count what an operation looks at and makes."""
        for one in held:
            if isinstance(one, list):
                self._cells += len(one) << 3
            elif isinstance(one, str):
                self._cells += len(one) >> 1
            elif isinstance(one, Table):
                self._cells += one.size << 3
        if self._cells > self._most_cells:
            raise LimitError("the script makes and looks at too many values")

    # -----------------------------------------------------------------------------------------
    # Variables

    def _variable(self, node: Variable) -> object:
        name = node.name.lower()
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        scope, colon, rest = name.partition(":")
        if not colon:
            for space in reversed(self._scopes):
                if name in space:
                    return space[name]
            return self._unset(node.name)
        if scope == "using":
            outer = self._using[-1] if self._using else self._scopes
            for space in reversed(outer):
                if rest in space:
                    return space[rest]
            return Unknown(what=f"${rest}", undefined=True)
        if scope == "env":
            if rest == "computername":
                return self._hosts[0] if len(self._hosts) == 1 else Unknown(what=f"${node.name}")
            return Unknown(what=f"${node.name}")
        if scope == "function" and rest in self._functions:
            return self._functions[rest]
        if scope in ("script", "global", "local", "private", "variable"):
            spaces = self._scopes[:1] if scope in ("script", "global") else self._scopes[::-1]
            for space in spaces:
                if rest in space:
                    return space[rest]
            return self._unset(rest)
        return Unknown(what=f"${node.name}")

    def _unset(self, name: str) -> object:
        if name.lower() == "psscriptroot":
            return "."
        if name.lower() in _HIDDEN:
            return Unknown(what=f"${name}")
        outside = any(name.lower() in space for spaces in self._using for space in spaces)
        what = f"${name}" + (
            " (outside of this block; inside it is $using:" + name + ")" if outside else ""
        )
        return Unknown(what=what, undefined=True)

    def _assign(self, target: Expression, held: object) -> None:
        if isinstance(target, Cast):
            self._assign(target.of, operators.cast(target.type, held))
        elif isinstance(target, Comma):
            items = listed(held)
            for at, item in enumerate(target.items):
                last = at == len(target.items) - 1
                rest = items[at:]
                self._assign(item, collapsed(rest) if last else rest[0] if rest else None)
        elif isinstance(target, Variable):
            scope, colon, inner = target.name.lower().partition(":")
            if colon:
                self._scopes[0 if scope in ("script", "global") else -1][inner] = held
            else:
                self._scopes[-1][scope] = held
        elif isinstance(target, Member):
            self._set_member(target, held)
        elif isinstance(target, Index):
            self._set_item(target, held)

    def _set_member(self, target: Member, held: object) -> None:
        of = self._expression(target.of)
        name = target.name if isinstance(target.name, str) else text(self._expression(target.name))
        for one in listed(of):
            if isinstance(one, Table) and isinstance(name, str):
                one.set(name, held)
            elif not isinstance(one, Unknown):
                self._lose(
                    "this property is not set: only those of objects and hash tables are", target.at
                )

    def _set_item(self, target: Index, held: object) -> None:
        of, at = self._expression(target.of), self._expression(target.at_index)
        if isinstance(of, Table):
            key = text(at)
            if isinstance(key, str):
                of.set(key, held)
                return
        if isinstance(of, list):
            where = number(at) if not isinstance(at, Unknown) else None
            if where is not None and -len(of) <= where < len(of):
                of[round(where)] = held
                return
        if not isinstance(of, Unknown):
            self._lose("this item is not set: the index is not known, or not there", target.at)

    # -----------------------------------------------------------------------------------------
    # Statements

    def _statements(self, body: Sequence[Statement]) -> list[object]:
        output: list[object] = []
        for statement in body:
            try:
                output += self._statement(statement)
            except _Flow as flow:
                flow.output = output + flow.output
                raise
            checked(output)
        return output

    def _statement(self, node: Statement) -> list[object]:
        self._step(node.at)
        if isinstance(node, Pipeline):
            output = self._pipeline(node)
            return output if self._listening else []
        if isinstance(node, Assignment):
            self._assignment(node)
            return []
        if isinstance(node, If):
            return self._if(node)
        if isinstance(node, Foreach):
            return self._foreach(node)
        if isinstance(node, Loop):
            return self._loop(node)
        if isinstance(node, Switch):
            return self._switch(node)
        if isinstance(node, Function):
            self._functions[node.name.lower()] = node.block
            return []
        if isinstance(node, Flow):
            return self._flow(node)
        if isinstance(node, Try):
            return self._statements(node.body) + self._statements(node.last)
        if isinstance(node, Refused):
            self._lose(f"{node.why}: this is left out", node.at)
            return []
        assert_never(node)

    def _value(self, node: Statement) -> object:
        """Return what a variable gets of a statement: a list stays one, where nothing pipes it."""
        if isinstance(node, Pipeline) and len(node.stages) == 1:
            stage = node.stages[0]
            if not isinstance(stage, Command):
                self._step(node.at)
                return self._expression(stage)
        if isinstance(node, Assignment):
            self._step(node.at)
            return self._assignment(node)
        return collapsed(self._heard(self._statement, node))

    def _heard(self, evaluate: Callable[[Node], list[object]], node: Node) -> list[object]:
        """Evaluate something for what it writes."""
        self._listening += 1
        try:
            return evaluate(node)
        finally:
            self._listening -= 1

    def _answer(self, block: Block, item: object) -> object:
        """Return what a block makes of an item."""
        return collapsed(self._heard(lambda of: self._call_block(block, [], of), item))

    def _assignment(self, node: Assignment) -> object:
        held = self._value(node.value)
        if node.operator == "??":
            old = self._expression(node.target)
            held = held if old is None else old
        elif node.operator:
            old = self._expression(node.target)
            if isinstance(old, Unknown) and old.undefined:
                old = None
            made = operators.binary(node.operator, old, held)
            self._cells += len(made) if isinstance(made, list | str) else 1
            self._spend()
            held = made
        elif isinstance(held, list):
            held = (
                list(held)
                if isinstance(node.value, Pipeline) and not _is_name(node.value)
                else held
            )
        self._assign(node.target, held)
        return held

    def _condition(
        self, node: Statement, what: str, bodies: Sequence[Sequence[Statement]]
    ) -> bool | None:
        held = self._value(node)
        found = truth(held)
        if found is None:
            unknown = held if isinstance(held, Unknown) else Unknown(what="a condition")
            self._leave_out(
                f"whether {what} depends on {unknown.what}, which is not known", node.at, bodies
            )
        return found

    def _leave_out(self, why: str, at: int, bodies: Sequence[Sequence[Statement]]) -> None:
        """Make unknown what the bodies assign; report the commands in them that matter."""
        counted = 0
        for body in bodies:
            for node in _walk(body):
                if isinstance(node, Command) and isinstance(node.name, Literal):
                    name = str(node.name.value).lower()
                    name = ALIASES.get(name, name)
                    reads = name.startswith("get-")
                    counted += (name in CMDLETS and not reads) or name in self._functions
                elif isinstance(node, Assignment) and isinstance(node.target, Variable):
                    name = node.target.name
                    self._assign(node.target, Unknown(what=f"${name}"))
        if counted:
            told = "1 command in it is" if counted == 1 else f"{counted} commands in it are"
            self._lose(f"{why}: {told} left out", at)

    def _if(self, node: If) -> list[object]:
        for at, (condition, body) in enumerate(node.branches):
            if condition is None:
                return self._statements(body)
            rest = [each for _, each in node.branches[at:]]
            found = self._condition(condition, "this is done", rest)
            if found is None:
                return []
            if found:
                return self._statements(body)
        return []

    def _body(self, body: Sequence[Statement], output: list[object], label: str) -> str:
        """Evaluate the body of a loop once; return ``break`` or ``continue`` if it ends by that."""
        try:
            output += self._statements(body)
        except _Flow as flow:
            if flow.kind not in ("break", "continue") or flow.label not in ("", label):
                flow.output = output + flow.output
                raise
            output += flow.output
            return flow.kind
        checked(output)
        return ""

    def _foreach(self, node: Foreach) -> list[object]:
        of = self._value(node.of)
        self._spend(of)
        output: list[object] = []
        for item in list(listed(of)):
            if isinstance(item, Unknown):
                self._leave_out(
                    f"what this loop goes through is {item.what}, which is not known",
                    node.at,
                    [node.body],
                )
                continue
            self._step(node.at)
            self._scopes[-1][node.variable.lower()] = item
            if self._body(node.body, output, node.label) == "break":
                break
        return output

    def _loop(self, node: Loop) -> list[object]:
        output: list[object] = []
        if node.before is not None:
            self._statement(node.before)
        first = node.first
        while True:
            self._step(node.at)
            if not first and node.condition is not None:
                found = self._condition(node.condition, "this loop goes on", [node.body])
                if found is None or found == node.until:
                    return output
            first = False
            if self._body(node.body, output, node.label) == "break":
                return output
            if node.after is not None:
                self._statement(node.after)

    def _switch(self, node: Switch) -> list[object]:
        output: list[object] = []
        for item in listed(self._value(node.of)):
            if isinstance(item, Unknown):
                bodies = [body for _, body in node.clauses]
                self._leave_out(
                    f"this switch depends on {item.what}, which is not known", node.at, bodies
                )
                continue
            self._scopes.append({"_": item})
            try:
                if self._clauses(node, item, output):
                    break
            finally:
                inner = self._scopes.pop()
                inner.pop("_", None)
                self._scopes[-1].update(inner)
        return output

    def _clauses(self, node: Switch, item: object, output: list[object]) -> bool:
        """Evaluate the clauses that an item meets; return whether the switch ends with it."""
        default = [body for match, body in node.clauses if match is None]
        matched = False
        for match, body in node.clauses:
            if match is None:
                continue
            found = self._is_case(node.kind, item, match)
            if found is None:
                why = "whether a clause of this switch is meant is not known"
                self._leave_out(why, match.at, [body, *default])
            elif found and (ended := self._body(body, output, node.label)):
                return ended == "break"
            matched = matched or found is not False
        return any(
            self._body(body, output, node.label) == "break" for body in default if not matched
        )

    def _is_case(self, kind: str, item: object, match: Expression) -> bool | None:
        """Return whether an item meets a clause; None where that is not known."""
        if isinstance(match, Block):
            return truth(self._answer(match, item))
        wanted = self._expression(match)
        ours, theirs = text(item), text(wanted)
        if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
            return None
        if kind == "wildcard":
            return is_alike(theirs, ours)
        if kind == "regex":
            pattern = searched(theirs, ours)
            return None if pattern is None else bool(pattern.search(ours))
        return ours.lower() == theirs.lower()

    def _flow(self, node: Flow) -> NoReturn:
        output = listed(self._value(node.value)) if node.value is not None else []
        if node.kind == "throw":
            word = text(collapsed(output))
            shown = "" if isinstance(word, Unknown) else f": {word[:80]}"
            self._lose(f"the script ends here with an error{shown}", node.at)
            raise _Flow("exit", [])
        raise _Flow(node.kind, list(output) if node.kind == "return" else [], node.label)

    # -----------------------------------------------------------------------------------------
    # Blocks and functions

    def _block(self, block: Block, piped: list[object]) -> list[object]:
        """Evaluate a block's body, and its process block once for what each item brings."""
        output = self._statements(block.begin)
        if block.process is not None:
            for item in piped or [None]:
                self._scopes[-1]["_"] = item
                for parameter in block.parameters:
                    self._bind_piped(parameter, item)
                output += self._statements(block.process)
        elif piped:
            self._scopes[-1]["input"] = piped
        return output + self._statements(block.body)

    def _bind_piped(self, parameter: Parameter, item: object) -> None:
        """Give a parameter what is piped in, or its property."""
        if parameter.by_value:
            held = item
        elif parameter.by_name and isinstance(item, Table) and item.has(parameter.name):
            held = item.get(parameter.name)
        else:
            return
        self._scopes[-1][parameter.name.lower()] = _as_type(parameter.type, held)

    def _call_block(
        self,
        block: Block,
        arguments: list[Argument],
        item: object = None,
        piped: Sequence[object] = (),
        *,
        own_scope: bool = True,
    ) -> list[object]:
        """Call a function or block, and return what it writes and returns."""
        if self._calls >= _CALLS:
            raise LimitError(f"more than {_CALLS} calls are nested in each other")
        scope = self._bound(block.parameters, arguments, self._at)
        if item is not None:
            scope["_"] = scope["psitem"] = item
        self._calls += 1
        if own_scope:
            self._scopes.append(scope)
        else:
            self._scopes[-1].update(scope)
        try:
            return self._block(block, list(piped))
        except _Flow as flow:
            if flow.kind != "return":
                raise
            return flow.output
        finally:
            self._calls -= 1
            if own_scope:
                self._scopes.pop()

    def _bound(
        self, parameters: Sequence[Parameter], arguments: list[Argument], at: int
    ) -> dict[str, object]:
        """Bind arguments to the parameters of a function."""
        scope: dict[str, object] = {}
        rest: list[object] = []
        waiting: Parameter | None = None
        for argument in arguments:
            if argument.name is not None:
                waiting = None
                found = _parameter(parameters, argument.name)
                if found is None:
                    self._lose(
                        "A parameter cannot be found that matches parameter name"
                        f" '{argument.name}'",
                        at,
                    )
                elif argument.has_value:
                    scope[found.name.lower()] = _as_type(found.type, argument.value)
                elif found.type.lower() == "switch":
                    scope[found.name.lower()] = True
                else:
                    waiting = found
            elif waiting is not None:
                scope[waiting.name.lower()] = _as_type(waiting.type, argument.value)
                waiting = None
            else:
                rest.append(argument.value)
        for parameter in parameters:
            name = parameter.name.lower()
            if name not in scope and rest and parameter.type.lower() != "switch":
                scope[name] = _as_type(parameter.type, rest.pop(0))
        scope["args"] = rest
        self._scopes.append(scope)
        try:
            for parameter in parameters:
                name = parameter.name.lower()
                if name in scope:
                    continue
                if parameter.default is not None:
                    scope[name] = self._expression(parameter.default)
                elif parameter.type.lower() in ("switch", "bool"):
                    scope[name] = False
                else:
                    scope[name] = Unknown(what=f"${parameter.name}", undefined=True)
        finally:
            self._scopes.pop()
        return scope

    # -----------------------------------------------------------------------------------------
    # Pipelines and commands

    def _pipeline(self, node: Pipeline) -> list[object]:
        output: list[object] = []
        for place, stage in enumerate(node.stages):
            if isinstance(stage, Command) and place < len(node.stages) - 1:
                piped, has_input = output, place > 0
                self._listening += 1
                try:
                    output = self._command(stage, piped, has_input=has_input)
                finally:
                    self._listening -= 1
            elif isinstance(stage, Command):
                output = self._command(stage, output, has_input=place > 0)
            elif place == 0:
                held = self._expression(stage)
                hidden = isinstance(stage, Increment)
                output = [] if hidden else list(listed(held))
            else:
                self._lose("an expression cannot stand behind a '|'", stage.at)
                return []
            checked(output)
            self._spend(output)
        return output

    def _arguments(self, node: Command) -> list[Argument]:
        found: list[Argument] = []
        for argument in node.arguments:
            if isinstance(argument, Named):
                if argument.value is None:
                    found.append(Argument(argument.name, has_value=False))
                else:
                    found.append(Argument(argument.name, self._expression(argument.value)))
            elif isinstance(argument, Splat):
                found += self._splatted(argument)
            else:
                found.append(Argument(None, self._expression(argument)))
        return found

    def _splatted(self, node: Splat) -> list[Argument]:
        held = self._variable(Variable(node.at, node.name))
        if isinstance(held, Table):
            return [Argument(name, one) for name, one in held.items()]
        if isinstance(held, list):
            return [Argument(None, one) for one in held]
        what = "is set nowhere" if isinstance(held, Unknown) and held.undefined else "is not known"
        if isinstance(held, Unknown):
            self._lose(f"@{node.name} {what}: its arguments are missing here", node.at)
        return []

    def _command(self, node: Command, piped: list[object], *, has_input: bool) -> list[object]:
        self._step(node.at)
        called = self._expression(node.name)
        if isinstance(called, Block):
            own = node.operator != "."
            return self._call_block(called, self._arguments(node), piped=piped, own_scope=own)
        word = text(called)
        if isinstance(word, Unknown):
            self._lose(f"the command is {word.what}, which is not known: it is left out", node.at)
            return []
        name = word.lower().translate(_DASHES)
        if "\\" in name and "." not in name:
            name = name.rpartition("\\")[2]  # a module's name stands before the command's
        name = ALIASES.get(name, name)
        if name in self._functions:
            arguments = self._arguments(node)
            self._at = node.at
            return self._call_block(self._functions[name], arguments, piped=piped)
        if name in REFUSED:
            self._lose(f"{word}: {REFUSED[name]}; this is left out", node.at)
            return [Unknown(what=f"the result of {word}")]
        if (
            node.operator == "."
            or (node.operator == "&" and name.endswith(".ps1"))
            or name.endswith(".ps1")
        ):
            return self._other_script(node, word)
        if name in KNOWN:
            return self._known(node, name, piped, has_input=has_input)
        if name in CMDLETS:
            return self._cmdlet(node, name, piped, has_input=has_input)
        return self._strange_command(node, word, name)

    def _strange_command(self, node: Command, word: str, name: str) -> list[object]:
        if is_harmless(name):
            is_shown = name.startswith(("write-", "out-")) and name != "out-string"
            return [] if is_shown else [self._result_of(node, word)]
        if word[:1].isdigit():
            self._lose(
                f"'{word}' is no number, so PowerShell runs it as a command",
                node.at,
                "put it in quotes",
            )
        elif name not in self._strange:
            self._strange.add(name)
            self._lose(f"the command '{word}' is not evaluated: what it does is left out", node.at)
        return [Unknown(what=f"the result of {word}")]

    def _result_of(self, node: Command, word: str) -> Unknown:
        """Return an unknown value with the name that the call has."""
        words = [
            str(argument.value) for argument in node.arguments if isinstance(argument, Literal)
        ]
        return Unknown(what=" ".join([word, *words])[:80])

    def _cmdlet(
        self, node: Command, name: str, piped: list[object], *, has_input: bool
    ) -> list[object]:
        cmdlet = CMDLETS[name]
        arguments = self._arguments(node)
        origin = self._source.origin(node.at)
        output: list[object] = []
        takes_input = any(parameter.piped for parameter in cmdlet.parameters)
        calls = list(piped) if has_input and takes_input else [None]
        for item in calls:
            if isinstance(item, Unknown) and has_input:
                if name.startswith("get-"):
                    what = f"what {cmdlet.name} finds for {item.what}"
                    output.append(Unknown(what=what, older=item.older))
                # What was there before is no part of what the script makes: it may go.
                if not name.startswith("get-") and not (item.older and name.startswith("remove-")):
                    self._lose(
                        f"what {cmdlet.name} works on is {item.what}, which is not known:"
                        " this is left out",
                        node.at,
                    )
                continue
            self._cells += _CALL
            self._spend()
            try:
                bound = bind(cmdlet, arguments, item, has_input=has_input and takes_input)
            except BindError as error:
                self._lose(error.message, node.at, error.help)
                return output
            for word in bound.undashed:
                self._lose(
                    f"'{word}' stands here without a dash, so PowerShell takes it as a value",
                    node.at,
                    f"write -{word}",
                )
            if bound.flag("WhatIf"):
                self._lose("-WhatIf: this changes nothing and is left out", node.at)
                continue
            hosts = self._hosts_of(bound)
            if hosts is None:
                self._lose(
                    "the host of this call is not known without running the script: it is left out",
                    node.at,
                    "write the host's name into the script",
                )
                continue
            is_heard = self._listening > 0
            # What hosts are told together is kept once, unless somebody wants it of each.
            is_shared = "netvirtualization" in name and not is_heard
            self._cells += len(hosts) if is_shared else _TOLD * len(hosts)
            self._spend()
            output += self.recorder.run(cmdlet.name, bound, hosts, origin, is_heard=is_heard)
        return output

    def _hosts_of(self, bound: Bound) -> tuple[str, ...] | None:
        """Return the hosts that a call is for; None where that is not known."""
        for name in ("CimSession", "ComputerName"):
            if name in bound:
                return _host_names(bound.get(name))
        return self._hosts

    # -----------------------------------------------------------------------------------------
    # Commands of PowerShell itself

    def _known(
        self, node: Command, name: str, piped: list[object], *, has_input: bool
    ) -> list[object]:
        cmdlet = KNOWN[name]
        try:
            bound = bind(cmdlet, self._arguments(node))
        except BindError as error:
            self._lose(error.message, node.at, error.help)
            return []
        self._at = node.at
        if not has_input and "InputObject" in bound:
            piped = list(listed(bound.get("InputObject")))
        run: dict[str, Callable[[Bound, list[object], Command], list[object]]] = {
            "where-object": self._where,
            "foreach-object": self._for_each,
            "select-object": self._select,
            "sort-object": self._sort,
            "invoke-command": self._invoke,
            "new-cimsession": self._session,
            "new-pssession": self._session,
            "enter-pssession": self._enter,
            "exit-pssession": self._leave,
            "new-object": self._new_object,
            "import-csv": self._import_csv,
            "convertfrom-csv": self._from_csv,
            "convertfrom-json": self._from_json,
            "get-content": self._content,
            "import-powershelldatafile": self._data_file,
            "join-path": self._join_path,
            "split-path": self._split_path,
            "add-member": self._add_member,
            "set-variable": self._set_variable,
            "new-variable": self._set_variable,
            "write-output": lambda bound, piped, _: list(piped or listed(bound.get("InputObject"))),
            "out-null": lambda *_: [],
        }
        return run[name](bound, piped, node)

    def _where(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        kept = self._chosen(bound, piped, node)
        if not kept and piped and all(isinstance(item, Adapter) for item in piped):
            # A VM may have more adapters than those that the script spoke of so far.
            others = [
                replace(item, name="", mac=None)
                for item in piped
                if isinstance(item, Adapter) and item.vm and not item.is_vm
            ]
            return [
                each for each in self._chosen(bound, others[:1], node) if isinstance(each, Adapter)
            ]
        return kept

    def _chosen(self, bound: Bound, piped: Sequence[object], node: Command) -> list[object]:
        """Return what a filter keeps."""
        given = bound.get("FilterScript")
        operator = next((name for name in FILTER if bound.flag(name)), "")
        kept: list[object] = []
        for item in piped:
            self._step(node.at)
            if isinstance(given, Block):
                held = self._answer(given, item)
            else:
                name = text(bound.get("Property") or given)
                held = operators.member(item, str(name))
                if operator:
                    held = operators.binary(operator, held, bound.get("Value"))
            found = truth(held)
            if isinstance(held, Unknown) and held.bound is not None:
                kept.append(held.bound)
            elif found is None and isinstance(held, Unknown):
                if isinstance(item, Adapter) or not isinstance(item, Unknown):
                    kept.append(Unknown(what=f"what {held.what} selects"))
                else:
                    kept.append(item)
            elif found:
                kept.append(item)
        return kept

    def _for_each(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        if "Parallel" in bound:
            self._lose("ForEach-Object -Parallel is evaluated as if it were not parallel", node.at)
        process = bound.get("Process") if "Process" in bound else bound.get("Parallel")
        output: list[object] = []
        for name in ("Begin", "End"):
            block = bound.get(name)
            if name == "Begin" and isinstance(block, Block):
                output += self._call_block(block, [], own_scope=False)
        for item in piped:
            self._step(node.at)
            if isinstance(item, Unknown) and isinstance(process, Block):
                why = f"what ForEach-Object goes through is {item.what}, which is not known"
                self._leave_out(why, node.at, [process.body])
                continue
            if isinstance(process, Block):
                saved = {key: self._scopes[-1].get(key, self) for key in ("_", "psitem")}
                output += self._call_block(process, [], item, own_scope=False)
                for key, old in saved.items():
                    if old is self:
                        self._scopes[-1].pop(key, None)
                    else:
                        self._scopes[-1][key] = old
            else:
                member = text(bound.get("MemberName") or process)
                output += listed(operators.member(item, str(member)))
            checked(output)
        end = bound.get("End")
        if isinstance(end, Block):
            output += self._call_block(end, [], own_scope=False)
        return output

    def _select(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del node
        found = list(piped)
        many: dict[str, int] = {}
        for name in ("First", "Last", "Skip"):
            if name in bound:
                held = bound.get(name)
                count = None if isinstance(held, Unknown) else number(held)
                if count is None:
                    return [Unknown(what=f"what -{name} selects")]
                many[name] = max(0, round(count))
        skipped = many.get("Skip", 0)
        found = found[: len(found) - skipped] if "Last" in many else found[skipped:]
        if "First" in many:
            found = found[: many["First"]]
        if "Last" in many:
            found = found[max(0, len(found) - many["Last"]) :]
        if "Index" in bound:
            found = [operators.index(found, one) for one in listed(bound.get("Index"))]
        if "ExpandProperty" in bound:
            name = str(text(bound.get("ExpandProperty")))
            found = [one for item in found for one in listed(operators.member(item, name))]
        elif "Property" in bound:
            found = [self._part(item, listed(bound.get("Property"))) for item in found]
        if bound.flag("Unique"):
            found = [*{_identity(item): item for item in reversed(found)}.values()][::-1]
        return found

    def _part(self, item: object, wanted: list[object]) -> object:
        if isinstance(item, Unknown | Adapter):
            return item
        made = Table(is_object=True)
        for one in wanted:
            if isinstance(one, Table):
                name = text(one.get("Name") or one.get("N") or one.get("Label") or one.get("L"))
                block = one.get("Expression") or one.get("E")
                held = self._answer(block, item) if isinstance(block, Block) else block
                made.set(str(name), held)
            elif one == "*" and isinstance(item, Table):
                for name, held in item.items():
                    made.set(name, held)
            else:
                made.set(str(text(one)), operators.member(item, str(text(one))))
        return made

    def _sort(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del node
        by = listed(bound.get("Property")) or [None]
        if any(isinstance(item, Unknown) for item in piped):
            return list(piped)
        ordered = list(piped)
        for one in reversed(by):
            keys: list[tuple[tuple[int, float, str], object]] = []
            for item in ordered:
                key = self._sort_key(one, item)
                if isinstance(key, Unknown):
                    return [Unknown(what="what Sort-Object puts first")]
                keys.append((key, item))
            falling = bound.flag("Descending")
            if isinstance(one, Table) and one.has("Descending"):
                falling = truth(one.get("Descending")) is True
            keys.sort(key=lambda pair: pair[0], reverse=falling)
            ordered = [item for _, item in keys]
        if not bound.flag("Unique"):
            return ordered
        seen: dict[str, object] = {}
        for item in ordered:
            seen.setdefault(str([self._sort_key(one, item) for one in by]), item)
        return list(seen.values())

    def _sort_key(self, by: object, item: object) -> tuple[int, float, str] | Unknown:
        """Return what an item is sorted by."""
        if isinstance(by, Table):
            by = by.get("Expression") or by.get("E")
        held = item
        if isinstance(by, Block):
            held = self._answer(by, item)
        elif by is not None:
            held = operators.member(item, str(text(by)))
        if isinstance(held, int | float):
            return (0, float(held), "")
        word = text(held)
        return word if isinstance(word, Unknown) else (1, 0.0, word.lower())

    def _invoke(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        places = [bound.get("Place"), bound.get("Block")]
        block = bound.get("ScriptBlock")
        rest = []
        for one in places:
            if isinstance(one, Block) and block is None:
                block = one
            elif one is not None:
                rest.append(one)
        if not isinstance(block, Block):
            if "FilePath" in bound:
                self._lose(
                    "Invoke-Command -FilePath: other scripts are not read; this is left out",
                    node.at,
                )
            else:
                self._lose("Invoke-Command has no block that is known: this is left out", node.at)
            return []
        target: object = rest[0] if rest else None
        for name in ("ComputerName", "Session", "VMName", "HostName"):
            if name in bound:
                target = bound.get(name)
        arguments = [Argument(None, one) for one in listed(bound.get("ArgumentList"))]
        if target is None:
            return self._call_block(block, arguments, piped=piped)
        hosts = _host_names(target)
        if hosts is None:
            self._leave_out(
                "the host of this block is not known without running the script",
                node.at,
                [block.body],
            )
            return [Unknown(what="the result of Invoke-Command")]
        output: list[object] = []
        for host in hosts:
            output += self._remote(block, arguments, host)
        return output

    def _remote(self, block: Block, arguments: list[Argument], host: str) -> list[object]:
        """Evaluate a block on another host: with variables, functions and a place of its own."""
        kept = self._scopes, self._functions, self._hosts
        self._using.append(self._scopes)
        self._scopes, self._functions, self._hosts = [{}], {}, (host,)
        try:
            return self._call_block(block, arguments)
        except _Flow as flow:
            return flow.output  # a remote block ends for itself
        finally:
            self._scopes, self._functions, self._hosts = kept
            self._using.pop()

    def _session(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del node
        target = bound.get("ComputerName") or bound.get("VMName") or bound.get("HostName")
        if target is None and piped:
            target = list(piped)
        if target is None:
            return [Session(hosts=self._hosts)]
        hosts = _host_names(target)
        if hosts is None:
            return [Unknown(what="a session with a host that is not known")]
        return [Session(hosts=(host,)) for host in hosts]

    def _enter(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del piped
        target = next(
            (
                bound.get(name)
                for name in ("ComputerName", "Session", "VMName", "HostName")
                if name in bound
            ),
            None,
        )
        hosts = _host_names(target)
        if hosts is None:
            self._lose("the host of this session is not known: what follows is left out", node.at)
            raise _Flow("exit", [])
        self._hosts = hosts
        return []

    def _leave(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del bound, piped, node
        self._hosts = (HERE,)
        return []

    def _new_object(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del piped, node
        kind = str(text(bound.get("TypeName"))).lower().removeprefix("system.")
        if kind in ("psobject", "object", "pscustomobject", "management.automation.psobject"):
            held = bound.get("Property")
            return [Table(held.items() if isinstance(held, Table) else (), is_object=True)]
        if kind in ("hashtable", "collections.hashtable"):
            return [Table()]
        if operators.is_list(kind):
            return [[]]
        return [Unknown(what=f"an object of the type {text(bound.get('TypeName'))}")]

    def _add_member(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        short = "NotePropertyName" in bound
        name = bound.get("NotePropertyName" if short else "Name")
        held = bound.get("NotePropertyValue" if short else "Value")
        kind = "noteproperty" if short else str(text(bound.get("MemberType"))).lower()
        added: Table | None = None
        for members in (bound.get("NotePropertyMembers"), bound.get("MemberType")):
            if isinstance(members, Table):
                added = members
        if kind == "noteproperty" and isinstance(name, str):
            added = Table([(name, held)])
        for item in piped:
            if added is not None and isinstance(item, Table):
                for key, one in added.items():
                    item.set(key, one)
            elif not isinstance(item, Unknown):
                self._lose("this member is not added: only properties of objects are", node.at)
        return list(piped) if bound.flag("PassThru") else []

    def _set_variable(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        name = text(bound.get("Name"))
        if isinstance(name, Unknown):
            self._lose("the name of the variable is not known", node.at)
            return []
        scope = str(text(bound.get("Scope"))).lower()
        place = f"script:{name}" if scope in ("script", "global") else name
        held = bound.get("Value") if "Value" in bound else collapsed(list(piped))
        self._assign(Variable(node.at, place), held)
        return []

    # -----------------------------------------------------------------------------------------
    # Files beside the script

    def _file(self, held: object, at: int) -> str | Unknown:
        """Return the text of a file in the script's folder or under it."""
        path = text(held)
        if isinstance(path, Unknown):
            self._lose(
                f"the path depends on {path.what}, which is not known: the file is not read", at
            )
            return Unknown(what="the content of a file")
        name = path.replace("\\", "/")
        while name.startswith("./"):
            name = name[2:]
        parts = name.split("/")
        if not name or ".." in parts or name.startswith(("/", "~")) or ":" in name or "\0" in name:
            self._lose(
                f"'{path[:80]}' is not beside the script: it is not read",
                at,
                "only files in the folder of the script and in its folders are read",
            )
            return Unknown(what=f"the content of {path[:80]}")
        octets = self._beside("/".join(part for part in parts if part not in ("", ".")))
        self._cells += len(octets or b"") >> 2
        self._spend()
        if octets is None:
            self._lose(f"there is no file '{path[:80]}' beside the script", at)
            return Unknown(what=f"the content of {path[:80]}")
        try:
            return text_of(octets)
        except ValueError as error:
            self._lose(f"'{path[:80]}' cannot be read: {error}", at)
            return Unknown(what=f"the content of {path[:80]}")

    def _import_csv(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del piped
        content = self._file(bound.get("Path"), node.at)
        if isinstance(content, Unknown):
            return [content]
        return self._csv(content, bound)

    def _from_csv(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        lines = [text(item) for item in piped or listed(bound.get("InputObject"))]
        unknown = next((line for line in lines if isinstance(line, Unknown)), None)
        if unknown:
            return [unknown]
        del node
        return self._csv("\n".join(map(str, lines)), bound)

    def _csv(self, content: str, bound: Bound) -> list[object]:
        lines = content.lstrip("\ufeff").split("\n")
        while lines and (lines[0].startswith("#TYPE") or not lines[0].strip()):
            lines.pop(0)
        delimiter = text(bound.get("Delimiter")) if "Delimiter" in bound else ","
        if not isinstance(delimiter, str) or len(delimiter) != 1:
            delimiter = ","
        if bound.flag("UseCulture") and lines and ";" in lines[0]:
            delimiter = ";"
        try:
            rows = [
                *csv.reader(
                    io.StringIO("\n".join(lines)), delimiter=delimiter, skipinitialspace=True
                )
            ]
        except csv.Error as error:
            self._lose(f"the CSV cannot be read: {error}", self._at)
            return []
        header = [str(text(one)) for one in listed(bound.get("Header"))]
        if not header and rows:
            header = [name.strip() for name in rows.pop(0)]
        made: list[object] = [
            Table(zip(header, [*row, *[None] * len(header)], strict=False), is_object=True)
            for row in rows
            if row
        ]
        return checked(made)

    def _from_json(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        lines = [text(item) for item in piped or listed(bound.get("InputObject"))]
        unknown = next((line for line in lines if isinstance(line, Unknown)), None)
        if unknown:
            return [unknown]
        try:
            said = json.loads("\n".join(map(str, lines)))
        except (ValueError, RecursionError) as error:
            self._lose(f"the JSON cannot be read: {str(error)[:100]}", node.at)
            return [Unknown(what="JSON that cannot be read")]
        return list(listed(_of_json(said)))

    def _content(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del piped
        content = self._file(bound.get("Path"), node.at)
        if isinstance(content, Unknown) or bound.flag("Raw"):
            return [content]
        lines: list[object] = [*content.removesuffix("\n").split("\n")]
        if "TotalCount" in bound:
            most = number(bound.get("TotalCount"))
            return [Unknown(what="lines of a file")] if most is None else lines[: round(most)]
        return checked(lines)

    def _data_file(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del piped
        content = self._file(bound.get("Path"), node.at)
        if isinstance(content, Unknown):
            return [content]
        return [self._data(content, str(text(bound.get("Path"))), node.at)]

    def _data(self, content: str, name: str, at: int) -> object:
        """Evaluate a data file: one hash table of constants."""
        try:
            block = parse(code_of(content))
        except ScriptError as error:
            place = Text(name, content).origin(error.at)
            self._lose(f"{place}: {error.message}", at, error.help)
            return Unknown(what=f"the content of {name}")
        body = block.body
        stages = body[0].stages if len(body) == 1 and isinstance(body[0], Pipeline) else ()
        if len(stages) != 1 or not isinstance(stages[0], HashLiteral) or _has_calls(body):
            self._lose(f"'{name}' is no data file: one hash table of constants", at)
            return Unknown(what=f"the content of {name}")
        scopes, self._scopes = self._scopes, [{}]
        try:
            return self._expression(stages[0])
        finally:
            self._scopes = scopes

    def _other_script(self, node: Command, word: str) -> list[object]:
        """Evaluate a script beside this one, that this one calls or reads in."""
        if not word.lower().endswith((".ps1", ".psm1")):
            return self._strange_command(node, word, word.lower())
        content = self._file(word, node.at)
        if isinstance(content, Unknown):
            return []
        source = Text(word.replace("\\", "/").removeprefix("./"), code_of(content))
        try:
            block = parse(source.text)
        except ScriptError as error:
            self._lose(f"{source.origin(error.at)}: {error.message}", node.at, error.help)
            return []
        arguments = self._arguments(node)
        kept, self._source = self._source, source
        try:
            return self._call_block(block, arguments, own_scope=node.operator != ".")
        finally:
            self._source = kept

    def _join_path(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del piped, node
        first, second = text(bound.get("Path")), text(bound.get("ChildPath"))
        for one in (first, second):
            if isinstance(one, Unknown):
                return [one]
        return [f"{str(first).rstrip('/' + chr(92))}/{str(second).lstrip('/' + chr(92))}"]

    def _split_path(self, bound: Bound, piped: list[object], node: Command) -> list[object]:
        del node
        held = bound.get("Path") or bound.get("LiteralPath") or collapsed(list(piped))
        if isinstance(held, Unknown):
            return ["." if held.what.lower().startswith("$myinvocation") else held]
        path = str(text(held)).replace("\\", "/")
        head, _, tail = path.rpartition("/")
        return [tail if bound.flag("Leaf") else head]

    # -----------------------------------------------------------------------------------------
    # Expressions

    def _expression(self, node: Expression) -> object:
        self._cells += 8
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Variable):
            return self._variable(node)
        if isinstance(node, Expandable):
            return self._expanded(node)
        if isinstance(node, Member):
            return self._member(node)
        if isinstance(node, Index):
            return operators.index(self._expression(node.of), self._expression(node.at_index))
        if isinstance(node, Binary):
            return self._binary(node)
        if isinstance(node, Unary):
            return operators.unary(node.operator, self._expression(node.of))
        if isinstance(node, Group):
            return self._group(node)
        if isinstance(node, Comma):
            return [self._expression(item) for item in node.items]
        if isinstance(node, HashLiteral):
            return self._table(node)
        if isinstance(node, Cast):
            return operators.cast(node.type, self._expression(node.of))
        if isinstance(node, Call):
            held = self._expression(node.of)
            arguments = [self._expression(argument) for argument in node.arguments]
            if _asks_whether_to_go_on(node):
                return True  # as without -WhatIf, and with Yes for an answer
            self._spend(held, *arguments)
            return self._call(node, held, arguments)
        if isinstance(node, Increment):
            held = self._expression(node.of)
            known = None if isinstance(held, Unknown) and held.undefined else held
            self._assign(node.of, operators.binary("+", known if known is not None else 0, node.by))
            return held
        if isinstance(node, Block | TypeName):
            return node
        assert_never(node)

    def _call(self, node: Call, held: object, arguments: list[object]) -> object:
        """Call a method; one that would change a list, and is not evaluated, is told."""
        name = node.name.lower()
        block = arguments[0] if len(arguments) == 1 else None
        if name in ("foreach", "where") and isinstance(block, Block) and isinstance(held, list):
            items = [(item, self._answer(block, item)) for item in held]
            if name == "foreach":
                return [one for _, made in items for one in listed(made)]
            unknown = next((made for _, made in items if truth(made) is None), None)
            return unknown or [item for item, made in items if truth(made)]
        made = operators.call(held, node.name, arguments)
        changed = held.name if isinstance(held, TypeName) else ""
        if (isinstance(held, list) or changed.lower().endswith("array")) and (
            name in operators.CHANGES and isinstance(made, Unknown)
        ):
            self._lose(
                f"{node.name}() of a list is not evaluated: the list stays as it is", node.at
            )
        return made

    def _binary(self, node: Binary) -> object:
        left = self._expression(node.left)
        if node.operator in ("and", "or") and truth(left) is (node.operator == "or"):
            return truth(left)
        if node.operator in ("is", "isnot", "as") and isinstance(node.right, TypeName):
            if node.operator == "as":
                return operators.cast(node.right.name, left)
            return Unknown(what="the type of a value")
        right = self._expression(node.right)
        if node.operator.endswith(("match", "replace", "split")):
            self._cells += 500  # a regular expression may look at its text many times
        made = operators.binary(node.operator, left, right)
        self._spend(left, right, made)
        return made

    def _expanded(self, node: Expandable) -> object:
        parts = []
        for part in node.parts:
            held = part if isinstance(part, str) else self._expression(part)
            self._spend(held)
            word = text(held)
            if isinstance(word, Unknown):
                return word
            parts.append(word)
        return bounded("".join(parts))

    def _member(self, node: Member) -> object:
        if isinstance(node.of, TypeName):
            name = f"[{node.of.name}]::{node.name}".lower()
            if name in ("[environment]::machinename", "[system.environment]::machinename"):
                return self._hosts[0]
            if name in ("[string]::empty", "[environment]::newline"):
                return "" if name.endswith("empty") else "\n"
            return node.name if isinstance(node.name, str) else Unknown(what=name)
        held = self._expression(node.of)
        self._spend(held)
        if isinstance(node.name, str):
            return operators.member(held, node.name)
        name_held = text(self._expression(node.name))
        return name_held if isinstance(name_held, Unknown) else operators.member(held, name_held)

    def _group(self, node: Group) -> object:
        if node.kind == "@(":
            made = self._heard(self._statements, node.body)
            self._spend(made)
            return made
        if node.kind == "(" and len(node.body) == 1:
            return self._value(node.body[0])
        return collapsed(self._heard(self._statements, node.body))

    def _table(self, node: HashLiteral) -> Table:
        made = Table()
        for key, held in node.entries:
            name = text(self._expression(key))
            if isinstance(name, Unknown):
                self._lose(f"this key depends on {name.what}, which is not known", key.at)
                continue
            made.set(name, self._value(held))
        return made


# ---------------------------------------------------------------------------------------------
# Helpers


def _asks_whether_to_go_on(node: Call) -> bool:
    """Whether a call is ``$PSCmdlet.ShouldProcess(…)`` or ``ShouldContinue``."""
    return (
        isinstance(node.of, Variable)
        and node.of.name.lower() == "pscmdlet"
        and node.name.lower() in ("shouldprocess", "shouldcontinue")
    )


def _host_names(held: object) -> tuple[str, ...] | None:
    """Return the names of hosts that sessions and texts stand for; None where one is unknown."""
    names: list[str] = []
    for item in listed(held):
        if isinstance(item, Session):
            names += item.hosts
        elif isinstance(item, Adapter) and item.vm:
            names.append(item.vm)
        elif isinstance(item, Table):
            said = item.get("ComputerName") or item.get("Name")
            if not isinstance(said, str):
                return None
            names.append(said)
        else:
            word = text(item)
            if isinstance(word, Unknown) or not word:
                return None
            names.append(word)
    return tuple(names) or None


def _parameter(parameters: Sequence[Parameter], name: str) -> Parameter | None:
    wanted = name.lower()
    for parameter in parameters:
        if wanted in (parameter.name.lower(), *(alias.lower() for alias in parameter.aliases)):
            return parameter
    begun = [parameter for parameter in parameters if parameter.name.lower().startswith(wanted)]
    return begun[0] if len(begun) == 1 else None


def _as_type(kind: str, held: object) -> object:
    return operators.cast(kind, held) if kind else held


def _is_name(node: Statement) -> bool:
    """Whether a statement is a variable, whose list is shared and not copied."""
    return isinstance(node, Pipeline) and isinstance(node.stages[0], Variable)


def _identity(held: object) -> str:
    """Return a text that two values share where they count as the same."""
    if isinstance(held, Table):
        return "; ".join(f"{name}={text(one)}" for name, one in held.items())
    return f"{held!r}" if isinstance(held, Unknown | Adapter) else str(text(held))


def _of_json(said: object) -> object:
    if isinstance(said, dict):
        return Table(((str(name), _of_json(held)) for name, held in said.items()), is_object=True)
    if isinstance(said, list):
        return [_of_json(item) for item in said]
    return said


def _walk(node: object) -> list[object]:
    """Return all nodes under one."""
    found: list[object] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            if hasattr(one, "at"):
                found.append(one)
            waiting += one
    return found


def _has_calls(body: Sequence[Statement]) -> bool:
    return any(isinstance(node, Command | Call | Assignment | Function) for node in _walk(body))
