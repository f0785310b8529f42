"""Asks one validator about one file below this folder, and prints its verdict. `stands` gives it the file as it stands,
`nothing` does so without a cell."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from batten.cell.trust import trusting
from batten.formats import Workspace
from batten.technologies import Unit
from batten.technologies._wings import package_of

technology, name, manner = sys.argv[1:]
validator: Any = import_module(f"{package_of(technology)}.validator")
if manner != "rewritten":
    # The first wall taken away: only the cell is left.
    if technology == "envoy":
        validator.code.without = lambda bootstrap: bootstrap
        validator._here = lambda value, name="", above="": value
    elif technology == "apache":
        validator._harmless = lambda file, workspace: ()
        validator._testable = lambda item: ()
    elif technology == "redis":
        validator._alone = lambda path, workspace: workspace.text(path).text
    elif technology == "cloudformation":
        validator._LOADING = type("Never", (), {"sub": staticmethod(lambda _, text: text)})
    elif technology == "caddy":
        validator._testable = lambda item: ()
        validator._quiet_json = lambda text: text.encode()
    else:
        validator._testable = lambda item, *more: None if technology == "nginx" else ()
if hasattr(validator, "BOUNDS"):
    validator.BOUNDS = replace(validator.BOUNDS, seconds=120.0)  # a busy machine is late
with trusting(manner == "nothing"):
    print(validator.validate(Unit(technology, (name,)), Workspace(Path.cwd())))
