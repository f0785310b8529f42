"""HYPOTHESIS_PROFILE=proof (`make proof`) looks fifty times as hard."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("proof", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ci", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
