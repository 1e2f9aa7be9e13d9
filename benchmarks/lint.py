"""The time of lint as a policy grows: lookup records, routes, rules and entries of lists.

Each curve is compared with itself at its smallest size, by time for one record (route, rule): 1
is linear. ``--rules`` shows which rules take the time at the largest size of each curve.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import harness
from harness import WORK, Sample, Timing
from networks import write_listed_policy, write_lists, write_routed_policy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from harness import Figure
