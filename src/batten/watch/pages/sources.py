"""The settings of an environment's source as a form shows them: the names are those of `assess/sources.py`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from batten.model.record import record
from batten.watch.model import Source
from batten.watch.pages.forms import Form

PREFIX = "source."  # of a setting's name in the form


class Shape(Enum):
    LINE = "line"
    LINES = "lines"
    FLAG = "flag"


@record(kw_only=True)
class Entry:
    """One setting of a form."""

    name: str
    label: str
    hint: str = ""
    shape: Shape = Shape.LINE
    required: bool = False


_CONTRACT = "The text of the OpenAPI document, or its path on the API"
SOURCES = MappingProxyType(
    {
        Source.LIVE: "A running API is probed at its URL.",
        Source.REPOSITORY: "Files of a git repository are reviewed, and an environment of its batten.yaml is probed.",
        Source.PUSHED: "CI sends the reports of `batten check --push`.",
        Source.TRAFFIC: "Traffic that a guard recorded is compared with the contract.",
    }
)
ENTRIES: Mapping[Source, tuple[Entry, ...]] = MappingProxyType(
    {
        Source.LIVE: (
            Entry(name="url", label="URL", hint="https://api.example.com", required=True),
            Entry(name="plain", label="URL of plain HTTP", hint="http://api.example.com, where it listens there, too"),
            Entry(name="contract", label="Contract", hint=_CONTRACT, shape=Shape.LINES),
            Entry(name="origins", label="Allowed origins", hint="Web origins that may read responses, with blanks between"),
            Entry(name="stores", label="Stores", hint="host:port of databases and caches, with blanks between"),
            Entry(name="tls", label="TLS services", hint="host:port of other services with TLS, with blanks between"),
            Entry(name="headers", label="Headers", hint="One a line, as `Authorization: Bearer ${TARGET_TOKEN}`; the worker's environment has the value", shape=Shape.LINES),
            Entry(name="rate", label="Requests a second", hint="50 without a number"),
            Entry(name="budget", label="Requests of one run", hint="2000 without a number"),
            Entry(name="timeout", label="Seconds for one answer", hint="10 without a number"),
            Entry(name="active", label="Send requests that a server must refuse", shape=Shape.FLAG),
        ),
        Source.REPOSITORY: (
            Entry(name="url", label="Repository", hint="https://git.example.com/orders.git, ssh://… or a folder that the operator named", required=True),
            Entry(name="ref", label="Branch, tag or commit", hint="HEAD without one"),
            Entry(name="folder", label="Folder", hint="Of the repository; all of it without one"),
            Entry(name="environment", label="Environment of its batten.yaml", hint="Is probed, too; none without one"),
            Entry(name="allow", label="Hosts that may be probed", hint="api.example.com is HTTPS at port 443; http://api.example.com:8080; with blanks between"),
            Entry(name="token", label="Variable with a token", hint="TARGET_GIT_TOKEN, in the worker's environment, for https"),
            Entry(name="key", label="Private key file", hint="Of the worker, for ssh"),
            Entry(name="hosts", label="known_hosts file", hint="Of the worker, for ssh"),
            Entry(name="variables", label="Variables", hint="Names that its batten.yaml may use, with blanks between"),
        ),
        Source.PUSHED: (Entry(name="environment", label="Environment in the reports", hint="The stage's name without one"),),
        Source.TRAFFIC: (
            Entry(name="file", label="Traffic file", hint="A file below traffic/ of the data folder", required=True),
            Entry(name="contract", label="Contract", hint="The text of the OpenAPI document", shape=Shape.LINES, required=True),
        ),
    }
)  # fmt: skip


def settings_of(source: Source, form: Form) -> dict[str, str]:
    """What a form says of a source; what is empty is left out."""
    given = {
        entry.name: form.get(PREFIX + entry.name, "").replace("\r\n", "\n").strip()
        for entry in ENTRIES[source]
    }
    return {name: value for name, value in given.items() if value}
