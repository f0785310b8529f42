"""Where each technology's folder is: a technology has one name, and stands in one wing."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

_SHARED = "shared"


@cache
def packages() -> dict[str, str]:
    """The package of each technology by its name, in the order of names."""
    above = import_module("batten.technologies")
    wings = [wing.name for wing in iter_modules(above.__path__) if wing.ispkg and wing.name != _SHARED]
    found = {
        module.name: f"{above.__name__}.{wing}.{module.name}"
        for wing in wings
        for module in iter_modules([f"{path}/{wing}" for path in above.__path__])
        if module.ispkg and not module.name.startswith("_")
    }
    return dict(sorted(found.items()))


def package_of(technology: str) -> str:
    """Raises ModuleNotFoundError for a name that no folder has."""
    if technology not in packages():
        raise ModuleNotFoundError(f"no folder of batten.technologies is named {technology}")
    return packages()[technology]


def folder_of(technology: str) -> str:
    """Its folder below that of batten: `technologies/edges/nginx`. Raises ModuleNotFoundError as `package_of` does."""
    return package_of(technology).partition(".")[2].replace(".", "/")
