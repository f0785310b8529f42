"""Python: packages in an environment of their own, which the last stage gets without the programs that made it.

https://pip.pypa.io/en/stable/topics/secure-installs/ (hashes, and no source distributions, whose build requirements have none);
https://docs.astral.sh/uv/guides/integration/docker/; https://python-poetry.org/docs/configuration/.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.image.health import asks, in_python
from batten.harden.image.instructions import copy, run
from batten.harden.image.recipe import PLACE, Recipe
from batten.harden.image.starting import python_listens_inside, words
from batten.harden.intent import Intent
from batten.harden.stack import BASE, BUILD

_ENVIRONMENT = "/venv"
_MAKE = run("python3", "-m", "venv", "--without-pip", _ENVIRONMENT)


def recipe(intent: Intent) -> Recipe:
    """Raises HardenProblem."""
    program = intent.program
    start = words(program.start, intent.stack.application.port)
    installing, building, secret, settings = _INSTALLERS[program.installer](program.private, program.file)
    return Recipe(
        installing=installing,
        building=building,
        building_with=settings,
        carried=(_ENVIRONMENT, PLACE),
        environment={
            "PATH": f"{_ENVIRONMENT}/bin:$PATH",
            "PYTHONPATH": f"{PLACE}:{PLACE}/src",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        },
        start=start,
        healthy=(f"{_ENVIRONMENT}/bin/python", "-c", in_python(asks(intent))),
        secret=secret,
        notes=tuple(_notes(intent, start)),
    )


def _notes(intent: Intent, start: tuple[str, ...]) -> Iterator[str]:
    installer = intent.program.installer
    yield "the last stage has the Python of its base image, with what that brings (the official one has pip)"
    if installer != "pip":
        yield f"the image `build` must have {installer}"
    if intent.images.get(BUILD, "") not in ("", intent.images.get(BASE)):
        yield "the images `build` and `base` must have the same Python at the same path, since the environment of packages links to it"
    if python_listens_inside(start):
        yield (
            f"`{start[0]}` listens on 127.0.0.1, where nothing outside of its container reaches it; bind to 0.0.0.0"
        )


_Steps = tuple[tuple[str, ...], tuple[str, ...], str, dict[str, str]]


def _pip(private: bool, lock_file: str) -> _Steps:
    secret = "/etc/pip.conf" if private else ""
    quiet = ("--no-input", "--disable-pip-version-check", "--root-user-action=ignore")
    exact = ("--no-cache-dir", "--require-hashes", "--requirement", lock_file)
    install = ("python3", "-m", "pip", "--python", _ENVIRONMENT, "install", *quiet, *exact)
    steps = (copy(lock_file), _MAKE, run(*install, mount=secret))
    return steps, (), secret, {"PIP_ONLY_BINARY": ":all:"}


def _uv(private: bool, lock_file: str) -> _Steps:
    secret = "/etc/uv/uv.toml" if private else ""
    sync = ("uv", "sync", "--locked", "--no-dev", "--no-editable")
    steps = (
        copy("pyproject.toml", lock_file),
        run(*sync, "--no-install-project", "--no-build", mount=secret),
    )
    settings = {
        "UV_PROJECT_ENVIRONMENT": _ENVIRONMENT,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
        "UV_NO_CACHE": "1",
    }
    return steps, (run(*sync, mount=secret),), secret, settings


def _poetry(private: bool, lock_file: str) -> _Steps:
    secret = "/root/.config/pypoetry/auth.toml" if private else ""
    install = ("poetry", "install", "--only", "main", "--no-interaction", "--no-cache")
    steps = (copy("pyproject.toml", lock_file), _MAKE, run(*install, "--no-root", mount=secret))
    settings = {"VIRTUAL_ENV": _ENVIRONMENT, "POETRY_INSTALLER_ONLY_BINARY": ":all:"}
    return steps, (run(*install, mount=secret),), secret, settings


_INSTALLERS = {"pip": _pip, "uv": _uv, "poetry": _poetry}
