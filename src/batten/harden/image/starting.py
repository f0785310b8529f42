"""The start command: the words that the image starts, without a shell."""

from __future__ import annotations

import re
import shlex

from batten.harden.options import HardenProblem

_PORT = re.compile(r"\$(?:PORT\b|\{PORT(?::?-\d{1,5})?\})")
_OPERATOR = re.compile(r"[();<>|&]+")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_SHELLS = ("sh", "bash", "dash", "ash", "zsh")
_HOW = 'pass --start "PROGRAM WORD …"'


def words(start: str, port: int) -> tuple[str, ...]:
    """`$PORT` becomes the application's port; whatever else a shell would do is refused. Raises HardenProblem."""
    found = split(_PORT.sub(str(port), start))
    if not found:
        raise HardenProblem(f"the start command is not known; {_HOW}")
    if any(map(_OPERATOR.fullmatch, found)) or "`" in start:
        raise _wrong(start, "needs a shell, which would not pass signals on")
    if "$" in "".join(found):
        raise _wrong(start, "uses a variable, which nothing replaces without a shell")
    if _ASSIGNED.match(found[0]):
        raise _wrong(start, "sets a variable; set it where the image is run")
    if found[0].rpartition("/")[2] in _SHELLS:
        raise _wrong(start, "starts a shell, which would not pass signals on")
    if found[0].startswith("-"):
        raise _wrong(start, "begins with an option")
    return found


def split(start: str) -> tuple[str, ...]:
    """As a shell splits it, operators apart. Raises HardenProblem."""
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in start):
        raise _wrong(start, "has a control character")
    reader = shlex.shlex(start, posix=True, punctuation_chars=True)
    reader.whitespace_split, reader.commenters = True, ""
    try:
        return tuple(reader)
    except ValueError as error:
        raise _wrong(start, "has a quote that is not closed") from error


def _wrong(start: str, why: str) -> HardenProblem:
    return HardenProblem(f"the start command {start[:200]!r} {why}; {_HOW}")


def python_listens_inside(found: tuple[str, ...]) -> bool:
    """Whether a server of Python would listen where no other container reaches it: without an address uvicorn and Hypercorn
    take 127.0.0.1; Gunicorn takes all addresses where PORT is set, as it is in the image."""
    server = next((word.rpartition("/")[2] for word in found if word.rpartition("/")[2] in _SERVERS), "")
    options = _SERVERS.get(server, ())
    given = [(word, after) for word, after in zip(found, (*found[1:], ""), strict=True)]
    values = [word.partition("=")[2] or after for word, after in given if word.partition("=")[0] in options]
    if not server:
        return False
    if not values:
        return server != "gunicorn"
    return any(value.startswith(("127.", "localhost", "[::1]", "::1")) for value in values)


_SERVERS = {"uvicorn": ("--host",), "hypercorn": ("-b", "--bind"), "gunicorn": ("-b", "--bind")}
