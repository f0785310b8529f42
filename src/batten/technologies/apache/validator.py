"""httpd's own verdict: `httpd -t` on a copy that can be tested anywhere, by anybody, with the modules it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from batten.formats import Workspace, apply
from batten.formats.apache import parse
from batten.model import Edit, Problem
from batten.technologies import Unit
from batten.technologies._certificate import self_signed
from batten.technologies.apache.includes import load
from batten.technologies.apache.tree import Item, Tree, varies

SECONDS = 20
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
    "ldap", "authnz_ldap", "dbd", "authn_dbd", "authn_socache", "cache", "substitute", "buffer", "log_debug",
)  # fmt: skip
_GONE = (
    "serverroot", "loadmodule", "loadfile", "include", "includeoptional", "user", "group", "pidfile", "mutex", "listen",
    "defaultruntimedir", "scoreboardfile", "coredumpdirectory", "sslstaplingcache", "sslpassphrasedialog", "startservers",
    "minsparethreads", "maxsparethreads", "threadlimit", "threadsperchild", "maxrequestworkers", "maxconnectionsperchild",
    "minspareservers", "maxspareservers", "serverlimit", "mimemagicfile", "sslcryptodevice", "sslrandomseed", "davlockdb",
    "chrootdir", "listenbacklog", "sslsessionticketkeyfile", "scriptsock", "wsgiscriptalias", "wsgidaemonprocess",
    "wsgiprocessgroup", "use", "passengerappenv", "passengerfriendlyerrorpages", "railsenv", "rackenv",
)  # fmt: skip
_PEM = {
    "sslcertificatefile": "pair.pem",
    "sslcertificatekeyfile": "pair.pem",
    "sslcertificatechainfile": "pair.pem",
    "sslcacertificatefile": "pair.pem",
    "sslproxycacertificatefile": "pair.pem",
    "sslproxymachinecertificatefile": "pair.pem",
    "ssldhparam": "pair.pem",
}
_LOGS = ("errorlog", "customlog", "transferlog")


def httpd() -> str:
    """Where httpd is installed here; "" when it is not."""
    names = ("apache2", "httpd")
    places = (
        shutil.which(n, path=p)
        for n in names
        for p in (None, "/usr/sbin:/usr/local/sbin:/usr/local/apache2/bin")
    )
    return next((p for p in places if p), "")


@cache
def modules() -> dict[str, str]:
    """The modules that are here, by name, with their files."""
    folder = next((Path(f) for f in FOLDERS if Path(f).is_dir()), None)
    files = folder.glob("mod_*.so") if folder is not None else ()
    return {f.stem.removeprefix("mod_"): str(f) for f in sorted(files)}


def validate(unit: Unit, workspace: Workspace) -> Problem | bool:
    """What httpd has against the configuration; True when nothing, False when it is not installed."""
    command = httpd()
    if not command or not modules():
        return False
    tree = load(unit, workspace)
    with tempfile.TemporaryDirectory(prefix="batten-apache-") as folder:
        place = Path(folder)
        main = copies(tree, workspace, place)
        error = _test(command, main, place)
    return _problem(error, tree, place) or True


def _test(command: str, main: Path, place: Path) -> str:
    arguments = [command, "-t", "-d", str(place), "-f", str(main)]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr if done.returncode else ""


def _problem(error: str, tree: Tree, place: Path) -> Problem | None:
    names = {str(place / _copied(i)): path for i, path in enumerate(tree.files)}
    found = _ERROR.search(error)
    words = found[3] if found else (other[0] if (other := _OTHER.search(error)) else "")
    words = words.replace(str(place), "")
    if not words or _NOT_OURS.search(words):
        return None
    source = names.get(found[2], tree.files[0]) if found else tree.files[0]
    line = int(found[1]) if found and found[2] in names else 0
    if line and _varies(tree, source, line):
        return None
    return Problem(source, "fix", f"httpd refuses it: {words}", "nothing was written; see httpd -t", line)


def _varies(tree: Tree, file: str, line: int) -> bool:
    """Whether the environment, which is another one here, decides what the line says."""
    here = (i for i in tree.root.walk() if i.source.path == file)
    return any(any(map(varies, i.values)) for i in here if i.source.line_of(i.directive.span.start) == line)


def _copied(number: int) -> str:
    return f"file{number}.conf"


def copies(tree: Tree, workspace: Workspace, place: Path) -> Path:
    """Every file of the unit with what cannot exist here replaced, and a main file that loads the modules and
    brings the copies in where the original does. Lines keep their numbers."""
    (place / "pair.pem").write_bytes(b"".join(self_signed()))
    for folder in ("logs", "www"):
        (place / folder).mkdir()
    (place / "mime.types").write_text("text/html html\n")
    for number, file in enumerate(tree.files):
        items = [i for i in tree.root.walk() if i.source.path == file]
        edits = {(e.span.start, e.span.end): e for i in items for e in _testable(i, place)}
        text = apply(workspace.text(file).text, [*edits.values(), *_conditions(file, workspace)])
        (place / _copied(number)).write_text(text + "\n", encoding="utf-8")
    return _main(tree, place)


def _main(tree: Tree, place: Path) -> Path:
    loads = [f"LoadModule {n}_module {modules()[n]}" for n in _WANTED if n in modules()]
    files = [
        f"Include {place / _copied(n)}" for n in range(len(tree.files)) if n == 0 or _top(tree, tree.files[n])
    ]
    inside = (
        [f'<Directory "{place}/www">', *files, "</Directory>"]
        if tree.files[0].endswith("htaccess")
        else files
    )
    main = place / "test.conf"
    head = [
        f"ServerRoot {place}",
        f"PidFile {place}/pid",
        "Listen 127.0.0.1:9",
        f"TypesConfig {place}/mime.types",
        "ServerName localhost",
    ]
    main.write_text("\n".join([*loads, *head, *inside, ""]), encoding="utf-8")
    return main


def _top(tree: Tree, file: str) -> bool:
    """Whether the file is brought in at the top; one within a section would say other things outside."""
    return any(i.source.path == file for i in tree.root.items)


def _conditions(file: str, workspace: Workspace) -> Iterator[Edit]:
    """Lines that were resolved and leave no item (includes, in sections that hold or not), and programs: a
    test must run nothing that the file names."""
    for directive in workspace.document(file, parse).tree.walk():
        if directive.name in ("include", "includeoptional", "use"):
            yield Edit(file, directive.span, "")
        for arg in directive.args if directive.name not in _GONE else ():
            if arg.text.startswith("exec:") and directive.body is None:
                yield Edit(file, arg.span, "from-a-program")


def _testable(item: Item, place: Path) -> Iterator[Edit]:
    """The edits that let a directive be tested here."""
    name, path, span = item.name, item.source.path, item.directive.span
    if name in _GONE or name.startswith("php_"):
        if not item.section:
            yield Edit(path, span, "")
    elif name in _PEM and item.values:
        yield Edit(path, item.directive.args[0].span, str(place / _PEM[name]))
    elif (
        name in _LOGS
        and item.values
        and not item.value.startswith(("|", "syslog"))
        and not varies(item.value)
    ):
        yield Edit(path, item.directive.args[0].span, f'"{place}/logs/{name}"')
    elif name == "documentroot" and item.values:
        yield Edit(path, item.directive.args[0].span, f'"{place}/www"')
    elif name == "typesconfig" and item.values:
        yield Edit(path, item.directive.args[0].span, f'"{place}/mime.types"')
    elif name == "sslsessioncache" and item.values:
        yield Edit(path, span, f'SSLSessionCache "shmcb:{place}/logs/cache(512000)"')
