"""lighttpd's own verdict: `lighttpd -tt` on a copy that can be tested anywhere, by anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from batten.cell import COPY, ROOM, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.formats.lighttpd import Assignment, Block, Form, Include, Statement, Value, parse, walk
from batten.model import Edit, Problem
from batten.technologies import Unit, Verdict
from batten.technologies.edges.lighttpd.includes import load
from batten.technologies.edges.lighttpd.tree import Tree
from batten.technologies.shared.transport.x509 import self_signed

_FOLDERS = (Path("/usr/lib/lighttpd"), Path("/usr/lib64/lighttpd"), Path("/usr/local/lib/lighttpd"))
MAIN, PAIR = "test.conf", "pair.pem"
BOUNDS = Bounds(seconds=10.0, processor=10, files=8192)  # it raises its own limit on descriptors
_PLACE = re.compile(r"source: (\S+) line: (\d+) pos: \d+ (.*)$", re.MULTILINE)
_LINE = re.compile(r"^(?:[\d-]+ [\d:]+: )?(?:\([\w.-]+\.\d+\) )?(.*)$")
# The tester has no such module, file, name or machine: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"(?i:warning|deprecated)|dlopen|loading plugins|plugin|going down|Going down|getaddrinfo"
    r"|No such file|[Pp]ermission denied|can't find (?:user|group)name|opening|setrlimit|setting default values"
    r"|could not|couldn't|Cannot|not supported",
)
# These name what only the running system has, start programs, or write files.
_GONE = re.compile(
    r"server\.(?:username|groupname|pid-file|chroot|errorlog|breakagelog|errorfile-prefix|upload-dirs|core-files"
    r"|systemd-socket-activation|max-fds|event-handler|network-backend)|accesslog\.\w[\w-]*|[\w.-]*cache-dir"
    r"|magnet\.[\w-]+|rrdtool\.[\w-]+|ssl\.(?:stapling-file|stek-file|acme-tls-1|dh-file|ca-crl-file"
    r"|verifyclient\.[\w-]+)|auth\.backend[\w.-]*|userdir\.[\w-]+|vhostdb\.[\w-]+|mysql-vhost\.[\w-]+|webdav\.[\w-]+"
    r"|cgi\.[\w-]+|geoip\.[\w-]+|maxminddb\.[\w-]+|dir-listing\.cache|mimetype\.xattr-name"
)
_FILES = ("ssl.pemfile", "ssl.privkey", "ssl.ca-file", "ssl.ca-dn-file")
# These only read settings while a file is tested; others run scripts or ask databases.
_KNOWN = frozenset(
    [
        "mod_access",
        "mod_alias",
        "mod_evhost",
        "mod_expire",
        "mod_fastcgi",
        "mod_indexfile",
        "mod_redirect",
        "mod_rewrite",
        "mod_scgi",
        "mod_setenv",
        "mod_simple_vhost",
        "mod_staticfile",
        "mod_accesslog",
        "mod_auth",
        "mod_authn_file",
        "mod_deflate",
        "mod_dirlisting",
        "mod_openssl",
        "mod_proxy",
        "mod_status",
        "mod_extforward",
        "mod_h2",
    ]
)


def lighttpd() -> str:
    """Where lighttpd is installed here; "" when it is not."""
    return str(installed("lighttpd", beside=("/usr/sbin", "/usr/local/sbin")) or "")


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What lighttpd has against the configuration; True when nothing, False when it is not installed."""
    command = lighttpd()
    if not command:
        return False
    tree = load(unit, workspace)
    arguments = ("-tt", "-f", f"{COPY}/{MAIN}")
    answer = run(Order(Path(command), arguments, copies(tree, workspace), loads=modules(), bounds=BOUNDS))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code:
        said = [m[1] for m in map(_LINE.match, answer.errors.splitlines()) if m and m[1].strip()]
        ours = [line for line in said if not _NOT_OURS.search(line)]
        if not ours:
            return undecided("lighttpd", said[0].replace(f"{COPY}/", "") if said else "")
        names = {f"{COPY}/{_copied(number)}": path for number, path in enumerate(tree.files)}
        found = next((m for m in _PLACE.finditer(answer.errors) if m[1] in names), None)
        source, line = (names[found[1]], int(found[2])) if found is not None else (tree.files[0], 0)
        words = ours[0].replace(f"{COPY}/", "").replace(ROOM, "")
        hint = "nothing was written; check it with lighttpd -tt -f"
        return Problem(source, "fix", f"lighttpd rejects it: {words}", hint=hint, line=line)
    return True


