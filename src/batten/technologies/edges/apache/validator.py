"""httpd's own verdict: `httpd -t` on a copy that can be tested anywhere, by anybody, with the modules it needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from batten.cell import COPY, MIB, ROOM, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.formats.apache import parse
from batten.formats.blocks import Directive
from batten.formats.words import Word
from batten.model import Edit, Problem
from batten.technologies import Unit, Verdict
from batten.technologies.edges.apache.includes import load
from batten.technologies.edges.apache.tree import Item, Tree, varies
from batten.technologies.shared.transport.x509 import self_signed

BOUNDS = Bounds(seconds=20.0, processor=20, memory=2048 * MIB)
FOLDERS = (
    "/usr/lib/apache2/modules",
    "/usr/lib64/httpd/modules",
    "/usr/local/apache2/modules",
    "/usr/lib/httpd/modules",
)
_ERROR = re.compile(r"(?:AH00526: )?Syntax error on line (\d+) of ([^:\n]+):\n([^\n]*)")
_OTHER = re.compile(
    r"^AH\d+: (?!Could not reliably|Configuration (?:Failed|check failed))[^\n]*(?:\n[^\n]*)?$", re.MULTILINE
)
# The tester has no such module, file, user or machine: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"Invalid command|defined by a module not included|does not exist|No such file|not found|Unable to|unable to|Cannot|cannot"
    r"|bad user name|bad group name|Could not|could not|Permission denied|must be a (?:valid )?(?:directory|file|path)|is empty"
    r"|not a directory|[Uu]ndefined|DNS|resolve|is not configured|Unknown (?:Authn|Authz) provider|DBD|openssl|OpenSSL"
)
# What tells modules that are always wanted from those that would change the rest or need a service.
_WANTED = (
    "mpm_event", "authz_core", "authz_host", "authz_user", "authz_groupfile", "authn_core", "authn_file", "auth_basic",
    "auth_digest", "access_compat", "alias", "rewrite", "headers", "setenvif", "env", "proxy", "proxy_http", "proxy_fcgi",
    "proxy_ajp", "proxy_wstunnel", "proxy_connect", "slotmem_shm", "proxy_balancer", "lbmethod_byrequests", "dir", "mime",
    "autoindex", "remoteip", "status", "info", "allowmethods", "reqtimeout", "ssl", "socache_shmcb", "dav", "dav_fs",
    "userdir", "session", "session_cookie", "session_crypto", "expires", "deflate", "filter", "cgid", "include", "negotiation",
    "actions", "http2", "proxy_http2", "macro", "usertrack", "ratelimit", "request", "auth_form", "vhost_alias", "unique_id",
    "ldap", "authnz_ldap", "dbd", "authn_dbd", "authn_socache", "cache", "cache_disk", "substitute", "buffer", "log_debug",
    "log_forensic", "dumpio", "watchdog", "md",
)  # fmt: skip
_GONE = (
    "serverroot", "loadmodule", "loadfile", "include", "includeoptional", "user", "group", "pidfile", "mutex", "listen",
    "defaultruntimedir", "scoreboardfile", "coredumpdirectory", "sslstaplingcache", "sslpassphrasedialog", "startservers",
    "minsparethreads", "maxsparethreads", "threadlimit", "threadsperchild", "maxrequestworkers", "maxconnectionsperchild",
    "minspareservers", "maxspareservers", "serverlimit", "mimemagicfile", "sslcryptodevice", "sslrandomseed", "davlockdb",
    "chrootdir", "listenbacklog", "sslsessionticketkeyfile", "scriptsock", "wsgiscriptalias", "wsgidaemonprocess",
    "wsgiprocessgroup", "use", "passengerappenv", "passengerfriendlyerrorpages", "railsenv", "rackenv",
)  # fmt: skip
# What loads a program or a library into httpd; the drivers' names become paths of libraries.
_LOADING = (
    "loadmodule", "loadfile", "dbdriver", "sessioncryptodriver", "sslcryptodevice", "sslpassphrasedialog", "ldaplibrary",
    "perlrequire", "perlmodule",
)  # fmt: skip
_BRINGING = ("include", "includeoptional", "use")
# Passwords that a program may be asked for.
_ASKED = ("sessioncryptopassphrase", "authldapbindpassword")
_PEM = (
    "sslcertificatefile",
    "sslcertificatekeyfile",
    "sslcertificatechainfile",
    "sslcacertificatefile",
    "sslproxycacertificatefile",
    "sslproxymachinecertificatefile",
    "ssldhparam",
)
MAIN, _PAIR, _TYPES = "test.conf", "pair.pem", "mime.types"
_LOGS = ("errorlog", "customlog", "transferlog")


def httpd() -> str:
    """Where httpd is installed here; "" when it is not."""
    beside = ("/usr/sbin", "/usr/local/sbin", "/usr/local/apache2/bin")
    return str(installed("apache2", "httpd", beside=beside) or "")


@cache
def modules() -> dict[str, str]:
    """The modules that are here, by name, with their files."""
    folder = next((Path(f) for f in FOLDERS if Path(f).is_dir()), None)
    files = folder.glob("mod_*.so") if folder is not None else ()
    return {f.stem.removeprefix("mod_"): str(f) for f in sorted(files)}


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What httpd has against the configuration; True when nothing, False when it is not installed."""
    command = httpd()
    if not command or not modules():
        return False
    tree = load(unit, workspace)
    arguments = ("-t", "-d", ROOM, "-f", f"{COPY}/{MAIN}")
    loads = tuple(Path(modules()[n]) for n in _WANTED if n in modules())
    answer = run(Order(Path(command), arguments, copies(tree, workspace), loads=loads, bounds=BOUNDS))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code:
        names = {f"{COPY}/{_copied(i)}": path for i, path in enumerate(tree.files)}
        found = _ERROR.search(answer.errors)
        words = found[3] if found else (other[0] if (other := _OTHER.search(answer.errors)) else "")
        words = words.replace(COPY, "").replace(ROOM, "")
        if not words or _NOT_OURS.search(words):
            return undecided("httpd", words)
        source = names.get(found[2], tree.files[0]) if found else tree.files[0]
        line = int(found[1]) if found and found[2] in names else 0
        if line and _varies(tree, source, line):
            return undecided("httpd", words)
        return Problem(
            source,
            "fix",
            f"httpd rejects it: {words}",
            hint="nothing was written; check it with httpd -t",
            line=line,
        )
    unread = [f for f in tree.files[1:] if f in workspace.overlay and not _top(tree, f)]
    if unread:
        return NotAsked(
            "httpd", f"{unread[0]} is included in a section, which was tested without it", ran=True
        )
    return True


