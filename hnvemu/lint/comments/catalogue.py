"""The rules about comments, in the order of their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hnvemu.lint.comments import (
    hnv900_unused_ignore,
    hnv901_ignore_without_reason,
    hnv902_ignore_not_understood,
)

if TYPE_CHECKING:
    from hnvemu.lint.ignores import CommentRule

COMMENT_RULES: Final[tuple[CommentRule, ...]] = (
    hnv900_unused_ignore.RULE,
    hnv901_ignore_without_reason.RULE,
    hnv902_ignore_not_understood.RULE,
)
