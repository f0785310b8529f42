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
from batten.technologies.contracts.asyncapi.protocols import PLAIN, SECURE_PORTS, SPOKEN

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
            server_value = target.value
            server_place = target.place
            protocol = server_value.get("protocol")
            word = protocol.lower() if isinstance(protocol, str) else ""
            written = server_value.get("host", server_value.get("url"))
            # The scheme ("" when none is written), host and port (0).
            # With the defaults of its variables; a whole host that is a variable is the deployment's to say.
            text = written if isinstance(written, str) else ""
            bare = text.partition("://")[2] or text
            if re.match(r"\{[^{}]*\}(?:[:/]|$)", bare):
                url = ""
            else:
                variables = server_value.get("variables")
                for resolved_name in _VARIABLE.findall(text):
                    variable = variables.get(resolved_name) if isinstance(variables, dict) else None
                    default = variable.get("default") if isinstance(variable, dict) else None
                    text = text.replace(
                        "{" + resolved_name + "}", str(default) if isinstance(default, (str, int)) else "{}"
                    )
                url = "" if "{" in (text.partition("://")[2] or text).partition("/")[0] else text
            try:
                parts = urlsplit(url if "://" in url else f"//{url}")
                scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port or 0
            except ValueError:
                scheme, host, port = "", "", 0
            at = (
                references.sources.value(server_place / "protocol")
                if word
                else references.sources.block(server_place)
            )
            decided = (
                word in PLAIN and host and port not in SECURE_PORTS and scheme in ("", word, SPOKEN.get(word))
            )
            if decided or (word and word not in PLAIN and "{" not in word):
                authority = f"[{host}]" if ":" in host else host
                server = Server(
                    name,
                    word,
                    host,
                    Setting(f"{SPOKEN.get(word, word)}://{authority}", at),
                    server_place,
                    server_value,
                )
            else:
                server = Server(name, word, host, Setting(UNKNOWN, at), server_place, server_value)
            yield server
