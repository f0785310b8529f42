"""What nothing in src uses: definitions that vulture finds by name, and what a module defines and no module takes from it.

Only src is read, so what only tests call is dead, too. `python tools/dead_code.py` ends with 1 when there is any that
ALLOWED does not argue for, and when ALLOWED argues for what is used or gone.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from vulture import Vulture

SRC = Path(__file__).resolve().parents[1] / "src"

# Files below src/batten, names, and why nothing in src uses them.
ALLOWED = (
    ("technologies/shared/aws/updates.py", ("ANEW",), "a row of updates.txt says it, and it is judged as what is not in place"),
    ("harden/edges/traefik/rendering.py", ("ignore_aliases",), "PyYAML asks it of a dumper"),
    ("harden/image/starting.py", ("whitespace_split", "commenters"), "shlex reads an attribute of its reader"),
    ("cli/*.py", ("list_commands", "get_command", "format_commands"), "click calls what a group of commands overrides"),
    ("guard/proxy/*.py", ("pause_writing", "resume_writing"), "asyncio calls a protocol's methods"),
    ("guard/proxy/wire.py", ("on_headers_complete", "on_message_complete"), "httptools calls a parser's methods"),
    ("live/tls/quic.py", ("datagram_received", "addr", "error_received"), "asyncio calls a protocol's methods"),
    ("guard/content/xml.py", ("buffer_text", "StartElementHandler", "EndElementHandler"), "expat reads an attribute of its parser"),
    ("guard/content/xml.py", ("CharacterDataHandler", "XmlDeclHandler", "StartDoctypeDeclHandler"), "expat calls it"),
    ("guard/content/xml.py", ("ProcessingInstructionHandler",), "expat calls it"),
    ("formats/xml.py", ("buffer_text", "StartElementHandler", "EndElementHandler"), "expat reads an attribute of its parser"),
    ("formats/xml.py", ("CharacterDataHandler", "EntityDeclHandler"), "expat calls it"),
    ("engine/hardening/standin.py", ("handle_error", "verify_request", "client_address", "log_message"), "http.server calls what a handler overrides"),
    ("engine/hardening/standin.py", ("version_string", "protocol_version", "close_connection"), "http.server reads them"),
    ("harden/trial_challenges.py", ("handle_error", "client_address", "log_message", "do_GET"), "http.server calls what a handler overrides"),
    ("harden/trial_challenges.py", ("protocol_version", "daemon_threads"), "http.server reads them"),
    ("guard/carriers/wsgi_bodies.py", ("readinto",), "io.RawIOBase reads by it"),
    ("patterns/syntax.py", ("_not_literal", "_category", "_branch"), "called by the name of the parser's node"),
    ("patterns/syntax.py", ("_subpattern", "_min_repeat"), "called by the name of the parser's node"),
    ("guard/[aw]sgi.py", ("Guard",), "what an application imports"),
    ("reports/json.py", ("tool", "lifecycle_data"), "fields of the report, which msgspec writes"),
    ("watch/assess/report.py", ("tool",), "a field of the report, which msgspec checks"),
    ("reports/triage.py", ("not_false",), "a field of the report, which msgspec writes"),
    ("reports/ledger_json.py", ("unknown_apart",), "a field of the report, which msgspec writes"),
    ("controls/_cycles.py", ("move_to",), "a key of the data file, read as one"),
    ("model/finding.py", ("_value_",), "an attribute of every enumeration's"),
    ("engine/ledger.py", ("_value_",), "an attribute of every enumeration's"),
    ("cli/guard_run.py", ("raiseExceptions",), "a switch of the logging module's"),
    ("patterns/pattern.py", ("log_errors", "max_mem"), "options of RE2's"),
    ("live/reading.py", ("read_transcript",), "the tests read the exchanges on control pages as live answers are read"),
    ("watch/store/tables/columns.py", ("impl", "cache_ok", "process_bind_param"), "SQLAlchemy calls what a type of column overrides"),
    ("watch/alerts/addresses.py", ("connect_unix_socket",), "httpcore calls what a backend overrides"),
    ("watch/alerts/kinds/smtp.py", ("_get_socket",), "smtplib calls what a session overrides"),
    ("watch/logs.py", ("raiseExceptions",), "a switch of the logging module's"),
    ("watch/serving.py", ("capture_signals",), "uvicorn calls what a server overrides"),
    ("watch/model/channels.py", ("SLACK", "TEAMS", "ALERTMANAGER", "PAGERDUTY", "APPRISE"), "each is the name of its module in alerts/kinds"),
    ("watch/store/dialects.py", ("inherit_cache", "_like", "_ilike", "_plus"), "SQLAlchemy reads and calls what a construct brings"),
    ("watch/store/database.py", ("isolation_level",), "an attribute of sqlite3's connections"),
    ("watch/store/migrations/versions/*.py", ("down_revision",), "Alembic reads it"),
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Unused:
    file: str  # below src/batten
    line: int
    name: str
    what: str


@dataclass
class Module:
    """A module of src: what it defines, what it takes from others, and what it loads by name."""

    file: Path
    tree: ast.Module
    nodes: list[ast.AST]
    defines: dict[str, ast.stmt] = field(default_factory=dict)
    takes: dict[str, tuple[str, str]] = field(default_factory=dict)  # name here -> module, name there
    aliases: dict[str, str] = field(default_factory=dict)  # name here -> module


def by_name() -> Iterator[Unused]:
    """What vulture finds: no code in src says the name at all, and no template."""
    vulture = Vulture(ignore_decorators=["@control*"])
    vulture.scavenge([str(SRC)])
    templated = _templated()
    for item in vulture.get_unused_code():
        if item.name in templated:
            continue
        file = Path(item.filename).resolve().relative_to(SRC / "batten").as_posix()
        yield Unused(file, item.first_lineno, item.name, item.message)


def _templated() -> set[str]:
    """The names that templates of pages say in what they compute."""
    texts = (file.read_text("utf-8") for file in sorted(SRC.rglob("templates/*.html")))
    computed = (part for text in texts for part in re.findall(r"\{[{%](.*?)[%}]\}", text, re.DOTALL))
    return {name for part in computed for name in re.findall(r"\b[a-z_]\w*", part)}


def by_module() -> Iterator[Unused]:
    """What a module defines, itself does not use, and no other takes from it, though the name may be used elsewhere."""
    modules = {_name(file): _module(file) for file in sorted(SRC.rglob("*.py"))}
    used = _used(modules)
    spoken = _spoken(modules)
    for name, module in modules.items():
        for defined, node in module.defines.items():
            if (name, defined) not in used and defined not in spoken and not _registered(node):
                file = module.file.relative_to(SRC / "batten").as_posix()
                yield Unused(file, node.lineno, defined, f"no module takes '{defined}' from this one")


def _name(file: Path) -> str:
    parts = file.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _module(file: Path) -> Module:
    tree = ast.parse(file.read_text("utf-8"))
    module = Module(file, tree, list(ast.walk(tree)))
    for node in module.tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                module.defines[node.name] = node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                module.defines[name] = node
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                _take(module, node.module, alias)
        elif isinstance(node, ast.Import):
            module.aliases |= {a.asname: a.name for a in node.names if a.asname}
    return module


def _take(module: Module, source: str, alias: ast.alias) -> None:
    here = alias.asname or alias.name
    path = SRC.joinpath(*source.split("."), alias.name)
    if path.with_suffix(".py").exists() or path.is_dir():
        module.aliases[here] = f"{source}.{alias.name}"
    else:
        module.takes[here] = (source, alias.name)


def _used(modules: dict[str, Module]) -> set[tuple[str, str]]:
    """(module, name) of every definition that code names; a package's own imports count when somebody takes them."""
    used: set[tuple[str, str]] = set()
    for name, module in modules.items():
        package = module.file.name == "__init__.py"
        used |= set() if package else set(module.takes.values())
        used |= {(name, loaded) for loaded in _loaded(module)}
        used |= {module.takes[loaded] for loaded in _loaded(module) if loaded in module.takes}
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.add((module.aliases.get(node.value.id, ""), node.attr))
    for _ in range(3):  # packages take from packages
        for name, module in modules.items():
            used |= {there for here, there in module.takes.items() if (name, here) in used}
    return used


