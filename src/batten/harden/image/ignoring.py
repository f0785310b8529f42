"""The list of what never gets into the build: `.dockerignore`.

https://docs.docker.com/build/concepts/context/#dockerignore-files: the last pattern that fits decides. The names of files with credentials are those that
batten's own readers know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.harden.intent import Intent
from batten.harden.options import HardenProblem
from batten.harden.regions import region

_PATTERN = re.compile(r"[\w@+.-]+(?:/[\w@+.-]+)*(?:/\*\.sql)?|\*\.sql")
# What the steps of the build name beside the lock file.
_NEEDED = {
    "python": ("pyproject.toml", "README.md"),
    "node": ("package.json", ".npmrc"),
    "go": ("go.mod",),
    "java": ("gradle", "gradle.lockfile", "settings.gradle", "settings.gradle.kts"),
}
_DEVELOPMENT = (
    ".github", ".gitlab*", ".circleci", ".vscode", ".idea", ".devcontainer", ".DS_Store", ".batten", "batten.yaml", "batten-harden.lock",
    "Dockerfile*", "Containerfile*", "*.dockerignore", "compose*.y*ml", "docker-compose*.y*ml", "*.log", "*.pid", ".coverage*", "htmlcov", "secrets/**/*password*",
)  # fmt: skip
_MADE = {
    "python": ("__pycache__", "*.py[co]", ".venv", "venv", ".tox", ".nox", ".*_cache", "*.egg-info"),
    "node": ("node_modules", ".npm", ".pnpm-store", ".nyc_output"),
    "go": ("*.test", "*.prof"),
    "java": ("target", ".gradle", "*.class"),
}


def lines(intent: Intent) -> Iterator[str]:
    """Raises HardenProblem for a pattern that would be another."""
    program = intent.program
    if program.include:
        yield "# Only what is named gets in."
        yield "*"
        named = (*program.include, program.file, *_NEEDED[program.language])
        yield from dict.fromkeys(f"!{_pattern(path)}" for path in named)
    yield "# What people and their tools keep in the folder, and what the build makes itself."
    yield from (f"**/{name}" for name in (*_DEVELOPMENT, *_MADE[program.language]))
    yield "# Credentials, keys, and copies of data."
    yield from dict.fromkeys(f"**/{name}" for name in intent.withheld)
    if program.let_in:
        yield "# Of these: what held none when this was written."
    yield from (f"!{_pattern(pattern)}" for pattern in program.let_in)
    yield from region("context", "Your own patterns, which win over those above.")


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text) or ".." in text.split("/"):
        raise HardenProblem(
            f"{text[:200]!r} is not a path for .dockerignore; use letters, digits, '.', '_', '-', '+' and '@'"
        )
    return text
