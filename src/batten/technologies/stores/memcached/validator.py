"""Memcached's own word on its options: it reads them in their order, and stops at `-V` when it knows them all."""

from __future__ import annotations

from batten.cell import Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace
from batten.formats.option_words import parse_words
from batten.model import Problem
from batten.technologies import Unit, Verdict

BOUNDS = Bounds(seconds=3.0, processor=3)


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What the server has against the options; True when it knows them, False when no server is installed."""
    program = installed("memcached", beside=("/usr/sbin", "/usr/local/bin"))
    if program is None:
        return False
    lines = workspace.document(unit.main, parse_words).tree
    words = [w.text for line in lines for w in line.words if line.variable in ("", "OPTIONS")]
    # The words without those of Debian's wrapper, and without files that would be opened while options are read.
    without_kept: list[str] = []
    number = 0
    while number < len(words):
        word = words[number]
        if not word.startswith("-") and (number == 0 or words[number - 1][:1] != "-"):
            number += 1
        elif word in ("-Y", "--auth-file", "-e", "--memory-file", "-d", "-r"):
            number += 2 if word in ("-Y", "--auth-file", "-e", "--memory-file") else 1
        else:
            without_kept.append(word)
            number += 1
    kept = without_kept
    answer = run(Order(program, (*kept, "-V"), bounds=BOUNDS))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code == 0:
        return True
    said = [line.strip() for line in answer.errors.splitlines() if line.strip()]
    if not said:
        return undecided("memcached", answer.errors)
    hint = "nothing was written; check it with memcached and these options"
    return Problem(unit.main, "fix", f"memcached rejects it: {said[0]}", hint=hint)