def _varies(tree: Tree, file: str, line: int) -> bool:
    """Whether the environment, which is another one here, decides what the line says."""
    here = (i for i in tree.root.walk() if i.source.path == file)
    return any(any(map(varies, i.values)) for i in here if i.source.line_of(i.directive.span.start) == line)


def _copied(number: int) -> str:
    return f"file{number}.conf"


def copies(tree: Tree, workspace: Workspace) -> dict[str, bytes]:
    """Every file of the unit with what cannot exist here replaced, and MAIN, which loads the modules and brings the
    copies in where the original does. Lines keep their numbers."""
    loads = [f"LoadModule {n}_module {modules()[n]}" for n in _WANTED if n in modules()]
    files = [
        f"Include {COPY}/{_copied(n)}" for n in range(len(tree.files)) if n == 0 or _top(tree, tree.files[n])
    ]
    inside = [f'<Directory "{ROOM}">', *files, "</Directory>"]
    head = [
        f"ServerRoot {ROOM}",
        f"PidFile {ROOM}/pid",
        f"ErrorLog {ROOM}/error_log",
        "Listen 127.0.0.1:9",
        f"TypesConfig {COPY}/{_TYPES}",
        "ServerName localhost",
    ]
    made = {
        _PAIR: b"".join(self_signed()),
        _TYPES: b"text/html html\n",
        MAIN: "\n".join(
            [*loads, *head, *(inside if tree.files[0].endswith("htaccess") else files), ""]
        ).encode(),
    }
    for number, file in enumerate(tree.files):
        items = [i for i in tree.root.walk() if i.source.path == file]
        edits = {(e.span.start, e.span.end): e for i in items for e in _testable(i)}
        edits |= {(e.span.start, e.span.end): e for e in _harmless(file, workspace)}
        text = apply(workspace.text(file).text, _apart(edits.values())) + "\n"
        made[_copied(number)] = text.encode("utf-8", "replace")
    return made


def _apart(edits: Iterable[Edit]) -> list[Edit]:
    """The edits without those that lie within another's span."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.span.start, -e.span.end)):
        if not kept or edit.span.start >= kept[-1].span.end:
            kept.append(edit)
    return kept


def _top(tree: Tree, file: str) -> bool:
    """Whether the file is brought in at the top; one within a section would say other things outside."""
    return any(i.source.path == file for i in tree.root.items)


def _harmless(file: str, workspace: Workspace) -> Iterator[Edit]:
    """What would load or run something, or bring another file in, wherever it stands: a section that does not hold
    here by our reading may hold by httpd's. Names are put together from what `Define` says before httpd looks at
    them, so a name with a variable may be any of these."""
    for directive in workspace.document(file, parse).tree.walk():
        span = directive.span
        if "${" in directive.name:
            lines = workspace.text(file).text.count("\n", span.start, span.end)
            yield Edit(file, span, "\n" * lines)
        elif directive.name in (*_LOADING, *_BRINGING) and directive.body is None:
            yield Edit(file, span, "")
        elif directive.body is None:
            yield from (Edit(file, a.span, "from-a-program") for a in _programs(directive))


def _programs(directive: Directive) -> Iterator[Word]:
    """Arguments that name a program for httpd to ask, or may do so once their variables are written out."""
    secret = directive.name in _ASKED
    for arg in directive.args:
        if arg.text.startswith("exec:") or (secret and "${" in arg.text):
            yield arg


def _testable(item: Item) -> Iterator[Edit]:
    """The edits that let a directive be tested here."""
    name, path, span = item.name, item.source.path, item.directive.span
    if name in _GONE or name.startswith("php_"):
        if not item.section:
            yield Edit(path, span, "")
    elif name in _PEM and item.values:
        yield Edit(path, item.directive.args[0].span, f"{COPY}/{_PAIR}")
    elif name in _LOGS and item.values and not item.value.startswith("syslog"):
        yield Edit(path, item.directive.args[0].span, f'"{ROOM}/{name}"')
    elif name == "documentroot" and item.values:
        yield Edit(path, item.directive.args[0].span, f'"{ROOM}"')
    elif name == "typesconfig" and item.values:
        yield Edit(path, item.directive.args[0].span, f'"{COPY}/{_TYPES}"')
    elif name == "sslsessioncache" and item.values:
        yield Edit(path, span, f'SSLSessionCache "shmcb:{ROOM}/cache(512000)"')
