"""The parser of PowerShell: text in, statements out, or the place where the text is wrong.

It is written by hand because PowerShell has two modes in one line: ``1..3`` is a range and
``1.2.3`` a command, ``8000-8100`` is a difference in an expression and one word in an argument.
The grammars that are published for other programs (tree-sitter-powershell 0.26 and tree-sitter-pwsh
0.38 were tried) take ``1..3 | foreach`` for a command named ``1..3`` and do not say so.

Rules of the file: a method that reads something begins at ``self._at`` and leaves it behind what it
read; typographic quotes and dashes are quotes and dashes, as they are to PowerShell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

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
    Written,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_DOUBLE = '"\u201c\u201d\u201e'
_SINGLE = "'\u2018\u2019\u201a\u201b"
_DASHES = "-\u2013\u2014\u2015"
_BLANKS = " \t\u00a0\u200b\ufeff\f\v"
_ENDS = _BLANKS + "\n;|&(){},<>" + "\0"
_NEST = 60
"""How deeply groups may stand in each other."""
_NUMBER = re.compile(
    r"(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[lLdD]?([kKmMgGtT][bB])?"
    r"(?![\w.])|([0-9]+)(?=\.\.)"
)
_SIZES = {"kb": 10, "mb": 20, "gb": 30, "tb": 40}
_NAME = re.compile(r"[A-Za-z_\w?]+(?::[A-Za-z_\w]+)?|[$?^]")
_WORD = re.compile(r"[A-Za-z_][\w]*")
_LABEL = re.compile(r":(\w+)[ \t\n]*")
_FROM_PIPELINE = re.compile(
    r"valuefrompipeline(bypropertyname)?\b(?!\s*=\s*(?:\$false|0))", re.IGNORECASE
)
_DASHED = re.compile(rf"[{_DASHES}]([A-Za-z]+)")
_PARAMETER = re.compile(rf"[{_DASHES}]([A-Za-z_?][\w-]*)(:?)")
_KEY = re.compile(r"[A-Za-z_][\w-]*|[0-9]+")
_TYPE = re.compile(r"[A-Za-z_][\w.+]*(?:\[[\w.,\[\] ]*\])?(?:\[\])*")
_REDIRECTION = re.compile(r"[1-6*]?>>?(&[12])?|<")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ASSIGN = re.compile(r"(\+|-|\*|/|%|\?\?)?=(?!=)")

_COMPARE = (
    *("eq", "ne", "gt", "ge", "lt", "le", "like", "notlike", "match", "notmatch", "contains"),
    *("notcontains", "in", "notin", "replace", "split", "join", "is", "isnot", "as"),
)
_LEVELS: dict[str, int] = {"and": 1, "or": 1, "xor": 1, "band": 2, "bor": 2, "bxor": 2}
_LEVELS |= {case + name: 3 for name in _COMPARE for case in ("", "i", "c")}
_LEVELS |= {"shl": 3, "shr": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "f": 6, "..": 7}
_REFUSED_KEYWORDS = {
    "class": "classes are not evaluated",
    "enum": "enumerations are not evaluated",
    "workflow": "workflows are not evaluated",
    "configuration": "DSC configurations are not evaluated",
    "trap": "traps are not evaluated",
    "data": "data sections are not evaluated",
}
_SPACE = re.compile(f"[{_BLANKS}]+")
_SPACE_AND_LINES = re.compile(f"[{_BLANKS}\n]+")
_PLAIN_IN_WORD = re.compile(f"[^{re.escape(_ENDS + _SINGLE + _DOUBLE)}`$]+")
_PLAIN_IN_SINGLE = re.compile(f"[^{_SINGLE}]+")
_PLAIN_IN_DOUBLE = re.compile(f"[^{_DOUBLE}`$\n]+")


class ScriptError(Exception):
    """A script is not PowerShell; ``at`` is the offset where that shows."""

    def __init__(self, message: str, at: int, help: str | None = None) -> None:  # noqa: A002 - as a finding names it
        super().__init__(message)
        self.message = message
        self.at = at
        self.help = help


def parse(text: str) -> Block:
    """Read a whole script: its parameters and its statements.

    Raises:
        ScriptError: the text is not PowerShell.
    """
    parser = _Parser(text)
    try:
        return parser.script()
    except RecursionError:
        raise ScriptError("the script is nested too deeply", 0) from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._padded = text + "\0" * 8
        """So that nobody has to ask whether there is another letter."""
        self._at = 0
        self._nest = 0
        self._reread = 0
        """How many letters were read twice."""

    def script(self) -> Block:
        block = self._block_body(0)
        if self._at < len(self._text):
            self._wrong(f"'{self._peek()}' closes nothing")
        return block

    # -----------------------------------------------------------------------------------------
    # Characters

    def _peek(self, ahead: int = 0) -> str:
        return self._padded[self._at + ahead]

    def _has(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _wrong(self, message: str, at: int | None = None, help: str | None = None) -> NoReturn:  # noqa: A002 - as a finding names it
        raise ScriptError(message, self._at if at is None else at, help)

    def _need(self, text: str, opened: int, what: str) -> None:
        if not self._has(text):
            if self._at >= len(self._text):
                self._wrong(f"{what} is never closed with '{text}'", opened)
            self._wrong(f"'{text}' is missing here: '{self._peek()}' cannot stand in {what}")
        self._at += len(text)

    def _skip(self, *, lines: bool = False) -> None:
        """Pass blanks and comments, and where ``lines`` also ends of lines."""
        passed = _SPACE_AND_LINES if lines else _SPACE
        while True:
            if found := passed.match(self._text, self._at):
                self._at = found.end()
            letter = self._peek()
            if letter not in "`#<":
                return
            if letter == "`" and self._peek(1) == "\n":
                self._at += 2
            elif letter == "`" and re.match(r"`[ \t]+\n", self._text[self._at : self._at + 80]):
                self._wrong(
                    "a blank stands behind this backtick, so the line does not go on",
                    help="remove the blanks at the end of the line",
                )
            elif letter == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif self._has("<#"):
                end = self._text.find("#>", self._at)
                if end < 0:
                    self._wrong("the comment is never closed with '#>'")
                self._at = end + 2
            else:
                return

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _keyword(self) -> str:
        """Return the word that stands here in lower case, without passing it."""
        found = _WORD.match(self._text, self._at)
        if not found or (found.end() < len(self._text) and self._text[found.end()] in ".-\\:/="):
            return ""
        return found[0].lower()

    def _take(self, word: str) -> bool:
        """Pass ``word`` and the ends of lines before it, if it stands next."""
        start = self._at
        self._skip(lines=True)
        if self._keyword() == word:
            self._at += len(word)
            return True
        self._at = start
        return False

    def _nested(self) -> None:
        self._nest += 1
        if self._nest > _NEST:
            self._wrong("the script is nested too deeply")

    # -----------------------------------------------------------------------------------------
    # Statements

    def _statements(self) -> tuple[Statement, ...]:
        """Read statements up to what closes them, which stays."""
        found: list[Statement] = []
        while True:
            self._skip(lines=True)
            if self._peek() == ";":
                self._at += 1
                continue
            if self._at >= len(self._text) or self._peek() in ")}":
                return tuple(found)
            found.append(self._statement())
            self._skip()
            letter = self._peek()
            if letter not in "\n;)}\0" and not _ends_block(found[-1]):
                self._wrong(f"'{self._rest()}' cannot stand here")

    def _rest(self) -> str:
        return self._text[self._at :].split("\n", 1)[0][:20].strip()

    def _statement(self) -> Statement:
        at = self._at
        word = self._keyword()
        read: dict[str, Callable[[int], Statement]] = {
            "if": self._if,
            "for": self._for,
            "foreach": self._foreach,
            "while": self._while,
            "do": self._do,
            "switch": self._switch,
            "function": self._function,
            "filter": self._filter,
            "try": self._try,
        }
        if self._peek() == ":" and (label := _LABEL.match(self._text, at)):
            self._at = label.end()
            labelled = self._statement()
            if isinstance(labelled, Loop | Foreach | Switch):
                return labelled._replace(label=label[1].lower())
            return labelled
        if word in read:
            self._at += len(word)
            self._skip(lines=word != "foreach")
            return read[word](at)
        if word in ("return", "break", "continue", "throw", "exit"):
            self._at += len(word)
            self._skip()
            if word in ("break", "continue") and (label := self._match(_WORD)):
                return Flow(at, word, None, label[0].lower())
            value = None if self._peek() in "\n;)}\0" else self._statement()
            return Flow(at, word, value)
        if word in _REFUSED_KEYWORDS and re.match(
            r"\w+(\s+\w[\w.]*)?(\s*:\s*[\w.]+)?\s*\{", self._text[at : at + 200]
        ):
            self._at = self._text.index("{", at)
            self._balanced("{", "}")
            return Refused(at, _REFUSED_KEYWORDS[word])
        if word == "using" and re.match(
            r"using\s+(module|namespace|assembly)\b", self._text[at : at + 200], re.IGNORECASE
        ):
            end = self._text.find("\n", at)
            self._at = len(self._text) if end < 0 else end
            return Refused(at, "modules that a script uses are not read")
        return self._assignment()

    def _assignment(self) -> Statement:
        at = self._at
        stages = self._pipeline()
        if len(stages) == 1 and not isinstance(stages[0], Command):
            self._skip()
            found = self._match(_ASSIGN)
            if found:
                target = stages[0]
                self._check_target(target)
                self._skip(lines=True)
                if self._at >= len(self._text):
                    self._wrong("nothing stands behind this '='", found.start())
                return Assignment(at, target, found[1] or "", self._statement())
        return Pipeline(at, stages)

    def _check_target(self, target: Expression) -> None:
        if isinstance(target, Cast):
            self._check_target(target.of)
        elif isinstance(target, Comma):
            for item in target.items:
                self._check_target(item)
        elif not isinstance(target, Variable | Member | Index):
            self._wrong("nothing can be assigned to this", target.at)

    def _pipeline(self) -> tuple[Command | Expression, ...]:
        stages = [self._stage()]
        while True:
            self._skip()
            if self._has("||") or self._has("&&"):
                self._wrong("chains of commands with '&&' and '||' are not evaluated")
            if self._peek() == "|":
                self._at += 1
                self._skip(lines=True)
                stages.append(self._stage())
                continue
            start = self._at
            self._skip(lines=True)
            if self._peek() == "|" and self._peek(1) != "|":
                continue
            self._at = start
            return tuple(stages)

    def _stage(self) -> Command | Expression:
        letter = self._peek()
        if letter in "&." and self._peek(1) in _BLANKS + "{$'\"":
            return self._command()
        if self._begins_expression():
            found = self._expression()
            self._redirections()
            return found
        return self._command()

    def _begins_expression(self) -> bool:
        letter = self._peek()
        if letter in "$({" + _DOUBLE + _SINGLE or (letter == "@" and self._peek(1) in "({\"'"):
            return True
        if letter in "!,":
            return True
        if letter == "[":
            return True
        if letter.isdigit():
            return bool(_NUMBER.match(self._text, self._at))
        if letter == "+" or letter in _DASHES:
            after = self._peek(1)
            if after.isdigit() or after in "$(+" + _DASHES:
                return True
            found = _DASHED.match(self._text, self._at)
            return found is not None and found[1].lower() in ("not", "join", "split", "bnot")
        return False

    def _body(self, what: str) -> tuple[Statement, ...]:
        self._skip(lines=True)
        at = self._at
        if self._peek() != "{":
            self._wrong(f"'{{' is missing: {what} needs a block")
        self._at += 1
        self._nested()
        found = self._statements()
        self._nest -= 1
        self._need("}", at, "the block")
        return found

    def _condition(self, what: str) -> Statement:
        self._skip(lines=True)
        at = self._at
        if self._peek() != "(":
            self._wrong(f"'(' is missing behind {what}")
        self._at += 1
        self._nested()
        self._skip(lines=True)
        found = self._statement()
        self._skip(lines=True)
        self._nest -= 1
        self._need(")", at, "the condition")
        return found

    def _if(self, at: int) -> Statement:
        branches: list[tuple[Statement | None, tuple[Statement, ...]]] = []
        branches.append((self._condition("if"), self._body("if")))
        while self._take("elseif"):
            branches.append((self._condition("elseif"), self._body("elseif")))
        if self._take("else"):
            branches.append((None, self._body("else")))
        return If(at, tuple(branches))

    def _while(self, at: int) -> Statement:
        return Loop(at, None, self._condition("while"), None, self._body("while"))

    def _do(self, at: int) -> Statement:
        body = self._body("do")
        until = False
        if not self._take("while"):
            until = self._take("until")
            if not until:
                self._wrong("'while' or 'until' is missing behind this block")
        condition = self._condition("until" if until else "while")
        return Loop(at, None, condition, None, body, until, first=True)

    def _for(self, at: int) -> Statement:
        opened = self._at
        if self._peek() != "(":
            self._wrong("'(' is missing behind for")
        self._at += 1
        parts: list[Statement | None] = []
        for end in ";;)":
            self._skip(lines=True)
            parts.append(None if self._peek() in ";)" else self._statement())
            self._skip(lines=True)
            if end == ";" and self._peek() == ")":
                parts += [None] * (3 - len(parts))
                break
            if end == ";":
                self._need(";", opened, "the parentheses of for")
        self._need(")", opened, "the parentheses of for")
        return Loop(at, parts[0], parts[1], parts[2], self._body("for"))

    def _foreach(self, at: int) -> Statement:
        self._skip(lines=True)
        opened = self._at
        if self._peek() != "(":
            self._wrong("'(' is missing behind foreach")
        self._at += 1
        self._skip(lines=True)
        variable = self._primary()
        if not isinstance(variable, Variable) or not self._take("in"):
            self._wrong("foreach needs ($variable in ...)", opened)
        self._skip(lines=True)
        of = self._statement()
        self._skip(lines=True)
        self._need(")", opened, "the parentheses of foreach")
        return Foreach(at, variable.name, of, self._body("foreach"))

    def _switch(self, at: int) -> Statement:
        kind = "exact"
        while found := self._match(_DASHED):
            word = found[1].lower()
            if word in ("wildcard", "regex"):
                kind = word
            elif word not in ("exact", "casesensitive"):
                self._wrong(f"switch -{found[1]} is not evaluated", found.start())
            self._skip(lines=True)
        of = self._condition("switch")
        self._skip(lines=True)
        opened = self._at
        if self._peek() != "{":
            self._wrong("'{' is missing: switch needs its clauses")
        self._at += 1
        clauses: list[tuple[Expression | None, tuple[Statement, ...]]] = []
        while True:
            self._skip(lines=True)
            if self._peek() == ";":
                self._at += 1
                continue
            if self._peek() in "}\0":
                break
            match = None if self._keyword() == "default" else self._argument()
            if match is None:
                self._at += len("default")
            clauses.append((match, self._body("a clause of switch")))
        self._need("}", opened, "the block")
        return Switch(at, kind, of, tuple(clauses))

    def _try(self, at: int) -> Statement:
        body = self._body("try")
        last: tuple[Statement, ...] = ()
        while self._take("catch"):
            self._skip(lines=True)
            while self._peek() == "[":
                self._balanced("[", "]")
                self._skip(lines=True)
                if self._peek() == ",":
                    self._at += 1
                    self._skip(lines=True)
            self._body("catch")
        if self._take("finally"):
            last = self._body("finally")
        return Try(at, body, last)

    def _filter(self, at: int) -> Function:
        """Read a function whose body is for each item that is piped in."""
        found = self._function(at)
        block = found.block
        if block.process is not None or block.begin:
            return found
        return found._replace(block=block._replace(process=block.body, body=()))

    def _function(self, at: int) -> Function:
        start = self._at
        while self._peek() not in _ENDS:
            self._at += 1
        name = self._text[start : self._at]
        if not name:
            self._wrong("the function has no name")
        self._skip(lines=True)
        parameters: tuple[Parameter, ...] = ()
        if self._peek() == "(":
            parameters = self._parameters()
            self._skip(lines=True)
        opened = self._at
        if self._peek() != "{":
            self._wrong("'{' is missing: a function needs a block")
        self._at += 1
        self._nested()
        block = self._block_body(opened)
        self._nest -= 1
        self._need("}", opened, "the function")
        if parameters:
            block = block._replace(parameters=parameters)
        return Function(at, name.rpartition(":")[2], block)

    # -----------------------------------------------------------------------------------------
    # Blocks and their parameters

    def _block_body(self, at: int) -> Block:
        parameters: tuple[Parameter, ...] = ()
        start = self._at
        self._skip(lines=True)
        while self._peek() == "[" and re.match(
            r"\[\s*(CmdletBinding|OutputType|Diagnostics|Alias|SuppressMessage)",
            self._text[self._at : self._at + 60],
            re.IGNORECASE,
        ):
            self._balanced("[", "]")
            self._skip(lines=True)
        if self._keyword() == "param":
            self._at += len("param")
            self._skip(lines=True)
            parameters = self._parameters()
        else:
            self._at = start
        self._skip(lines=True)
        parts: dict[str, tuple[Statement, ...]] = {}
        while self._keyword() in ("begin", "process", "end", "dynamicparam") and re.match(
            r"\w+\s*\{", self._text[self._at : self._at + 200]
        ):
            word = self._keyword()
            self._at += len(word)
            parts[word] = self._body(word)
            self._skip(lines=True)
        if parts:
            return Block(
                at, parameters, parts.get("end", ()), parts.get("begin", ()), parts.get("process")
            )
        return Block(at, parameters, self._statements())

    def _parameters(self) -> tuple[Parameter, ...]:
        opened = self._at
        if self._peek() != "(":
            self._wrong("'(' is missing behind param")
        self._at += 1
        found: list[Parameter] = []
        while True:
            self._skip(lines=True)
            if self._peek() == ")":
                self._at += 1
                return tuple(found)
            kind, mandatory, by_value, by_name = "", False, False, False
            aliases: tuple[str, ...] = ()
            while self._peek() == "[":
                start = self._at
                self._balanced("[", "]")
                inside = self._text[start + 1 : self._at - 1].strip()
                if _TYPE.fullmatch(inside):
                    kind = inside
                elif inside.lower().startswith("parameter"):
                    mandatory = bool(
                        re.search(r"mandatory\s*(?!\s*=\s*(?:\$false|0))", inside, re.IGNORECASE)
                    ) and not re.search(r"mandatory\s*=\s*(\$false|0)", inside, re.IGNORECASE)
                    piped = {(found[1] or "").lower() for found in _FROM_PIPELINE.finditer(inside)}
                    by_value, by_name = "" in piped, "bypropertyname" in piped
                elif inside.lower().startswith("alias"):
                    aliases = tuple(re.findall(r"[\"']([^\"']*)[\"']", inside))
                self._skip(lines=True)
            variable = self._primary() if self._peek() == "$" else None
            if not isinstance(variable, Variable):
                if self._at >= len(self._text):
                    self._wrong("the list of parameters is never closed with ')'", opened)
                self._wrong(f"a parameter is missing: '{self._rest()}' is none")
            self._skip(lines=True)
            default = None
            if self._peek() == "=":
                self._at += 1
                self._skip(lines=True)
                default = self._expression(comma=False)
                self._skip(lines=True)
            found.append(
                Parameter(variable.name, kind, default, mandatory, aliases, by_value, by_name)
            )
            if self._peek() == ",":
                self._at += 1
            elif self._peek() != ")":
                self._need(")", opened, "the list of parameters")

    def _balanced(self, opening: str, closing: str) -> None:
        """Pass what stands between brackets, strings and comments in it as wholes."""
        start = self._at
        depth = 0
        while self._at < len(self._text):
            letter = self._peek()
            if letter in _SINGLE + _DOUBLE:
                self._string()
                continue
            if letter == "#" or self._has("<#"):
                self._skip()
                continue
            depth += (letter == opening) - (letter == closing)
            self._at += 1
            if depth == 0:
                return
        self._wrong(f"'{opening}' is never closed with '{closing}'", start)

    # -----------------------------------------------------------------------------------------
    # Commands

    def _command(self) -> Command:
        at = self._at
        operator = ""
        if self._peek() in "&." and self._peek(1) in _BLANKS + "{$'\"":
            operator = self._peek()
            self._at += 1
            self._skip()
        if not operator and self._peek() in "%?" and self._peek(1) in _ENDS:
            name: Expression = Literal(at, self._peek())
            self._at += 1
        else:
            name = self._argument()
        arguments: list[Named | Splat | Expression] = []
        while True:
            self._redirections()
            if self._peek() in "\n;|)}\0&":
                return Command(at, operator, name, tuple(arguments))
            arguments.append(self._one_argument())

    def _redirections(self) -> None:
        """Pass ``> file`` and its like: output changes no host."""
        self._skip()
        while found := self._match(_REDIRECTION):
            if found[0] == "<":
                self._wrong("'<' is reserved in PowerShell", found.start())
            self._skip()
            if not found[1]:
                self._argument()
            self._skip()

    def _one_argument(self) -> Named | Splat | Expression:
        at = self._at
        if self._peek() == "@" and (found := re.compile(r"@(\w+(:\w+)?)").match(self._text, at)):
            self._at = found.end()
            return Splat(at, found[1])
        found = _PARAMETER.match(self._text, at)
        if found:
            self._at = found.end()
            if not found[2]:
                return Named(at, found[1], None)
            self._skip()
            return Named(at, found[1], self._arguments())
        return self._arguments()

    def _arguments(self) -> Expression:
        """Read an argument, or a list of arguments with commas between."""
        return self._listed(self._argument)

    def _listed(self, read: Callable[[], Expression]) -> Expression:
        """Read one thing, or several with commas between."""
        at = self._at
        items = [read()]
        while True:
            start = self._at
            self._skip()
            if self._peek() != ",":
                self._at = start
                return items[0] if len(items) == 1 else Comma(at, tuple(items))
            self._at += 1
            self._skip(lines=True)
            items.append(read())

    def _argument(self) -> Expression:
        at = self._at
        letter = self._peek()
        if letter == "$" and not (self._peek(1) in "({" or _NAME.match(self._text, at + 1)):
            return self._bare()
        if letter in "$({" + _SINGLE + _DOUBLE or (letter == "@" and self._peek(1) in "({\"'"):
            found = self._postfix(self._primary())
            if self._peek() not in _ENDS + _SINGLE + _DOUBLE and letter == "$":
                self._reread += self._at - at
                if self._reread > 4 * len(self._text) + 1000:
                    self._wrong("the words of the script are nested too deeply", at)
                self._at = at  # the beginning of a word, as in $address/24
                return self._bare()
            return found
        if letter == ",":
            self._wrong("an argument is missing before this ','")
        return self._bare()

    def _bare(self) -> Expression:
        """Read a word without quotes; variables in it are expanded."""
        at = self._at
        parts: list[str | Expression] = []
        letters: list[str] = []
        while True:
            if self._plain(_PLAIN_IN_WORD, letters):
                continue
            letter = self._peek()
            if letter in _ENDS and not (letter == "\0" and self._at < len(self._text)):
                break
            if letter == "`":
                self._at += 1
                if self._peek() == "\n":
                    self._at -= 1
                    break
                letters.append(self._peek())
                self._at += 1
            elif letter in _SINGLE + _DOUBLE:
                found = self._string()
                if isinstance(found, Expandable):
                    parts += ["".join(letters), *found.parts]
                    letters = []
                else:
                    letters.append(str(found.value))
            elif letter == "$" and (inner := self._expanded()) is not None:
                parts += ["".join(letters), inner]
                letters = []
            else:
                letters.append(letter)
                self._at += 1
        if self._at == at:
            self._wrong(
                f"'{self._peek()}' cannot stand here"
                if self._at < len(self._text)
                else "something is missing at the end"
            )
        if parts:
            return Expandable(at, (*parts, "".join(letters)))
        word = "".join(letters)
        sign, digits = (-1, word[1:]) if word[:1] == "-" else (1, word)
        number = _NUMBER.fullmatch(digits)
        value = _number(number) if number else word
        return Literal(at, Written.of(sign * value, word) if isinstance(value, int) else word)

    # -----------------------------------------------------------------------------------------
    # Expressions

    def _expression(self, level: int = 1, *, comma: bool = True) -> Expression:
        """Read an expression whose operators bind at least as tightly as ``level``."""
        left = self._commas() if comma else self._unary()
        while True:
            start = self._at
            self._skip()
            at = self._at
            operator = self._operator()
            if not operator or _LEVELS[operator] < level:
                self._at = start
                return left
            self._skip(lines=True)
            right = self._expression(_LEVELS[operator] + 1, comma=comma)
            left = Binary(at, operator, left, right)

    def _operator(self) -> str:
        found = _DASHED.match(self._text, self._at)
        if found and found[1].lower() in _LEVELS:
            self._at = found.end()
            return found[1].lower()
        letter = self._peek()
        if self._has(".."):
            self._at += 2
            return ".."
        if letter and (letter in "+*/%" or letter in _DASHES) and self._peek(1) != "=":
            self._at += 1
            return "-" if letter in _DASHES else letter
        return ""

    def _commas(self) -> Expression:
        return self._listed(self._unary)

    def _unary(self) -> Expression:
        at = self._at
        letter = self._peek()
        self._nested()
        try:
            found = _DASHED.match(self._text, at)
            if letter == "!" or (found and found[1].lower() in ("not", "join", "split", "bnot")):
                self._at = found.end() if found else at + 1
                self._skip()
                return Unary(at, found[1].lower() if found else "not", self._unary())
            if letter == ",":
                self._at += 1
                self._skip()
                return Unary(at, ",", self._unary())
            if letter in "+" + _DASHES and letter != "\0":
                double = self._peek(1) == letter
                self._at += 2 if double else 1
                self._skip()
                of = self._unary()
                sign = 1 if letter == "+" else -1
                return Increment(at, of, sign) if double else Unary(at, "+-"[sign < 0], of)
            if letter == "[":
                return self._type_or_cast()
            return self._postfix(self._primary())
        finally:
            self._nest -= 1

    def _type_or_cast(self) -> Expression:
        at = self._at
        self._balanced("[", "]")
        name = self._text[at + 1 : self._at - 1].strip()
        if not _TYPE.fullmatch(name):
            self._wrong(f"'[{name[:30]}]' is no type", at)
        if self._has("::"):
            return self._postfix(TypeName(at, name))
        start = self._at
        self._skip()
        letter = self._peek()
        if letter in "$({[@+!" + _DASHES + _SINGLE + _DOUBLE or letter.isdigit():
            found = _DASHED.match(self._text, self._at)
            if not (found and found[1].lower() in _LEVELS):
                return Cast(at, name, self._unary())
        self._at = start
        return TypeName(at, name)

    def _postfix(self, found: Expression) -> Expression:
        while True:
            at = self._at
            letter = self._peek()
            if self._has("::"):
                self._at += 2
                found = self._member(found, at)
            elif letter == "." and (self._peek(1) in "$({\"'" or _WORD.match(self._text, at + 1)):
                self._at += 1
                found = self._member(found, at)
            elif letter == "[":
                self._at += 1
                self._skip(lines=True)
                index = self._expression()
                self._skip(lines=True)
                self._need("]", at, "the index")
                found = Index(at, found, index)
            elif isinstance(found, Variable | Member | Index) and (
                self._has("++") or self._has("--")
            ):
                self._at += 2
                return Increment(at, found, 1 if letter == "+" else -1)
            else:
                return found

    def _member(self, of: Expression, at: int) -> Expression:
        name: str | Expression
        if word := self._match(_WORD):
            name = word[0]
        else:
            name = self._primary()
        if self._peek() != "(":
            return Member(at, of, name)
        opened = self._at
        self._at += 1
        arguments: list[Expression] = []
        while True:
            self._skip(lines=True)
            if self._peek() == ")":
                self._at += 1
                return Call(at, of, name if isinstance(name, str) else "", tuple(arguments))
            arguments.append(self._expression(comma=False))
            self._skip(lines=True)
            if self._peek() == ",":
                self._at += 1
            elif self._peek() != ")":
                self._need(")", opened, "the arguments")

    def _primary(self) -> Expression:
        at = self._at
        letter = self._peek()
        if letter == "$":
            found = self._expanded()
            if found is None:
                self._wrong("'$' names no variable")
            return found
        if letter == "(":
            return self._group("(")
        if letter == "@":
            if self._peek(1) == "(":
                return self._group("@(")
            if self._peek(1) == "{":
                return self._hash()
            if self._peek(1) in _SINGLE + _DOUBLE:
                return self._here_string()
        if letter == "{":
            self._at += 1
            self._nested()
            block = self._block_body(at)
            self._nest -= 1
            self._need("}", at, "the block")
            return block
        if letter in _SINGLE + _DOUBLE:
            return self._string()
        found_number = self._match(_NUMBER)
        if found_number:
            return Literal(at, _number(found_number))
        at_end = self._at >= len(self._text)
        raise ScriptError(
            "something is missing at the end"
            if at_end
            else f"a value is missing: '{self._rest()}' is none",
            at,
        )

    def _group(self, opening: str) -> Expression:
        at = self._at
        self._at += len(opening)
        self._nested()
        body = self._statements()
        self._nest -= 1
        self._need(")", at, "the parentheses")
        if opening == "(" and not body:
            self._wrong("nothing stands in these parentheses", at)
        return Group(at, opening, body)

    def _hash(self) -> Expression:
        at = self._at
        self._at += 2
        self._nested()
        entries: list[tuple[Expression, Statement]] = []
        while True:
            self._skip(lines=True)
            if self._peek() == ";":
                self._at += 1
                continue
            if self._peek() in "}\0":
                break
            if word := self._match(_KEY):
                key: Expression = Literal(word.start(), word[0])
            else:
                key = self._unary()
            self._skip()
            if self._peek() != "=":
                self._wrong("'=' is missing behind this key of the hash table", key.at)
            self._at += 1
            self._skip(lines=True)
            entries.append((key, self._statement()))
            self._skip()
            if self._peek() not in "\n;}\0":
                self._wrong(f"'{self._rest()}' cannot stand in a hash table")
        self._nest -= 1
        self._need("}", at, "the hash table")
        return HashLiteral(at, tuple(entries))

    # -----------------------------------------------------------------------------------------
    # Strings

    def _string(self) -> Literal | Expandable:
        at = self._at
        quotes = _DOUBLE if self._peek() in _DOUBLE else _SINGLE
        self._at += 1
        parts: list[str | Expression] = []
        letters: list[str] = []
        while True:
            if self._at >= len(self._text):
                self._wrong("the string is never closed", at)
            letter = self._peek()
            if letter in quotes:
                self._at += 1
                if self._peek() not in quotes:
                    break
                letters.append(self._peek())
                self._at += 1
            elif quotes is _DOUBLE:
                self._expandable_letter(parts, letters)
            else:
                self._plain(_PLAIN_IN_SINGLE, letters)
        if parts:
            return Expandable(at, (*parts, "".join(letters)))
        return Literal(at, "".join(letters))

    def _plain(self, pattern: re.Pattern[str], letters: list[str]) -> bool:
        """Pass letters that mean nothing but themselves; return whether there are some."""
        found = pattern.match(self._text, self._at)
        if found is None:
            return False
        letters.append(found[0])
        self._at = found.end()
        return True

    def _expandable_letter(self, parts: list[str | Expression], letters: list[str]) -> None:
        if self._plain(_PLAIN_IN_DOUBLE, letters):
            return
        letter = self._peek()
        if letter == "`":
            escaped = self._peek(1)
            letters.append(_ESCAPES.get(escaped, escaped))
            self._at += 2
        elif letter == "$" and (inner := self._expanded()) is not None:
            parts += ["".join(letters), inner]
            letters.clear()
        else:
            letters.append(letter)
            self._at += 1

    def _here_string(self) -> Expression:
        at = self._at
        quotes = _DOUBLE if self._peek(1) in _DOUBLE else _SINGLE
        start = self._text.find("\n", at)
        if start < 0 or self._text[at + 2 : start].strip(_BLANKS):
            self._wrong("a line must end behind the beginning of a here-string")
        end = re.compile(rf"\n[{quotes}]@").search(self._text, start)
        if not end:
            self._wrong("the here-string is never closed at the beginning of a line", at)
        if quotes is _SINGLE:
            self._at = end.end()
            return Literal(at, self._text[start + 1 : end.start()])
        parts: list[str | Expression] = []
        letters: list[str] = []
        self._at = start + 1
        while self._at < end.start():
            self._expandable_letter(parts, letters)
        self._at = end.end()
        if parts:
            return Expandable(at, (*parts, "".join(letters)))
        return Literal(at, "".join(letters))

    def _expanded(self) -> Expression | None:
        """Read the variable or ``$( )`` that stands here; None where ``$`` is only a sign."""
        at = self._at
        if self._peek(1) == "(":
            return self._group("$(")
        if self._peek(1) == "{":
            end = self._text.find("}", at)
            if end < 0:
                self._wrong("'${' is never closed with '}'", at)
            self._at = end + 1
            return Variable(at, self._text[at + 2 : end])
        found = _NAME.match(self._text, at + 1)
        if not found:
            return None
        name = found[0]
        self._at = at + 1 + len(name)
        return Variable(at, name)


def _number(found: re.Match[str]) -> int | float:
    digits = found[1] or found[3]
    shift = _SIZES[found[2].lower()] if found[2] else 0
    if digits[:2].lower() == "0x":
        return int(digits, 16) << shift
    if digits.isdigit():
        return int(digits[:100]) << shift
    return float(digits) * (1 << shift)


def _ends_block(statement: Statement) -> bool:
    """Whether the next statement may follow in the same line."""
    return isinstance(statement, If | Loop | Foreach | Switch | Function | Try | Refused)
