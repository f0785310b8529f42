"""Node.js: what the lock file names, without development's packages and without the scripts of packages.

https://docs.npmjs.com/cli/v11/commands/npm-ci, https://docs.npmjs.com/cli/v11/commands/npm-rebuild (how to run the scripts of named packages
only), https://pnpm.io/cli/install, https://classic.yarnpkg.com/en/docs/cli/install.
"""

from __future__ import annotations

import re

from batten.harden.image.health import asks, in_javascript
from batten.harden.image.instructions import copy, run
from batten.harden.image.recipe import PLACE, Recipe
from batten.harden.image.starting import words
from batten.harden.intent import Intent
from batten.harden.options import HardenProblem

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
    notes: list[str] = []
    if program.installing:
        notes.append(f"install scripts run for {', '.join(program.installing)}, and for no other package")
    if program.installer == "pnpm":
        notes.append("the image `build` must have pnpm")
    notes.append(
        "Node.js as a container's first process ends at SIGTERM only where the application handles it; else run with --init"
    )
    building: list[str] = []
    building_every, building_only = _INSTALL[program.installer]
    if program.compiled:
        building.append(run(program.installer, "run", "build"))
        building.append(run(*building_every, *building_only, mount=secret))
    for name in program.installing:
        if not _NAME.fullmatch(name):
            raise HardenProblem(f"'{name[:100]}' is not a name of a package; correct {program.file}")
    if program.installing:
        building.append(run("pnpm" if program.installer == "pnpm" else "npm", "rebuild", *program.installing))
    return Recipe(
        installing=(copy("package.json", program.file, ".npmrc*"), run(*first, mount=secret)),
        building=tuple(building),
        carried=(PLACE,),
        # Where distroless has it: https://github.com/GoogleContainerTools/distroless/tree/main/nodejs
        environment={"PATH": "/nodejs/bin:$PATH", "NODE_ENV": "production"},
        start=words(program.start, intent.stack.application.port),
        healthy=("node", "-e", in_javascript(asks(intent))),
        secret=secret,
        notes=tuple(notes),
    )
