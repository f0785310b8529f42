"""Instructions of a Dockerfile, in forms in which no text of others can become another instruction.

https://docs.docker.com/reference/dockerfile/: an array in JSON is passed as it is, without a shell and without variables in RUN,
CMD and HEALTHCHECK; COPY replaces variables in an array, too, so its paths are of harmless characters only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from batten.harden.options import HardenProblem

_PATH = re.compile(r"[\w./*-]+", re.ASCII)


def array(words: Iterable[str]) -> str:
    """ASCII, on one line."""
    return json.dumps(list(words))


def run(*words: str, mount: str = "") -> str:
    """`mount` is the place of the secret with the registry's credentials, "" where there is none."""
    flag = f"--mount=type=secret,id={SECRET},target={mount},required=true " if mount else ""
    return f"RUN {flag}{array(words)}"


def copy(*paths: str, to: str = "./", stage: str = "") -> str:
    """Raises HardenProblem for a path with other characters."""
    for path in (*paths, to):
        if not _PATH.fullmatch(path):
            raise HardenProblem(
                f"'{path}' cannot be named in a Dockerfile; use letters, digits, '.', '_' and '-'"
            )
    flags = f"--from={stage} --chown=0:0 " if stage else ""
    return f"COPY {flags}{array((*paths, to))}"


def heredoc(text: str, to: str) -> str:
    """A file of ours in a build stage."""
    return f"COPY <<'END' {to}\n{text.rstrip()}\nEND\n"


SECRET = "packages"
