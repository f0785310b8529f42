"""What commands import: each module costs every run a millisecond or more, so none comes along that is not needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AFTER = """
import sys
from batten.__main__ import run
sys.argv = ["batten", *sys.argv[1:]]
try:
    run()
except SystemExit:
    pass
print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""
FOR_OTHERS = frozenset(
    (
        "cryptography",
        "h11",
        "importlib.metadata",
        "jsonschema_rs",
        "msgspec",
        "socket",
        "sqlite3",
        "ssl",
        "tree_sitter",
        "yaml",
    )
)
ROOMS = frozenset(("batten.contract", "batten.guard", "batten.harden", "batten.live"))


def imported(*arguments: str) -> set[str]:
    call = [sys.executable, "-c", AFTER, *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines())


def of_batten(modules: set[str], package: str) -> set[str]:
    """The parts of a package that were imported."""
    return {m.removeprefix(f"{package}.").partition(".")[0] for m in modules if m.startswith(f"{package}.")}


def test_the_version_is_told_by_the_package_alone() -> None:
    modules = imported("--version")
    assert of_batten(modules, "batten") == {"__main__"}
    assert "click" not in modules


@pytest.mark.parametrize("cache", [(), ("--no-cache",)], ids=["cold", "no cache"])
def test_one_dockerfile_needs_neither_other_readers_nor_other_rooms(
    tmp_path: Path, cache: tuple[str, ...]
) -> None:
    (tmp_path / "Dockerfile").write_text('FROM python:3.13\nCOPY . /app\nCMD ["python", "/app/main.py"]\n')
    modules = imported("review", *cache, str(tmp_path))
    assert "batten.technologies.orchestration.dockerfile.adapter" in modules
    assert sorted((FOR_OTHERS | ROOMS) & modules) == [], (
        "imported for one Dockerfile: import it where it is used (python -X importtime)"
    )
    readers = {m for m in modules if m.startswith("batten.technologies.") and m.endswith(".adapter")}
    assert readers == {"batten.technologies.orchestration.dockerfile.adapter"}
    others = {"fix", "history", "journal", "check", "changes", "environments"} & of_batten(
        modules, "batten.engine"
    )
    others |= {"json", "sarif", "junit", "markdown", "html", "gitlab", "diff"} & of_batten(
        modules, "batten.reports"
    )
    assert sorted(others) == [], (
        "`review` does not need it: import it where it is used (python -X importtime)"
    )
    assert not {"yaml", "hcl", "nginx", "toml", "json"} & of_batten(modules, "batten.formats")
