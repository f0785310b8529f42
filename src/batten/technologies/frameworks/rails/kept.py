"""The files that Rails reads beside its code: connections of databases and cables, secrets, and keys of credentials.

Sources: https://guides.rubyonrails.org/configuring.html#configuring-a-database, https://guides.rubyonrails.org/security.html#custom-credentials.
`secret_key_base` of secrets.yml signs and encrypts all that clients keep. They are YAML that ERB fills in: what it fills in is not known here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Mapping, Workspace, yaml
from batten.formats.gitignore import kept_out
from batten.formats.lines import stands_alone
from batten.formats.tree import Node
from batten.model import Context, Location, Span
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.settings.forms import flat
from batten.technologies.shared.settings.settings import Entry

_VISIBLE = re.compile(r"\S")
_KEY = re.compile(r"[0-9a-f]{32,64}")
_SCHEMES = {"postgresql": "postgresql", "postgis": "postgresql", "mysql2": "mysql", "trilogy": "mysql"}
_UNSURE = ("sslca", "sslrootcert", "sslcert", "service", "ssl")


def kept(path: str, workspace: Workspace) -> Iterator[Fact]:
    """What one of these files holds. Raises SyntaxProblem and Unreadable."""
    if path.endswith(".key"):
        yield from _key(path, workspace)
        return
    tree = workspace.document(path, _parsed).tree
    if not isinstance(tree, Mapping):
        return
    given = sorted(flat(path, tree), key=lambda one: _context(one.key) is not None)
    met: set[Span | None] = set()  # an anchor's value is in each section that it is merged into
    for one in given:
        if one.at.span not in met:
            met.add(one.at.span)
            yield from _held(one)
    # The server of a database, with the mode in which its library uses TLS.
    seen: set[Span | None] = set()
    grouped: dict[str, dict[str, Entry]] = {}
    for key, databases_one in {one.key: one for one in given}.items():
        above, _, name = key.rpartition(".")
        grouped.setdefault(above, {})[name] = databases_one
    for near in grouped.values():
        host, adapter = near.get("host"), near.get("adapter")
        scheme = _SCHEMES.get(adapter.value) if adapter is not None else None
        if scheme is None or host is None or host.at.span in seen:
            continue
        mode = near.get("sslmode") or near.get("ssl_mode")
        unsure = host.templated or host.value.startswith(("/", "$")) or (mode is not None and mode.templated)
        if unsure or (mode is None and not near.keys().isdisjoint(_UNSURE)):
            continue
        seen.add(host.at.span)
        query = f"?sslmode={mode.value.lower()}" if mode is not None and "$" not in mode.value else ""
        connection = urls.connection("database", f"{scheme}://app@{host.value}/db{query}", _placed(host))
        if connection is not None:
            yield connection


def _parsed(text: str) -> Node:
    """A line that is ERB alone is a comment, and what it fills in a word that something else decides."""
    parts: list[str] = []
    end = 0
    while (start := text.find("<%", end)) >= 0 and (close := text.find("%>", start)) >= 0:
        parts.append(text[end:start])
        end = close + 2
        alone = stands_alone(text, Span(start, end))
        parts.append(("#" if alone else "$") + _VISIBLE.sub("_", text[start + 1 : end]))
    return yaml.parse("".join((*parts, text[end:])))


def _context(key: str) -> Context | None:
    found = Context.named(key.partition(".")[0])
    return found if found in (Context.DEVELOPMENT, Context.TEST) else None


def _placed(given: Entry) -> Location:
    return Location(given.at.source, given.key, given.at.span, context=_context(given.key))


def _held(given: Entry) -> Iterator[Fact]:
    if given.templated or "$_" in given.value or not given.value:
        return
    at, name = _placed(given), given.key.rpartition(".")[2]
    found = credentials.found(name, given.value)
    if found is not None:
        yield credentials.in_config(at, name, found)
    connection = (
        urls.connection(name, given.value, at) if not given.value.lower().startswith("http") else None
    )
    if connection is not None:
        yield connection


def _key(path: str, workspace: Workspace) -> Iterator[Fact]:
    """The key that decrypts `credentials.yml.enc`."""
    text = workspace.text(path).text
    value = text.strip()
    if not _KEY.fullmatch(value):
        return
    found = credentials.found("MASTER_KEY", value) or credentials.Found("key", signs=True)
    start = text.index(value)
    at = Location(path, posixpath.basename(path), Span(start, start + len(value)))
    yield credentials.secret(at, posixpath.basename(path), found, "config", not kept_out(path, workspace))
