"""The example in three stages, each as tight as what `batten fix` makes of it: run as a program, in a process of its own, so that
the service does not keep what only this needs."""

from __future__ import annotations

import sys
from pathlib import Path

from batten.cell.child import confine
from batten.engine.fix import Wish, plan
from batten.files.named import write_folder
from batten.files.own import own_tree
from batten.formats import Workspace
from batten.model import Safety
from batten.policy.load import load_policy
from batten.policy.policy import NAME
from batten.watch.demo import STAGES

# What developers fixed has not reached production.
_ACCEPTED = dict(zip(STAGES, ({Safety.SAFE, Safety.RISKY}, {Safety.SAFE}, set[Safety]()), strict=True))
_KEPT = (
    "Dockerfile",
    "batten.yaml",
    "compose.yaml",
    "openapi.yaml",
    "app/",
    "nginx/",
    "terraform/",
    "valkey/",
)


def lay_out(folder: Path) -> None:
    """Write the example once for each stage. Raises OSError."""
    for stage in STAGES:
        write_folder(folder / stage, example(), force=True)
        accepted = frozenset(_ACCEPTED[stage])
        if accepted:
            policy = load_policy(folder / stage / NAME)
            fixed = plan(Workspace(folder / stage), policy, Wish(accepted, validate=False)).texts
            write_folder(folder / stage, {path: text.encode() for path, text in fixed.items()}, force=True)


def example() -> dict[str, bytes]:
    """The files of the example, from the wheel or from the checkout that batten is installed from."""
    found = own_tree("example") or own_tree("../../examples/orders")
    return {path: data for path, data in found.items() if path.startswith(_KEPT)}


if __name__ == "__main__":
    confine(sys.argv[1:])
    lay_out(Path(sys.stdin.read()))
