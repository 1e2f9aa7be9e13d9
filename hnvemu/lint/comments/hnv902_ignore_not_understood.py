"""A comment is meant to silence findings, and cannot.

## Why it matters
It names no rule, or one that does not exist, or it is about the whole file and stands below the
first entry. What it was written for is reported as before.

## Example
```yaml
hosts:
  H4: {provider_addresses: 192.168.10.14/24} # hnv: ignore[HNV1] numbers of the old lab
```

## Instead
Name codes or slugs, each in full: `# hnv: ignore[HNV001, two-macs-for-one-ca] why`. Put
`# hnv: ignore-file[…] why` above the first line that is no comment.

## How sure
Certain: no rule has that code or slug.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.ignores import CommentRule, folded
from hnvemu.lint.rule import Problem
from hnvemu.reader.report import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.ignores import Comments


def check(comments: Comments) -> Iterator[Problem]:
    """Report every comment, or word of one, that says nothing that can be done."""
    for ignore in comments.ignores:
        if not ignore.words:
            yield Problem(
                message=f"'hnv: {ignore.name}' names no rule",
                origin=ignore.origin,
                help=f"write {ignore.name}[HNV001], with the code of the rule, and why",
            )
        if ignore.is_below:
            yield Problem(
                message="ignore-file stands below the first entry of its file",
                origin=ignore.origin,
                help="put it on top, or write ignore to silence one line",
            )
        for word in ignore.words:
            if folded(word) not in comments.known:
                near = nearest(folded(word), comments.known)
                code = near and comments.known[near]
                meant = f"did you mean {code}?" if code else "hnvemu rule lists them all"
                yield Problem(
                    message=f"there is no rule '{word}' to ignore",
                    origin=ignore.origin,
                    help=meant,
                )


RULE = CommentRule(code="HNV902", slug="ignore-not-understood", check=check, doc=__doc__)