def _loaded(module: Module) -> set[str]:
    """The names that a module loads outside of what they name: a function that calls itself is not used by that."""
    found: set[str] = set()
    for node in module.tree.body:
        own = getattr(node, "name", "")
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        found |= names - {own}
    return found


def _spoken(modules: dict[str, Module]) -> set[str]:
    """Attributes of what no import names: a module that is chosen when it runs is used by these."""
    found: set[str] = set()
    for module in modules.values():
        listed = _listed(module)
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and not (
                isinstance(node.value, ast.Name) and node.value.id in module.aliases
            ):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in listed:
                found.add(node.value)
    return found


def _listed(module: Module) -> set[ast.AST]:
    """What stands in `__all__`: to offer a name is not to use it."""
    offered = module.defines.get("__all__")
    return set(ast.walk(offered)) if offered else set()


def _registered(node: ast.stmt) -> bool:
    """Whether a decorator keeps what it decorates, or the language finds it by name."""
    return (
        bool(getattr(node, "decorator_list", ()))
        or getattr(node, "name", "").startswith("__")
        or _dunder(node)
    )


def _dunder(node: ast.stmt) -> bool:
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return any(name.startswith("__") for name in names)


def complaints(found: set[Unused]) -> list[str]:
    """What is unused and not argued for, and what is argued for in vain."""
    argued = [(file, name) for file, names, _ in ALLOWED for name in names]
    said = [
        f"src/batten/{u.file}:{u.line}: {u.what}; delete it, or argue for it in ALLOWED"
        for u in sorted(found)
        if not any(fnmatch(u.file, file) and u.name == name for file, name in argued)
    ]
    return said + [
        f"tools/dead_code.py: ALLOWED argues for {name} in {file}, which is used or gone"
        for file, name in argued
        if not any(fnmatch(u.file, file) and u.name == name for u in found)
    ]


def main() -> int:
    found = complaints({*by_name(), *by_module()})
    for complaint in found:
        print(complaint, file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
