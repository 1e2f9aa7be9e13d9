"""A comment silences a finding and does not say why.

## Why it matters
Whoever reads the policy next cannot tell a decision from a mistake, and will not dare to take the
comment out. It silences what it names all the same.

## Example
```yaml
hosts:
  H4: {provider_addresses: 192.168.10.14/24} # hnv: ignore[HNV001]
```

## Instead
Write the reason behind the bracket: `# hnv: ignore[HNV001] numbers of the old lab, until May`.

## How sure
Certain: nothing follows the bracket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.ignores import CommentRule
from hnvemu.lint.rule import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.ignores import Comments


def check(comments: Comments) -> Iterator[Problem]:
    """Report every comment that names rules and no reason."""
    for ignore in comments.ignores:
        if ignore.words and not ignore.reason:
            said = f"{ignore.name}[{', '.join(ignore.words)}]"
            yield Problem(
                message=f"{said} does not say why",
                origin=ignore.origin,
                help="write the reason behind the bracket",
            )


RULE = CommentRule(code="HNV901", slug="ignore-without-reason", check=check, doc=__doc__)
