"""hnvemu: where does this packet go in Hyper-V Network Virtualization, and why?"""

from hnvemu.errors import HnvemuError, PolicyError, QuestionError
from hnvemu.model.policy import Policy, Profile
from hnvemu.reader import load_policy
from hnvemu.switch.fabric import Fabric
from hnvemu.tables.sessions import NO_SESSIONS, Sessions
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.trace.trace import Trace
from hnvemu.value import replace
from hnvemu.wire.flow import Flow, read_flow

__version__ = "0.1.0"

__all__ = [
    "NO_SESSIONS",
    "Fabric",
    "Flow",
    "HnvemuError",
    "Outcome",
    "Policy",
    "PolicyError",
    "Profile",
    "QuestionError",
    "Reason",
    "Sessions",
    "Trace",
    "__version__",
    "load_policy",
    "read_flow",
    "replace",
]
