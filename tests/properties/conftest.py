from __future__ import annotations

from hypothesis import HealthCheck, settings
from properties.amount import EXAMPLES

settings.register_profile(
    "laws",
    deadline=None,  # the machines that run this are shared
    derandomize=True,
    max_examples=EXAMPLES,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,  # a folder for files: every example overwrites them
    ],
)
settings.load_profile("laws")
