"""Node.js: what the lock file names, without development's packages and without the scripts of packages.

https://docs.npmjs.com/cli/v11/commands/npm-ci, https://docs.npmjs.com/cli/v11/commands/npm-rebuild (how to run the scripts of named packages
only), https://pnpm.io/cli/install, https://classic.yarnpkg.com/en/docs/cli/install.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.harden.image.health import asks, in_javascript
from batten.harden.image.instructions import copy, run
from batten.harden.image.recipe import PLACE, Recipe
from batten.harden.image.starting import words
from batten.harden.intent import Intent
from batten.harden.options import HardenProblem
from batten.harden.program import Program

# The whole, and what is left of it without development's packages.
_INSTALL = {
    "npm": (("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), ("--omit=dev",)),
    "pnpm": (("pnpm", "install", "--frozen-lockfile", "--ignore-scripts"), ("--prod",)),
    "yarn": (
        ("yarn", "install", "--frozen-lockfile", "--ignore-scripts", "--non-interactive"),
        ("--production",),
    ),
}
_NAME = re.compile(r"(?:@[a-z0-9~][\w.~-]*/)?[a-z0-9~][\w.~-]*", re.ASCII | re.IGNORECASE)
_SECRET = "/root/.npmrc"


def recipe(intent: Intent) -> Recipe:
    """Raises HardenProblem."""
    program = intent.program
    secret = _SECRET if program.private else ""
    every, only = _INSTALL[program.installer]
    first = every if program.compiled else (*every, *only)
    return Recipe(
        installing=(copy("package.json", program.file, ".npmrc*"), run(*first, mount=secret)),
        building=tuple(_building(program, secret)),
        carried=(PLACE,),
        # Where distroless has it: https://github.com/GoogleContainerTools/distroless/tree/main/nodejs
        environment={"PATH": "/nodejs/bin:$PATH", "NODE_ENV": "production"},
        start=words(program.start, intent.stack.application.port),
        healthy=("node", "-e", in_javascript(asks(intent))),
        secret=secret,
        notes=tuple(_notes(program)),
    )


def _building(program: Program, secret: str) -> Iterator[str]:
    every, only = _INSTALL[program.installer]
    if program.compiled:
        yield run(program.installer, "run", "build")
        yield run(*every, *only, mount=secret)
    for name in program.installing:
        if not _NAME.fullmatch(name):
            raise HardenProblem(f"'{name[:100]}' is not a name of a package; correct {program.file}")
    if program.installing:
        yield run("pnpm" if program.installer == "pnpm" else "npm", "rebuild", *program.installing)


def _notes(program: Program) -> Iterator[str]:
    if program.installing:
        yield f"install scripts run for {', '.join(program.installing)}, and for no other package"
    if program.installer == "pnpm":
        yield "the image `build` must have pnpm"
    yield "Node.js as a container's first process ends at SIGTERM only where the application handles it; else run with --init"
