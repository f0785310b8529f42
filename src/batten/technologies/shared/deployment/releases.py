"""What a script builds and publishes: folders and files of images and charts.

Sources: https://docs.docker.com/reference/cli/docker/buildx/build/, https://helm.sh/docs/helm/helm_package/
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

_COMMAND = re.compile(
    r"(?<![\w./-])(?:(?P<build>(?:docker|podman)(?:[ \t]+buildx|[ \t]+image)?[ \t]+build|buildah[ \t]+(?:bud|build))"
    r"|(?P<chart>helm[ \t]+package))(?=[ \t])(?P<words>[^\n;&|]*)"
)
_PUSHES = re.compile(
    r"(?<![\w./-])(?:(?:docker|podman|buildah)(?:[ \t]+image)?[ \t]+push|helm[ \t]+push|cr[ \t]+upload)\b"
)
_CONTINUED = re.compile(r"\\\r?\n")
_FILE = ("-f", "--file")
# Options of `docker build` and `helm package` that are whole by themselves; each of the others takes the word after it.
_ALONE = re.compile(
    r"--[\w-]+=.*|-q|--(?:push|load|pull|no-cache|quiet|rm|force-rm|squash|compress|debug|sign|dependency-update)|-u|-"
)


def published(script: str) -> Iterator[str]:
    """The folders that a script builds images and charts from, as it names them, where the same script publishes some."""
    text = _CONTINUED.sub(" ", script)
    pushes = _PUSHES.search(text) is not None
    for found in _COMMAND.finditer(text):
        try:
            words = shlex.split(found["words"], comments=True)
        except ValueError:
            continue  # a quote that another line closes
        if pushes or "--push" in words:
            yield from _charts(words) if found["chart"] else _image(words)


def folder_of(context: str, file: str) -> str:
    """The folder that an image is a release of: its Dockerfile's, else its context."""
    return posixpath.dirname(file) if file else context


def _image(words: list[str]) -> Iterator[str]:
    file, context = "", ""
    rest = iter(words)
    for word in rest:
        option, sign, value = word.partition("=")
        if option in _FILE:
            file = value if sign else next(rest, "")
        elif word.startswith("-") and not _ALONE.fullmatch(word):
            next(rest, "")
        elif not word.startswith("-"):
            context = word
    yield folder_of(context, file)


def _charts(words: list[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if word.startswith("-") and not _ALONE.fullmatch(word):
            next(rest, "")
        elif not word.startswith("-"):
            yield word
