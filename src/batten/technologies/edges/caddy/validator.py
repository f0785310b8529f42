"""Caddy's own verdict: `caddy validate` on a copy that can be loaded anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from batten.cell import COPY, MIB, ROOM, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.formats.tree import Plain
from batten.model import Edit, Problem
from batten.technologies import Unit, Verdict
from batten.technologies.edges.caddy.native import reading as native
from batten.technologies.edges.caddy.tree import Item, Tree, load
from batten.technologies.shared.transport.x509 import self_signed

BOUNDS = Bounds(seconds=10.0, processor=10, memory=2048 * MIB)
_LINE = re.compile(r"(?P<file>[^\s:]*):(?P<line>\d+)(?::| -)")
# The tester's Caddy is of another version or lacks a plug-in, a file or a name: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"module not registered|not a registered directive|unrecognized (?:directive|global option|servers? option|subdirective)|getting module named"
    r"|no such file|permission denied|file to import not found|unknown (?:field|module)|wrong argument count"
    r"|listen|lookup|loading certificate|not supported",
    re.IGNORECASE,
)
# Names that changed: 2.8 calls basicauth basic_auth, and skip_log log_skip.
_RENAMED = {"basic_auth": "basicauth", "log_skip": "skip_log"}
_FILES = ("trusted_ca_cert_file", "trusted_leaf_cert_file", "tls_trusted_ca_certs", "acme_ca_root")


def caddy() -> str:
    """Where Caddy is installed here; "" when it is not."""
    return str(installed("caddy", beside=("/usr/local/bin", "/usr/bin")) or "")


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What Caddy has against the configuration; True when nothing, False when it is not installed."""
    command = caddy()
    if not command:
        return False
    if native.is_native(unit.main):
        files = {"caddy.json": _quiet_json(workspace.text(unit.main).text)}
        options: tuple[str, ...] = ("--config", f"{COPY}/caddy.json")
    else:
        files = copies(load(unit, workspace), workspace)
        options = ("--adapter", "caddyfile", "--config", f"{COPY}/tree/{unit.main}")
    answer = run(Order(Path(command), ("validate", *options), files, bounds=BOUNDS, reserves=True))
    if isinstance(answer, NotAsked):
        return answer
    error = answer.errors.strip().rpartition("\n")[2]
    if answer.code:
        if not error or _NOT_OURS.search(error):
            return undecided("caddy", error.replace(COPY, ""))
        found = _LINE.search(error)
        message = error.removeprefix("Error: ").rpartition("Error during parsing: ")[2] or error
        line = int(found["line"]) if found else 0
        return Problem(
            unit.main,
            "fix",
            f"Caddy rejects it: {message[:200]}",
            hint="nothing was written; check it with caddy validate",
            line=line,
        )
    return True


def copies(tree: Tree, workspace: Workspace) -> dict[str, bytes]:
    """Every file of the unit with what cannot exist here replaced. Lines keep their numbers."""
    made = dict(zip(("pair.crt", "pair.key"), self_signed(), strict=True))
    for file in tree.files:
        edits = [e for i in tree.root.walk() if i.source.path == file for e in _testable(i)]
        made[f"tree/{file}"] = apply(workspace.text(file).text, edits).encode("utf-8", "replace")
    return made


def _quiet_json(text: str) -> bytes:
    """The native configuration with logs that go nowhere and a store of its own; what is no JSON, as it is."""
    try:
        value = _quiet(json.loads(text))
    except (ValueError, RecursionError):
        return text.encode("utf-8", "replace")
    return json.dumps(value).encode()


def _quiet(value: Plain, name: str = "") -> Plain:
    if name == "writer":
        return {"output": "discard"}
    if name == "storage" and isinstance(value, dict) and "module" in value:
        return {"module": "file_system", "root": ROOM}
    if isinstance(value, dict):
        return {key: _quiet(inner, key) for key, inner in value.items()}
    return [_quiet(inner) for inner in value] if isinstance(value, list) else value


def _testable(item: Item) -> Iterator[Edit]:
    """The edits that let a statement be tested here."""
    words, path = item.statement.words, item.source.path
    if item.name in _RENAMED:
        yield Edit(path, words[0].span, _RENAMED[item.name])
    if item.name == "tls" and len(words) > 2 and words[1].text not in ("internal", "force_automate"):
        yield Edit(path, words[1].span, f"{COPY}/pair.crt")
        yield Edit(path, words[2].span, f"{COPY}/pair.key")
    if item.name in _FILES:
        for word in words[1:]:
            yield Edit(path, word.span, f"{COPY}/pair.crt")
    if item.name == "output" and len(item.texts) > 1:
        yield from _discarded(item)
    if item.name == "insecure_secrets_log" and len(words) > 1:
        yield Edit(path, words[1].span, f"{ROOM}/secrets.log")
    if item.name == "storage" and len(words) > 1:
        yield from _replaced(item, f"storage file_system {ROOM}")


def _discarded(item: Item) -> Iterator[Edit]:
    """A log that would go to a file, or to a server whose name is looked up, goes nowhere."""
    if item.texts[1] in ("file", "net"):
        yield from _replaced(item, "output discard")


def _replaced(item: Item, text: str) -> Iterator[Edit]:
    span = item.statement.span
    lines = item.source.text.count("\n", span.start, span.end)
    yield Edit(item.source.path, span, text + "\n" * lines)