def modules() -> tuple[Path, ...]:
    """The modules that are installed here as files of their own."""
    folder = next((f for f in _FOLDERS if f.is_dir()), None)
    found = [folder / f"{name}.so" for name in sorted(_KNOWN)] if folder is not None else []
    return tuple(path for path in found if path.exists())


def _copied(number: int) -> str:
    return f"file{number}.conf"


def copies(tree: Tree, workspace: Workspace) -> dict[str, bytes]:
    """Every file of the unit with what cannot exist here replaced, and what would run or write something taken away.
    Lines keep their numbers."""
    made = {PAIR: b"".join(self_signed())}
    names = dict(zip(tree.files, map(_copied, range(len(tree.files))), strict=True))
    for path, name in names.items():
        document = workspace.document(path, parse)
        edits = [e for s in walk(document.tree) for e in _testable(s, path, document.text, tree, names)]
        made[name] = (apply(document.text, edits) + "\n").encode("utf-8", "replace")
    root = "" if "server.document-root" in tree.root.held else f'server.document-root = "{ROOM}"\n'
    made[MAIN] = f'{root}server.upload-dirs = ( "{ROOM}" )\ninclude "{COPY}/{_copied(0)}"\n'.encode()
    return made


def _testable(
    statement: Statement, path: str, text: str, tree: Tree, names: dict[str, str]
) -> Iterator[Edit]:
    match statement:
        case Include(_, shell, span):
            yield Edit(path, span, "" if shell else _brought(statement, path, tree, names))
        case Assignment(name, _, value, span):
            unset = name.startswith("ssl.") and name not in _FILES and any(_unknown(value, path))
            if unset or _GONE.fullmatch(name):
                yield Edit(path, span, "\n" * text.count("\n", span.start, span.end))
            elif name in _FILES:
                yield Edit(path, value.span, f'"{COPY}/{PAIR}"')
            elif name == "server.modules":
                # Modules that are not part of the packages that a tester has become one that is.
                yield from (
                    Edit(path, entry.value.span, '"mod_access"')
                    for entry in value.entries
                    if entry.value.form is Form.STRING and entry.value.text not in _KNOWN
                )
            else:
                yield from _resolvable(value, path)
                yield from _unknown(value, path)
        case Block():
            return


def _brought(include: Include, path: str, tree: Tree, names: dict[str, str]) -> str:
    """The copies of the files that the include names. Lines keep their numbers: all stand on one."""
    found = tree.brought.get((path, include.span.start), [])
    return " ".join(f'include "{COPY}/{names[p]}"' for p in found if p in names)


def _resolvable(value: Value, path: str) -> Iterator[Edit]:
    """Host names become an address: this machine need not know them."""
    for entry in value.entries:
        if entry.key is not None and entry.key.text == "host" and entry.value.form is Form.STRING:
            if not re.fullmatch(r"[\d.:\[\]]+|/.*", entry.value.text):
                yield Edit(path, entry.value.span, '"127.0.0.1"')
        else:
            yield from _resolvable(entry.value, path)


def _unknown(value: Value, path: str) -> Iterator[Edit]:
    """`env.X` is not set here, and lighttpd refuses one that is not."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if part.form is Form.NAME and part.text.startswith("env."):
            yield Edit(path, part.span, '""')
        waiting += [*part.parts, *(e.value for e in part.entries)]
