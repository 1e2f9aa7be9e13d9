"""A comment silences a rule that finds nothing there.

## Why it matters
The mistake was mended, or the comment stands at the wrong line. Left where it is, it would hide
the next mistake of its kind. A rule that did not run, because it was not selected or is about
another profile, does not make its comments unused.

## Example
```yaml
hosts:
  H4: {provider_addresses: 192.168.10.14/24} # hnv: ignore[HNV001] numbers of the old lab
```

## Instead
Take the code out of the comment, or the whole comment. A comment is about the line that it ends,
or, on a line of its own, about the next one.

## How sure
Certain: the rule ran, and nothing that it found is at that line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.ignores import CommentRule
from hnvemu.lint.rule import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.ignores import Comments


def check(comments: Comments) -> Iterator[Problem]:
    """Report every word of a comment that silenced nothing."""
    for ignore in comments.ignores:
        for word in ignore.words:
            if (ignore, word) in comments.idle:
                where = f"at line {ignore.line}" if ignore.line else "in this file"
                yield Problem(
                    message=f"{ignore.name}[{word}] silences nothing: it is not found {where}",
                    origin=ignore.origin,
                    help="take it out",
                )


RULE = CommentRule(code="HNV900", slug="unused-ignore", check=check, doc=__doc__)
