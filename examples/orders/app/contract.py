"""What the application takes from its own contract, so that it cannot say something else."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml

from app.settings import settings

VERBS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(settings.contract.read_text(encoding="utf-8"))
    return loaded


@cache
def image_base() -> str:
    """The URL that product images are linked by: the server of the contract's image path."""
    server: str = document()["paths"]["/images/{name}"]["servers"][0]["url"]
    return f"{server}/images"


@cache
def padding(method: str, path: str) -> int:
    """The number of bytes an answer is filled up to a multiple of; 0 leaves it as it is."""
    return int(document()["paths"][path][method].get("x-batten-padding", 0))


def allowed(path: str) -> tuple[str, ...]:
    """The verbs that the contract gives a path, in upper case; none when it does not know the path."""
    for template, item in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return tuple(verb.upper() for verb in VERBS if verb in item)
    return ()
