"""How many examples a law is tried with."""

from __future__ import annotations

import os

EXAMPLES = int(os.environ.get("HNVEMU_EXAMPLES", "40"))
"""Of an ordinary law. Fewer will do where the same laws run on yet another Python."""
FEW = max(EXAMPLES // 2, 2)
"""Of a law that walks or loads dozens of policies an example."""
MANY = EXAMPLES * 5 // 2
"""Of a law whose examples cost nothing."""
