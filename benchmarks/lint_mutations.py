"""How many mistakes does lint find? One mistake of every kind is made in many sound networks.

A mistake counts if it changes what becomes of any packet: between VMs, to the outside, or back.
It is found if lint says anything at all: of the sound network it says nothing. The networks and
the mistakes are those of the tests, from fixed seeds, so that every run prints the same.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter

import harness

sys.path.insert(1, str(harness.HERE.parent / "tests"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=100, help="default 100")
    parser.add_argument("kinds", nargs="*", help="default: all")
    asked = parser.parse_args()
    harness.need_hnvemu()

    from properties.mutations import MUTATIONS, mutated
    from properties.sound import document, loaded, verdicts

    from hnvemu.lint import lint

    kinds = asked.kinds or [*MUTATIONS]
    harmful: Counter[str] = Counter()
    found: Counter[str] = Counter()
    harmless: Counter[str] = Counter()
    hints: Counter[str] = Counter()
    codes: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    for seed in range(asked.networks):
        sound = document(random.Random(seed))
        policy = loaded(sound)
        before = verdicts(policy)
        if lint(policy):
            parser.exit(1, f"network {seed} is not sound: {lint(policy)[0].message}\n")
        for kind in kinds:
            mutant = mutated(sound, kind, random.Random(seed))
            if mutant is None:
                continue
            changed = loaded(mutant)
            after = verdicts(changed)
            findings = lint(changed)
            if any(before[p][:3] != after[p][:3] for p in before.keys() & after.keys()):
                harmful[kind] += 1
                found[kind] += bool(findings)
                codes[kind].update({each.code for each in findings})
            else:
                harmless[kind] += 1
                hints[kind] += bool(findings)
    print(f"{'mistake':<24}{'harmful':>9}{'found':>7}{'':>7}{'harmless':>10}{'told':>6}  by")
    for kind in kinds:
        share = f"{found[kind] / harmful[kind]:.0%}" if harmful[kind] else "-"
        by = " ".join(code for code, _ in codes[kind].most_common(5))
        print(
            f"{kind:<24}{harmful[kind]:>9}{found[kind]:>7}{share:>7}"
            f"{harmless[kind]:>10}{hints[kind]:>6}  {by}"
        )
    total = sum(harmful.values())
    print(f"{'all':<24}{total:>9}{sum(found.values()):>7}{sum(found.values()) / total:>7.1%}")


if __name__ == "__main__":
    main()
