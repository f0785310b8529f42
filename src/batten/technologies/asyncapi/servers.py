"""Where messages go: `url` and `protocol` in AsyncAPI 2, `host` and `protocol` in 3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.contract.references import References
from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model import UNKNOWN, Setting
from batten.model.record import record
from batten.technologies.asyncapi.protocols import PLAIN, SECURE_PORTS, SPOKEN

_VARIABLE = re.compile(r"\{([^{}]*)\}")


@record
class Server:
    name: str
    protocol: str
    host: str  # "" when a variable decides it
    url: Setting[str]  # at its protocol
    place: Place
    value: dict[str, Plain]


def read_servers(document: dict[str, Plain], root: Place, references: References) -> Iterator[Server]:
    declared, place = references.members(document, root, "servers")
    for name, value in declared.items():
        target = references.follow(value, place / name)
        if target is not None and isinstance(target.value, dict):
            yield _server(name, target.value, target.place, references)


def _server(name: str, value: dict[str, Plain], place: Place, references: References) -> Server:
    protocol = value.get("protocol")
    word = protocol.lower() if isinstance(protocol, str) else ""
    written = value.get("host", value.get("url"))
    scheme, host, port = _address(_resolved(written if isinstance(written, str) else "", value))
    at = references.sources.value(place / "protocol") if word else references.sources.block(place)
    decided = word in PLAIN and host and port not in SECURE_PORTS and scheme in ("", word, SPOKEN.get(word))
    if decided or (word and word not in PLAIN and "{" not in word):
        return Server(
            name, word, host, Setting(f"{SPOKEN.get(word, word)}://{_authority(host)}", at), place, value
        )
    return Server(name, word, host, Setting(UNKNOWN, at), place, value)


def _resolved(text: str, value: dict[str, Plain]) -> str:
    """With the defaults of its variables; a whole host that is a variable is the deployment's to say."""
    bare = text.partition("://")[2] or text
    if re.match(r"\{[^{}]*\}(?:[:/]|$)", bare):
        return ""
    variables = value.get("variables")
    for name in _VARIABLE.findall(text):
        variable = variables.get(name) if isinstance(variables, dict) else None
        default = variable.get("default") if isinstance(variable, dict) else None
        text = text.replace("{" + name + "}", str(default) if isinstance(default, (str, int)) else "{}")
    return "" if "{" in (text.partition("://")[2] or text).partition("/")[0] else text


def _address(url: str) -> tuple[str, str, int]:
    """The scheme ("" when none is written), host and port (0)."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        return parts.scheme.lower(), parts.hostname or "", parts.port or 0
    except ValueError:
        return "", "", 0


def _authority(host: str) -> str:
    return f"[{host}]" if ":" in host else host
