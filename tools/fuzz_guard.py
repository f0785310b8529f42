"""Coverage-guided fuzzing of the proxy: `python tools/fuzz_guard.py [--seconds 60] [asked | answered ...]`.

The client's bytes (asked), or the upstream's (answered), are the fuzzer's; seeds are the cases of the black-box suite. Each
input is played whole, in pieces, and with mishaps. What must hold then is in tests/guard/guard_oracle.py: nothing goes
to either side that h11 and llhttp read differently, nothing gets out that was not validated, what is refused ends the
connection, and pieces make no difference.
"""

from __future__ import annotations

import argparse
import logging
import re
import subprocess
import sys
import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CRASHES = ROOT / ".batten" / "fuzz"  # inputs that found a defect
SIDES = ("asked", "answered")
LARGEST = 8_192  # bytes
SECONDS_AN_INPUT = 10
TOKENS = ("\\x0d\\x0a", "\\x0d\\x0a\\x0d\\x0a", "HTTP/1.1", "HTTP/1.0", "Transfer-Encoding: chunked\\x0d\\x0a", "Content-Length: ", "Connection: ",
          "close", "keep-alive", "Upgrade: ", "Expect: 100-continue\\x0d\\x0a", "0\\x0d\\x0a\\x0d\\x0a", "Host: a\\x0d\\x0a", "Content-Encoding: gzip",
          "Content-Type: application/json\\x0d\\x0a", "Authorization: Bearer a\\x0d\\x0a", "text/event-stream", "X-Play: ", "304", "204", "799")  # fmt: skip


def fuzz(side: str, seconds: int, corpus: str) -> None:
    """Fuzz one side in this process; atheris ends it."""
    import atheris  # not a dependency of anything but this

    with atheris.instrument_imports(include=["batten"]):
        target = import_module("fuzz_guard_target").target
    logging.disable(logging.CRITICAL)
    CRASHES.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={CRASHES}/guard-{side}-",
        f"-timeout={SECONDS_AN_INPUT}",
        f"-max_len={LARGEST}",
        f"-dict={corpus}.dict",
    ]
    atheris.Setup(
        [side, *options, "-rss_limit_mb=2000", "-print_final_stats=1", corpus], partial(target, side)
    )
    atheris.Fuzz()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sides", nargs="*", choices=[*SIDES, []], default=[])
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--corpus", help="fuzz one side here, from this folder of seeds")
    given = options.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "guard"))
    if given.corpus:
        fuzz(given.sides[0], given.seconds, given.corpus)
        return 0
    failed = []
    for side in given.sides or SIDES:
        with tempfile.TemporaryDirectory() as folder:
            seeds = Path(folder) / "seeds"
            seeds.mkdir()
            (Path(folder) / "seeds.dict").write_text("".join(f'"{token}"\n' for token in TOKENS))
            for number, seed in enumerate(import_module("fuzz_guard_target").seeds(side)):
                (seeds / f"{number:04}").write_bytes(seed)
            call = [sys.executable, __file__, side, f"--seconds={given.seconds}", f"--corpus={seeds}"]
            ran = subprocess.run(call, capture_output=True, text=True, errors="replace", cwd=folder)
            runs = re.search(r"number_of_executed_units: (\d+)", ran.stderr)
            print(f"guard, {side}: {runs[1] if runs else '?'} inputs, exit {ran.returncode}", flush=True)
            if ran.returncode:
                failed.append(side)
                print(ran.stdout[-3000:], ran.stderr[-3000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
