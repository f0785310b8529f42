"""Every journey behind an edge, and `batten fix` of its files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from chrome import Browser
from edges import EDGES, started
from journeys import JOURNEYS, Journey
from places import Edge, Place
from play import Seen, play

from proofs import PROOF


def fix(folder: Path, *options: str) -> str:
    """What `batten fix` says of a folder, and does to it."""
    command = [sys.executable, "-m", "batten", "fix", ".", "--verbose", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1) and not done.stderr, done.stdout + done.stderr
    return done.stdout


def fixed(said: str) -> list[tuple[str, str]]:
    """What a run of `batten fix` wrote: controls with the titles of their fixes."""
    return re.findall(r"^fixed +\S+ +([\w-]+): (.*)$", said, re.MULTILINE)


def plays(name: str) -> list[tuple[Journey, str]]:
    """Each journey with the scheme that it is played over."""
    schemes = ("https", "http") if PROOF else ("https",)
    return [
        (j, scheme)
        for j in JOURNEYS
        for scheme in schemes
        if not (j.secure and scheme == "http")
        and (EDGES[name].serves_files or j.host not in ("files.test", "fpm.test"))
    ]


def visit(edge: Edge, at: Place, browser: Browser, chosen: list[tuple[Journey, str]]) -> list[Seen]:
    with started(edge, at):
        return [play(browser, j, at, scheme) for j, scheme in chosen]


def sound(chosen: list[tuple[Journey, str]], seen: list[Seen]) -> None:
    """What is broken before any fix shows nothing of it."""
    for (journey, scheme), one in zip(chosen, seen, strict=True):
        assert one.whole() and not one.trouble, f"{journey.name} over {scheme}: {one.steps}, {one.trouble}"
