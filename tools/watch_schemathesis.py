"""schemathesis against the API of `batten watch`, on a random estate: `python tools/watch_schemathesis.py [--examples 20] [--seed 1]`.

The service runs in this process with every part that it has in production but the bounds on how often callers may ask. schemathesis
stands in an environment of its own (tools/schemathesis.txt), for it needs older libraries than batten: `.venv/schemathesis`, or the
program that `--program` names.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(sys.executable).parent.parent / "schemathesis" / "bin" / "schemathesis"
CONTRACT = ROOT / "src" / "batten" / "watch" / "api" / "openapi.yaml"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/watch")]


# Valid by the document, and asked for is what cannot be: another version, a cursor of another list, a waiver that ends in the past. And
# a request that is wrong may be too large before it is anything else.
SETTINGS = """[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422", "429"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "414", "415", "422", "429", "431"]
"""


def found(program: Path, url: str, sent: str, examples: int, seed: int, folder: Path) -> int:
    """Its exit code; what it says goes to stdout."""
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    command = [str(program), "--config-file", str(settings), "run", str(CONTRACT), "--url", f"{url}/api/v1", "-H", f"Authorization: Bearer {sent}", "--max-examples", str(examples),
               "--seed", str(seed), "--no-color", "--generation-database", "none", "--continue-on-failure"]  # fmt: skip
    return subprocess.run(command, cwd=folder, timeout=3_000, check=False).returncode


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--program", type=Path, default=PROGRAM)
    given = options.parse_args()
    if not given.program.exists():
        raise SystemExit("make an environment with tools/schemathesis.txt in .venv/schemathesis first")
    from batten.watch.api import routes
    from watch_api import api
    from watch_estate import estate
    from watch_stores import sqlite

    logging.getLogger("batten").setLevel(logging.ERROR)
    routes.RATES = ()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = sqlite(folder)
        estate(database, given.seed)
        with api(database, folder) as service:
            return found(
                given.program, service.url, service.lasting_token(), given.examples, given.seed, folder
            )


if __name__ == "__main__":
    sys.exit(main())
