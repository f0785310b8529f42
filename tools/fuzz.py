"""Coverage-guided fuzzing of every reader: `python tools/fuzz.py [--seconds 60] [TECHNOLOGY ...]`.

Seeds are the blocks of the control pages. What a fuzzed file may come to: facts, findings, fixes, or a Problem
that says what is wrong with the file. What it may not: another exception, a judge or a writer that fails, a
fix that does not parse, or more than a few seconds.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
SECONDS_A_FILE = 5
LARGEST = 6000  # bytes
CRASHES = ROOT / ".batten" / "fuzz"  # inputs that found a defect


def seeds(language: str) -> list[str]:
    found = []
    for page in sorted((ROOT / "tests" / "pages").glob("*/*.md")):
        for match in FENCE.finditer(page.read_text()):
            if match["language"] == language and len(match["text"]) < LARGEST:
                found.append(match["text"])
    return found


def fuzz(name: str, seconds: int, corpus: str) -> None:
    """Fuzz one technology in this process; atheris ends it."""
    import atheris  # not a dependency of anything but this

    with atheris.instrument_imports(include=["batten"]):
        import_module("batten.technologies").technologies()[name].adapter()
        target = import_module("fuzz_target").target
    CRASHES.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={CRASHES}/{name}-",
        f"-timeout={SECONDS_A_FILE}",
        f"-max_len={LARGEST}",
    ]
    atheris.Setup(
        [name, *options, "-rss_limit_mb=2000", "-print_final_stats=1", corpus], partial(target, name)
    )
    atheris.Fuzz()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("technologies", nargs="*")
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--corpus", help="fuzz one technology here, from this folder of seeds")
    given = options.parse_args()
    if given.corpus:
        fuzz(given.technologies[0], given.seconds, given.corpus)
        return 0
    failed = []
    technologies = import_module("batten.technologies").technologies()  # instrumented where it is fuzzed
    for name in given.technologies or sorted(technologies):
        with tempfile.TemporaryDirectory() as folder:
            for number, text in enumerate(seeds(technologies[name].language)):
                (Path(folder) / f"{number:04}").write_text(text)
            call = [sys.executable, __file__, name, f"--seconds={given.seconds}", f"--corpus={folder}"]
            ran = subprocess.run(call, capture_output=True, text=True, cwd=folder)
            runs = re.search(r"number_of_executed_units: (\d+)", ran.stderr)
            print(f"{name}: {runs[1] if runs else '?'} files, exit {ran.returncode}", flush=True)
            if ran.returncode:
                failed.append(name)
                print(ran.stdout[-3000:], ran.stderr[-1500:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
