"""HAProxy's own verdict: `haproxy -c` on a copy that can be tested anywhere, by anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from batten.cell import COPY, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.formats.haproxy import Argument
from batten.model import Edit, Problem
from batten.technologies import Unit, Verdict
from batten.technologies.edges.haproxy.tree import Item, Tree, load
from batten.technologies.edges.haproxy.upstreams import host_of
from batten.technologies.shared.transport.x509 import self_signed

BOUNDS = Bounds(seconds=10.0, processor=10, files=8192)  # it reserves descriptors for its `maxconn`
_ALERT = re.compile(
    r"\[ALERT\][^\n]*?: (?:config : )?(?:parsing )?\[([^\]:]+):(\d+)\](?: and \[[^\]]*\])? ?:? ?([^\n]*)"
)
# The tester has no such module, file, name or machine: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"unknown keyword|unknown option|not (?:enabled|supported|built|compiled)|could not (?:resolve|be resolved)"
    r"|can ?not (?:open|resolve|find|bind|access|chroot)|No such file|[Pp]ermission denied|unable to (?:load|open|stat)"
    r"|failed to (?:open|load)|lua|missing library"
)
_PEM = ("crt", "ca-file", "ca-verify-file", "ca-sign-file", "client-sigalgs-file")
_STORED = (
    "crt",
    "key",
    "issuer",
)  # of a `load` in a section `crt-store` (https://docs.haproxy.org/3.0/configuration.html#crt-store)
_GONE = (
    "chroot",
    "user",
    "group",
    "uid",
    "gid",
    "daemon",
    "pidfile",
    "ca-base",
    "crt-base",
    "server-state-file",
    "server-state-base",
    "load-server-state-from-file",
    "errorfile",
    "errorfiles",
    "ssl-dh-param-file",
    "key-base",
    "lua-load",
    "lua-load-per-thread",
    "cpu-map",
    "nbproc",
    # These load programs or write files.
    "ssl-engine",
    "ssl-provider",
    "ssl-provider-path",
    "backing-file",
    "stats-file",
    "shm-stats-file",
    "master-worker",
    "mworker-max-reloads",
    "51degrees-data-file",
    "deviceatlas-json-file",
    "wurfl-data-file",
    "h1-case-adjust-file",
)
_PAIR, _PATTERNS = "pair.pem", "patterns.lst"
# Where a statement names a machine.
_HOSTS = {"server": 2, "server-template": 3, "peer": 2, "mailer": 2, "nameserver": 2}


def haproxy() -> str:
    """Where HAProxy is installed here; "" when it is not."""
    return str(installed("haproxy", beside=("/usr/sbin", "/usr/local/sbin")) or "")


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What HAProxy has against the configuration; True when nothing, False when it is not installed."""
    command = haproxy()
    if not command:
        return False
    tree = load(unit, workspace)
    files = copies(tree, workspace)
    names = (f"{COPY}/{_copied(number)}" for number in range(len(tree.files)))
    arguments = ("-c", *(word for name in names for word in ("-f", name)))
    answer = run(Order(Path(command), arguments, files, bounds=BOUNDS))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code:
        said = ""
        problem_names = {f"{COPY}/{_copied(number)}": path for number, path in enumerate(tree.files)}
        for copy, line, words in _ALERT.findall(answer.errors):
            said = said or (words if copy in problem_names else "")
            if copy not in problem_names or _NOT_OURS.search(words):
                continue
            if not _varies(tree, problem_names[copy], int(line)):
                message = f"HAProxy rejects it: {words.replace(copy, problem_names[copy])}"
                return Problem(
                    problem_names[copy],
                    "fix",
                    message,
                    hint="nothing was written; check it with haproxy -c",
                    line=int(line),
                )
        return undecided("haproxy", said.replace(COPY, ""))
    return True


def _copied(number: int) -> str:
    return f"file{number}.cfg"


def _varies(tree: Tree, file: str, line: int) -> bool:
    """Whether the environment, which is another one here, decides what the line says."""
    items = (i for b in tree.blocks if b.source.path == file for i in b.items)
    return any(i.varies for i in items if i.source.line_of(i.statement.span.start) == line)


def copies(tree: Tree, workspace: Workspace) -> dict[str, bytes]:
    """Every file of the unit with what cannot exist here replaced, and what would run or write something taken away.
    Lines keep their numbers."""
    made = {_PAIR: b"".join(self_signed()), _PATTERNS: b""}
    for number, file in enumerate(tree.files):
        items = [i for b in tree.blocks if b.source.path == file for i in b.items]
        edits = [e for i in items for e in _testable(i)]
        text = apply(workspace.text(file).text, edits) + "\n"
        made[_copied(number)] = text.encode("utf-8", "replace")
    return made


def _testable(item: Item) -> Iterator[Edit]:
    """The edits that let a statement be tested here."""
    statement, path = item.statement, item.source.path
    # Whether a statement would read, write or run what is not here. A keyword that is put together from variables may
    # be any of these.
    gone_words = statement.words
    if gone_words[0].variable or gone_words[0].text in _GONE or statement.values[:2] == ["stats", "socket"]:
        gone = True
    else:
        gone = gone_words[0].text == "log" and len(gone_words) > 1 and _is_elsewhere(gone_words[1])
    if gone:
        yield Edit(path, statement.span, "")
        return
    if statement.keyword == "parse-resolv-conf":
        yield Edit(path, statement.span, "nameserver local 127.0.0.1:53")
    for word, value in zip(statement.words, statement.words[1:], strict=False):
        if word.text in ("-f", "-M") and not value.quoted:
            yield Edit(path, value.span, f"{COPY}/{_PATTERNS}")
        known = word.text in _PEM and not value.text.startswith("@")
        if known and statement.keyword in ("bind", "server", "default-server", "server-template"):
            yield Edit(path, value.span, f"{COPY}/{_PAIR}")
        if word.text in _STORED and statement.keyword == "load" and item.home.kind == "crt-store":
            yield Edit(path, value.span, f"{COPY}/{_PAIR}")
    at = _HOSTS.get(statement.keyword, 0)
    if at and not item.varies:
        # Host names become an address: this machine need not know them.
        words = statement.words
        host = host_of(words[at].text)[0] if len(words) > at else ""
        if host and re.fullmatch(r"[A-Za-z0-9_.-]+", host) and not words[at].quoted:
            yield Edit(path, words[at].span, words[at].text.replace(host, "127.0.0.1", 1))


def _is_elsewhere(target: Argument) -> bool:
    """Whether a log goes to a socket, a descriptor or a name."""
    return target.variable or not re.match(r"global$|stdout|stderr|ring@|[0-9.:\[]", target.text)
