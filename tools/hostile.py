"""What each hostile checkout of tests/security brings about: a row each, and its faults with --all.

`python tools/hostile.py [FAMILY | NAME ...] [--all]`. Ends with 1 when any has a fault. As root on Linux it is best run in
a network namespace (`unshare -n`), so that what is caught reaches nobody.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "security"))

from hostile_repositories import Repository, families, family
from hostile_run import faults


def main(arguments: list[str]) -> int:
    wanted = {a for a in arguments if not a.startswith("--")}
    held = total = 0
    for name in families():
        for repository in family(name) if name != "caught" else ():
            if not wanted or wanted & {name, repository.name}:
                total += 1
                held += _row(name, repository, "--all" in arguments)
    print(f"{held} of {total} held")
    return int(held != total)


def _row(name: str, repository: Repository, all_of_them: bool) -> bool:
    top = Path(tempfile.mkdtemp(prefix="hostile-"))
    before = time.monotonic()
    try:
        found = faults(repository, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    word = "held" if not found else f"{len(found)} faults"
    print(f"{name}/{repository.name}: {word}, {time.monotonic() - before:.1f} s", flush=True)
    for fault in found if all_of_them else found[:3]:
        print("   ", fault.encode("utf-8", "backslashreplace").decode()[:240])
    return not found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
