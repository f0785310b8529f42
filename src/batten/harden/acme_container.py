"""The client of ACME in a container of its own, beside an edge that has none built in: certbot, which an endless script starts; and
how such an edge sees in its own container that its certificate has changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace

from batten.harden.acme import CHAIN, ITSELF, KEY, Acme
from batten.harden.acme_client import HOOK, command, hook
from batten.harden.edge import Edge
from batten.harden.images import STARTS
from batten.harden.options import Target
from batten.harden.stack import CLIENT, Stack
from batten.harden.units import REMARK

PLACE, FOLDER, SECRETS = "/etc/acme", "/acme", "/run/secrets/edge"
USER = 10_004
RENEW, START = "renew.sh", "start.sh"
PORT = 8089  # where it answers challenges
READS_FILES = ("nginx",)  # engines that answer challenges from a folder
RELOADS = {"nginx": ("HUP", "QUIT"), "haproxy": ("USR2", "USR1")}  # signals: read all again, end in order
FIRST, AGAIN, AFTER_FAILURE, WATCH = 60, 43_200, 3_600, 60  # seconds: authorities count failures by the hour


def is_beside(stack: Stack, acme: Acme | None) -> bool:
    return acme is not None and stack.edge not in ITSELF


def placed(acme: Acme) -> Acme:
    """As the edge knows it."""
    return replace(acme, folder=FOLDER, responder=Target(False, CLIENT, PORT))


def files(stack: Stack, edge: Edge, acme: Acme) -> dict[str, str]:
    """By their paths below the project."""
    made = {f"{CLIENT}/{RENEW}": _script(_renewing(stack, edge, acme)), f"{CLIENT}/{HOOK}": hook(acme.served)}
    if stack.edge in RELOADS:
        made[f"edge/{START}"] = starting(stack.edge, f"{acme.served}/{CHAIN}")
    return made


def starting(engine: str, certificate: str) -> str:
    """A script that starts an edge, and has it read its certificate again when that has changed."""
    return _script(_starting(engine, certificate))


def _script(lines: Iterator[str]) -> str:
    return "\n".join(("#!/bin/sh", REMARK, *lines)) + "\n"


def _renewing(stack: Stack, edge: Edge, acme: Acme) -> Iterator[str]:
    everywhere = replace(acme, responder=Target(False, "0.0.0.0", PORT))
    words = command(everywhere, edge.names, stack.edge in READS_FILES, f"/bin/sh {PLACE}/{HOOK}")
    yield "# Gets the edge's certificate, and renews it: asks twice a day, and does nothing while most of its life is left."
    yield "set -u"
    yield "umask 077"
    yield "trap 'exit 0' TERM INT"
    yield f"for file in {KEY} {CHAIN}; do"
    yield f'    [ -s "{acme.served}/$file" ] || install -m 0640 "{SECRETS}/$file" "{acme.served}/$file" || exit 1'
    yield "done"
    yield f"pause={FIRST}"
    yield "while :; do"
    yield '    sleep "$pause" &'
    yield '    wait "$!"'
    yield f"    if certbot {' '.join(map(shlex.quote, words))}; then pause={AGAIN}; else pause={AFTER_FAILURE}; fi"
    yield "done"


def _starting(engine: str, certificate: str) -> Iterator[str]:
    again, end = RELOADS[engine]
    yield f"# Starts {engine}, and has it read its certificate again when that has changed."
    yield "set -u"
    yield f"{' '.join(map(shlex.quote, STARTS[engine]))} &"
    yield "edge=$!"
    yield f"trap 'kill -s {end} \"$edge\"' TERM INT QUIT USR1"
    yield "("
    yield f"    seen=$(cksum < {certificate})"
    yield f"    while sleep {WATCH}; do"
    yield f"        now=$(cksum < {certificate}) || continue"
    yield '        [ "$now" = "$seen" ] && continue'
    yield f'        kill -s {again} "$edge" && seen=$now'
    yield "    done"
    yield ") &"
    yield "watching=$!"
    yield "while :; do"
    yield '    wait "$edge"'
    yield "    code=$?"
    yield '    kill -0 "$edge" 2> /dev/null || break'
    yield "done"
    yield 'kill "$watching"'
    yield 'exit "$code"'
