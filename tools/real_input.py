"""`make proof`: input that nobody here wrote. Every file is read without a crash, or is a Problem that says
where, what and what to do; and GitHub's OpenAPI document is reviewed in time.

Takes Debian's default configurations and some npm packages by name, and whatever configuration lies in
the packages that are installed here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from batten.engine.review import review
from batten.policy import Policy
from batten.technologies import named_like, recognised

DEBIAN = ("nginx-common", "redis-server", "valkey-server", "haproxy", "apache2", "lighttpd")
NPM = ("@octokit/openapi", "@readme/oas-examples", "swagger-ui-dist", "@apidevtools/swagger-parser")
GITHUB_SECONDS = 3.0


def fetched(folder: Path) -> None:
    """Unpack the packages below a folder; what cannot be had is told."""
    for name in DEBIAN:
        run(["apt-get", "download", "-qq", name], folder)
    for archive in sorted(folder.glob("*.deb")):
        run(["dpkg-deb", "-x", str(archive), archive.stem], folder)
    for name in NPM:
        run(["npm", "pack", "--silent", name], folder)
    for archive in sorted(folder.glob("*.tgz")):
        place = folder / archive.stem
        place.mkdir()
        run(["tar", "xzf", str(archive), "-C", str(place)], folder)


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"not had: {' '.join(command)}", file=sys.stderr)


def installed() -> Iterator[Path]:
    """Folders of installed packages, where such files lie by the way."""
    for name in ("node_modules", "site-packages", "dist-packages"):
        for root in (
            "/usr/lib",
            "/usr/local/lib",
            "/usr/share",
            sys.prefix,
            str(Path(sys.executable).resolve().parents[1]),
        ):
            yield from (p for p in Path(root).rglob(name) if p.is_dir())
    yield Path("/etc")


def candidates(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".py" and not path.is_symlink():
            try:
                head = path.open(encoding="utf-8", errors="replace").read(65536)
            except OSError:
                continue
            if recognised(named_like(path.as_posix()), head):
                yield path


def main() -> int:
    counts: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        fetched(folder)
        for root in (folder, *dict.fromkeys(installed())):
            for path in candidates(root):
                if path.stat().st_size > 40_000_000:
                    continue  # told as too large; nothing to learn from the second gigabyte
                start = time.monotonic()
                result = review(path.parent, Policy(), (path.name,))
                counts.update(u.technology for u in result.units)
                counts["findings"] += len(result.findings)
                for problem in result.problems:
                    counts["problems"] += 1
                    if "internal error" in problem.hint or not (problem.message and problem.hint):
                        bad += 1
                        print(f"BAD {path}: {problem}")
                if path.name == "api.github.com.json":
                    took = time.monotonic() - start
                    print(f"GitHub's OpenAPI document: {path.stat().st_size / 1e6:.1f} MB, {took:.2f} s")
                    bad += took > GITHUB_SECONDS
        shutil.rmtree(folder, ignore_errors=True)
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    print(f"{bad} bad")
    return 1 if bad or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
