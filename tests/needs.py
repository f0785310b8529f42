"""What a test needs beside Python's own: by its name, and how to get it.

Where it is not installed, the test is skipped with that name; in CI (`CI=true`) it fails, so that nothing is left untested
there without anybody seeing it.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest

SERVERS = "run tools/servers.sh"
PACKAGES = "run tools/install.sh dev"


def needs(name: str, there: object, how: str = SERVERS) -> pytest.MarkDecorator:
    """Marks tests that need what is `there`, or is not (conftest.py)."""
    return pytest.mark.needs(name, bool(there), how)


def without(name: str, how: str = SERVERS) -> NoReturn:
    """Ends a test that cannot do without."""
    said = f"{name} is not installed: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(said, pytrace=False)
    pytest.skip(said)


def program(name: str, *others: str) -> str:
    """The path of a program, by one of its names; the test needs it."""
    return where(name, *others) or without(name)


def where(*names: str) -> str:
    """The path of the first of these programs that is here; "" when none is."""
    places = (os.environ.get("PATH", os.defpath), "/usr/sbin", str(Path(sys.executable).parent))
    path = os.pathsep.join(places)
    return next((place for name in names if (place := shutil.which(name, path=path))), "")


def package(name: str) -> Any:
    """The module of a Python package; the test needs it."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        without(name.partition(".")[0], PACKAGES)
