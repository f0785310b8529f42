"""Go: one static binary, and nothing else in the last stage but its base.

https://pkg.go.dev/cmd/go (-trimpath, -buildvcs), https://go.dev/ref/mod#go-mod-verify, https://go.dev/doc/toolchain (GOTOOLCHAIN).
"""

from __future__ import annotations

import re

from batten.harden.image.health import asks, in_go
from batten.harden.image.instructions import copy, heredoc, run
from batten.harden.image.recipe import Recipe
from batten.harden.image.starting import words
from batten.harden.intent import Intent
from batten.harden.options import HardenProblem

_PACKAGE = re.compile(r"\.(?:/[\w.~-]+)*/?")
_PROGRAM, _HEALTH = "/out/app", "/out/health"
_BUILD = ("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o")


def recipe(intent: Intent) -> Recipe:
    """The first word of the start command is the package that is built. Raises HardenProblem."""
    program = intent.program
    package, *rest = words(program.start, intent.stack.application.port)
    if not _PACKAGE.fullmatch(package):
        raise HardenProblem(
            f'{package[:200]!r} is not a package of this module; pass --start "./cmd/server WORD …"'
        )
    secret = "/root/.netrc" if program.private else ""
    modules = ("go.mod",) if program.file == "go.mod" else ("go.mod", "go.sum")
    return Recipe(
        installing=(
            copy(*modules),
            run("go", "mod", "download", mount=secret),
            run("go", "mod", "verify"),
            heredoc(in_go(asks(intent)), "/health/main.go"),
            run(*_BUILD, _HEALTH, "/health/main.go"),
        ),
        building=(run(*_BUILD, _PROGRAM, package),),
        building_with={"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"},
        carried=(_PROGRAM, _HEALTH),
        start=(_PROGRAM, *rest),
        healthy=(_HEALTH,),
        secret=secret,
        notes=(
            f"the image has the program ({_PROGRAM}) and none of the folder's files; embed what it reads (go:embed)",
        ),
    )
