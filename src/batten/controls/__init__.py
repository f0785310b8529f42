"""What is demanded of every stack: judges over facts, a module a family. They know no syntax."""

from batten.controls._cycles import collected
from batten.controls._plugins import offering
from batten.controls._registry import (
    CUSTOM,
    Control,
    adopt,
    all_controls,
    control,
    judges_about,
    judges_of,
    registered,
)
from batten.controls._risks import RISKS, risk_of
from batten.controls._suites import MOZILLA_INTERMEDIATE

__all__ = [
    "CUSTOM",
    "MOZILLA_INTERMEDIATE",
    "RISKS",
    "Control",
    "adopt",
    "all_controls",
    "collected",
    "control",
    "judges_about",
    "judges_of",
    "offering",
    "registered",
    "risk_of",
]
