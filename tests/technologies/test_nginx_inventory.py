"""The inventory of nginx against what an installed nginx knows, and what a file's directives are called."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

from batten.formats import Workspace
from batten.technologies import Unit
from batten.technologies.edges.nginx.adapter import settings
from batten.technologies.edges.nginx.validator import nginx
from batten.technologies.shared.inventory import inventory
from needs import needs

# Names of what is no directive: functions, variables and sections of libraries.
_OTHERS = re.compile(
    r"ngx_|pcre2|pthread_|sched_|posix_|sem_|sent_|upstream_|debug_|getaddr|ssl_client_|proxy_protocol_|http_\w*"
)


def _listed(name: str) -> bool:
    found = inventory("nginx")
    assert found is not None
    return any(
        one.name == name or ("*" in one.name and fnmatchcase(name, one.name)) for one in found.settings
    )


@needs("nginx", nginx())
def test_nginx_knows_no_directive_that_is_not_listed(tmp_path: Path) -> None:
    program = nginx()
    held = re.findall(rb"(?<=\0)([a-z]+_[a-z0-9_]{1,40})(?=\0)", Path(program[0]).read_bytes())
    names = sorted({one.decode() for one in held if not _OTHERS.match(one.decode())})
    unlisted = [name for name in names if not _listed(name)]
    assert len(names) > 400 and len(unlisted) < 150
    assert [name for name in unlisted if _is_directive(program, name, tmp_path)] == []


def _is_directive(program: list[str], name: str, folder: Path) -> bool:
    """nginx says "unknown directive" of what is none in any context."""
    file = folder / "nginx.conf"
    file.write_text(f"events {{}}\nhttp {{ server {{ location / {{ {name}; }} }} }}\n")
    command = [*program, "-t", "-q", "-p", str(folder), "-c", str(file), "-e", "stderr"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return "unknown directive" not in asked.stderr


def test_settings_are_named_with_their_places() -> None:
    text = "server {\n    ssi on;\n    location / {\n        proxy_method POST;\n    }\n}\n"
    found = list(settings(Unit("nginx", ("a.conf",)), Workspace("/nonexistent", {"a.conf": text})))
    assert [name for name, _ in found] == ["server", "ssi", "location", "proxy_method"]
    place = found[1][1].span
    assert place is not None
    assert text[place.start : place.end] == "ssi on;"
