"""HNV116: prefixes that no host takes."""

from __future__ import annotations

from lint.fakes import POLICY, texts_of

from hnvemu.lint.catalogue import RULES
from hnvemu.lint.fixes import fixed
from hnvemu.lint.judge import Linted
from hnvemu.lint.run import lint


def test_fix_keeps_what_the_policy_means_to_hnvemu() -> None:
    texts = texts_of(p=POLICY.replace("10.0.1.0/24", "10.0.1.10/24"))
    only = [rule for rule in RULES if rule.code == "HNV116"]

    new = fixed(texts, lambda text: Linted(found=tuple(lint(text.policy(), rules=only)), ran=()))

    assert new.texts.files["p.yaml"] == POLICY
