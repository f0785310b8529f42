"""What the dearest bodies that we know cost the guard: `python tools/guard_cost.py [--bytes 2000000] [PART OF A NAME]`.

One row for each shape of tests/guard/guard_costs.py: seconds of processor time to read the body, to judge it, and to find
the first place that is wrong. A row beyond the bound ends with `!`, and the command then fails.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("part", nargs="?", default="")
    options.add_argument("--bytes", type=int, default=2_000_000)
    given = options.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "guard"))
    shapes, measure = import_module("guard_costs").SHAPES, import_module("guard_cost_measure")
    bound = measure.BOUND * max(given.bytes / measure.SIZE, 0.01)
    late = 0
    print(f"{'':44}" + "".join(f"{part:>9}" for part in measure.PARTS))
    for name, (schema, make) in shapes.items():
        if given.part not in name:
            continue
        row = measure.least(schema, make, given.bytes)
        late += sum(row) > bound
        print(f"{name:44}" + "".join(f"{cost:9.3f}" for cost in row) + " !" * (sum(row) > bound), flush=True)
    print(f"{late} beyond {bound:.2f} s")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
