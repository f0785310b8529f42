"""Where an API says that it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from urllib.parse import urljoin, urlsplit

from batten.contract.contract import Server
from batten.contract.references import References
from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model import Problem

MOST_PATHS = 64  # base paths of an operation: each is a path of its own to who enforces them
MOST_COMBINATIONS = 4_096  # of a URL's variables
_SCHEME = re.compile(r"\{([^{}]*)\}://")
_VARIABLE = re.compile(r"\{([^{}]*)\}")


def read_servers(holder: dict[str, Plain], place: Place, version: str) -> tuple[Server, ...]:
    """The servers of a document, a path or an operation; none where it names none."""
    if version.startswith("2."):
        return _servers_of_2(holder, place)
    entries = holder.get("servers")
    if not isinstance(entries, list):
        return ()
    found = []
    for index, entry in enumerate(entries):
        url = entry.get("url") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(url, str):
            at = place / "servers" / str(index) / "url"
            variables = entry.get("variables")
            said = entry.get("description")
            found.append(
                Server(
                    _resolved(url, variables),
                    url,
                    at,
                    _settled(url, variables),
                    said if isinstance(said, str) else "",
                    _paths(url, variables),
                    tuple(_schemes(url, variables, place / "servers" / str(index) / "variables")),
                )
            )
    return tuple(found)


def base_paths(
    servers: tuple[Server, ...], references: References, otherwise: tuple[str, ...] = ("",)
) -> tuple[str, ...]:
    """The paths of all servers that are known, at most MOST_PATHS; that there are more is a problem."""
    found = tuple(dict.fromkeys(path for server in servers for path in server.paths))
    if len(found) > MOST_PATHS:
        at = servers[0].place
        message = f"`servers` has {len(found)} base paths; those after the first {MOST_PATHS} are ignored"
        line = references.sources.line(at)
        references.problems.append(
            Problem(
                at.source,
                "read",
                message,
                hint="list fewer servers, or fewer values of their variables",
                line=line,
            )
        )
    return found[:MOST_PATHS] or otherwise


def _paths(url: str, variables: Plain) -> tuple[str, ...]:
    """One for each combination of what its variables may be; one that lists nothing is its default."""
    names = tuple(dict.fromkeys(_VARIABLE.findall(url)))
    declared = variables if isinstance(variables, dict) else {}
    choices = [_values(declared.get(name)) for name in names]
    chosen = islice(product(*choices), MOST_COMBINATIONS)
    paths = (_path(_filled(url, dict(zip(names, values, strict=True)))) for values in chosen)
    found = dict.fromkeys(path for path in paths if path is not None)
    return tuple(found)


def _filled(url: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values[found[1]], url)


def _values(variable: Plain) -> tuple[str, ...]:
    if not isinstance(variable, dict):
        return ()
    listed = variable.get("enum")
    values = (variable.get("default"), *(listed if isinstance(listed, list) else ()))
    return tuple(dict.fromkeys(str(value) for value in values if isinstance(value, (str, int, float))))


def _path(url: str) -> str | None:
    """Of a relative URL, as if the document were at the root of its host."""
    try:
        return urlsplit(urljoin("http://host/", url)).path.rstrip("/")
    except ValueError:
        return None


def _resolved(url: str, variables: Plain) -> str | None:
    for name in _VARIABLE.findall(url):
        variable = variables.get(name) if isinstance(variables, dict) else None
        default = variable.get("default") if isinstance(variable, dict) else None
        if not isinstance(default, (str, int, float)):
            return None
        url = url.replace("{" + name + "}", str(default))
    return url


def _schemes(url: str, variables: Plain, place: Place) -> Iterator[tuple[str, Place]]:
    """The values but the default of a variable that a URL has for its scheme."""
    found = _SCHEME.match(url)
    variable = variables.get(found[1]) if found is not None and isinstance(variables, dict) else None
    listed = variable.get("enum") if isinstance(variable, dict) else None
    if found is None or not isinstance(variable, dict) or not isinstance(listed, list):
        return
    for index, value in enumerate(listed):
        if isinstance(value, str) and value != variable.get("default"):
            yield value, place / found[1] / "enum" / str(index)


def _settled(url: str, variables: Plain) -> bool:
    """Whether the variable that a URL begins with may be one value only."""
    found = _VARIABLE.match(url)
    variable = variables.get(found[1]) if found is not None and isinstance(variables, dict) else None
    choices = variable.get("enum") if isinstance(variable, dict) else None
    return isinstance(choices, list) and len(choices) == 1


def read_schemes_of_2(
    holder: dict[str, Plain], place: Place, document: dict[str, Plain]
) -> tuple[Server, ...]:
    """Where an operation of Swagger 2.0 is that names schemes of its own."""
    if not isinstance(document.get("host"), str) or not isinstance(holder.get("schemes"), list):
        return ()
    own = {"host": document["host"], "basePath": document.get("basePath"), "schemes": holder["schemes"]}
    return _servers_of_2(own, place)


def _servers_of_2(holder: dict[str, Plain], place: Place) -> tuple[Server, ...]:
    """Swagger 2.0 tells schemes, host and base path apart."""
    host, base, schemes = (holder.get(key) for key in ("host", "basePath", "schemes"))
    path = base if isinstance(base, str) else ""
    paths = _paths(path, None)
    if not isinstance(host, str):
        return (Server(path, path, place / "basePath", paths=paths),) if path else ()
    rest = f"//{host}{path}"
    if not isinstance(schemes, list) or not schemes:
        return (Server(rest, rest, place / "host", paths=paths),)
    return tuple(
        Server(f"{scheme}:{rest}", f"{scheme}:{rest}", place / "schemes" / str(index), paths=paths)
        for index, scheme in enumerate(schemes)
    )
