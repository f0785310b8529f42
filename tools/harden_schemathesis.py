"""schemathesis against an application alone and behind each rendered edge, over TLS: `python tools/harden_schemathesis.py
[--contract travel] [--edge nginx] [--examples 20]`.

The application keeps the contract; what is found behind an edge and not at the application alone is the edge's fault. schemathesis
stands in an environment of its own: `python tools/products.py --judges schemathesis`.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "tests" / "harden"
sys.path[:0] = [str(ROOT / "tests"), str(HERE), str(HERE / "judges"), str(ROOT / "tests" / "guard")]


def through(name: str, edges: list[str], examples: int, folder: Path, told: set[tuple[str, str, str]]) -> int:
    """How many edges add something wrong to one contract's application; each is printed. What has a reason is `told`."""
    from deployments import named
    from edge_differences import known
    from faithful import faithful
    from schemathesis_runs import behind, edge_before, found_at

    wrong = 0
    with faithful(*named(name)) as port:
        alone = found_at(f"http://localhost:{port}", name, folder / "alone", examples)
        print(
            f"{name}, alone: {alone.cases} cases, {len(alone.failures)} failures, {alone.errors} errors",
            flush=True,
        )
        for edge in edges:
            with edge_before(edge, name, port) as started:
                found = behind(started, name, folder / edge, examples)
            added = sorted(found.failures - alone.failures)
            told.update((edge, *row) for row in added)
            left = [row for row in added if not known(edge, *row)]
            told = f"{found.cases} cases, {len(added)} other failures, {len(left)} without a reason, {found.errors} errors"
            print(f"{name}, {edge}: {told}", flush=True)
            if left or found.errors:
                wrong += 1
                print(found.said, flush=True)
    return wrong


def main() -> int:
    from deployments import CONTRACTS
    from edge_differences import stale

    from batten.harden.targets import EDGES

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contract", choices=CONTRACTS, action="append")
    options.add_argument("--edge", choices=EDGES, action="append")
    options.add_argument("--examples", type=int, default=20)
    given = options.parse_args()
    logging.disable(logging.CRITICAL)
    told: set[tuple[str, str, str]] = set()
    edges = given.edge or list(EDGES)
    with tempfile.TemporaryDirectory() as place:
        wrong = sum(
            through(name, edges, given.examples, Path(place) / name, told)
            for name in given.contract or CONTRACTS
        )
    unused = [] if given.edge or given.contract else stale(told)
    for reason in unused:
        print(f"a reason without a difference: {reason}", flush=True)
    return 1 if wrong or unused else 0


if __name__ == "__main__":
    sys.exit(main())
