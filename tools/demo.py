"""The main job on the example: start the stack, check, fix, restart, check again, stop.

Works on a copy below .demo/, so the example in the checkout stays as it is.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "examples" / "orders"
COPY = ROOT / ".demo" / "orders"
SHOWN = 1  # line of what is fixed
WIDE = 110  # columns
BATTEN = Path(sys.executable).with_name("batten")


def say(text: str) -> None:
    print(f"\n\x1b[1m── {text}\x1b[0m" if sys.stdout.isatty() else f"\n── {text}", flush=True)


def call(*command: str | Path, expect: tuple[int, ...] = (0,), quiet: bool = False) -> int:
    """Run in the copy; any other exit code than those expected ends the demo."""
    to = subprocess.DEVNULL if quiet else None
    code = subprocess.run([str(c) for c in command], cwd=COPY, check=False, stdout=to).returncode
    if code not in expect:
        raise SystemExit(f"demo: {' '.join(map(str, command))} exited with {code}")
    return code


# What only the owner of a program knows is a question of `batten fix`: these are the answers for the example.
ANSWERS = (
    ("compose.yaml", "    privileged: true\n", ""),
    ("compose.yaml", "      - /var/run/docker.sock:/var/run/docker.sock\n", ""),
    ("Dockerfile", "USER root\n", "USER 10001:10001\n"),
)


def answer(folder: Path) -> None:
    """Writes the answers into the files of a copy of the example."""
    for name, line, becomes in ANSWERS:
        text = (folder / name).read_text(encoding="utf-8")
        if line not in text:
            raise SystemExit(f"demo: {name} has no line {line.strip()!r}")
        (folder / name).write_text(text.replace(line, becomes), encoding="utf-8")


def call_briefly(*command: str | Path, expect: tuple[int, ...] = (0,)) -> None:
    """The same, of which only the first line and the last are shown."""
    found = subprocess.run(
        [str(c) for c in command], cwd=COPY, check=False, stdout=subprocess.PIPE, text=True
    )
    lines = found.stdout.splitlines()
    if len(lines) > SHOWN + 2:
        lines[SHOWN:-1] = [f"… {len(lines) - SHOWN - 1} more lines"]
    print("\n".join(line if len(line) <= WIDE else line[: WIDE - 1] + "…" for line in lines), flush=True)
    if found.returncode not in expect:
        raise SystemExit(f"demo: {' '.join(map(str, command))} exited with {found.returncode}")


def stack(action: str, *, quiet: bool = False) -> None:
    call(sys.executable, "run.py", action, quiet=quiet)


def main() -> None:
    if COPY.exists():
        shutil.rmtree(COPY)
    shutil.copytree(SOURCE, COPY, ignore=shutil.ignore_patterns(".run", ".batten", "__pycache__"))
    os.environ.setdefault("CACHE_PASSWORD", secrets.token_urlsafe(24))
    os.environ.setdefault("ORDERS_TOKEN", secrets.token_urlsafe(24))
    say("1. start the example: nginx, a FastAPI application and valkey, on loopback")
    stack("start")
    try:
        say("2. batten trust --yes: approve the addresses in batten.yaml, which comes with the files")
        call(BATTEN, "trust", "--yes", quiet=True)
        say("3. batten check: review the files and probe the running API (it is full of planted faults)")
        call(BATTEN, "check", expect=(1,))
        say(
            "4. batten fix --risky: fix the files, and answer by hand what it asks (user, privileges, socket)"
        )
        call_briefly(BATTEN, "fix", "--risky", expect=(1,))
        answer(COPY)
        say("5. restart with the fixed files, and send every documented request")
        stack("stop")
        stack("start", quiet=True)
        call(sys.executable, "smoke.py")
        say("6. batten check, again")
        call(BATTEN, "check")
    finally:
        stack("stop")
    say(f"done: no findings are left; `batten fix --undo` in {COPY.relative_to(ROOT)} restores the files")


if __name__ == "__main__":
    main()
