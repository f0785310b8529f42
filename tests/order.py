"""In which order several workers are given the files: the longest first, since the one that is last makes all others wait."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Files that take more than fifteen seconds, the longest first; the number of their tests does not show it.
LONGEST = (
    "test_pages.py",
    "harden/judges/test_schemathesis.py",
    "harden/judges/test_judges.py",
    "fixes/test_safe_fixes.py",
    "security/test_hostile_proxies.py",
    "cell/test_cell.py",
    "security/test_hostile_sizes.py",
    "live/fleet/test_fleet.py",
    "security/test_hostile_links.py",
    "security/test_live_canaries.py",
    "security/test_growth.py",
    "live/products/test_products.py",
    "security/test_hostile_readers.py",
    "security/test_hostile_servers.py",
    "security/test_hostile_git.py",
    "security/test_apart.py",
    "security/test_hostile_names.py",
    "security/test_canaries.py",
    "security/test_hostile_policy.py",
    "test_readme.py",
    "guard/test_proxy_limits.py",
    "test_example.py",
    "watch/test_serving.py",
    "live/test_targets.py",
    "harden/test_command.py",
    "engine/hardening/test_proving.py",
    "engine/hardening/stores/test_store_proofs.py",
    "harden/edges/test_served_answers.py",
    "harden/edges/test_documented.py",
    "harden/edges/test_every_edge.py",
    "harden/judges/test_running_edges.py",
    "harden/test_read_back.py",
    "watch/test_own_food.py",
    "guard/test_orders_probed.py",
    "watch/alerts/test_channels.py",
    "live/test_stores.py",
    "guard/test_engine.py",
    "live/test_store_protocols.py",
    "security/test_recovery.py",
)
_RANKS = {TESTS / name: rank for rank, name in enumerate(LONGEST)}


def longest_first(items: list[pytest.Item]) -> None:
    """Sort tests by their files: the longest, then those with most tests."""
    counts = Counter(item.path for item in items)
    items.sort(key=lambda item: (_RANKS.get(item.path, len(LONGEST)), -counts[item.path]))
