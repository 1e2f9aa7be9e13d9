"""Scripts as they come: from a web page, copied from a console.

Rules of the file: what is no PowerShell becomes blanks, so that every place stays where it is.
"""

from __future__ import annotations

import re

_PROMPT = re.compile(r"[ \t]*(?:\[[^\]\n]+\]: )?PS(?: [^>\n]*)?>+ ?")
_CONTINUATION = re.compile(r"[ \t]*>> ?")
_FENCE = re.compile(r"\s*(```|~~~)")


def code_of(text: str) -> str:
    """Blank out the prompts, and where there are code fences all that stands outside of them."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if _FENCE.match(line)]
    if len(fences) > 1:
        inside = False
        for number, line in enumerate(lines):
            fence = number in fences
            if fence or not inside:
                lines[number] = " " * len(line)
            inside = inside != fence
    if any(_PROMPT.match(line) for line in lines):
        for number, line in enumerate(lines):
            found = _PROMPT.match(line) or _CONTINUATION.match(line)
            if found:
                lines[number] = " " * found.end() + line[found.end() :]
    return "\n".join(lines)
