"""What the files of a CI service say that matters to an API: tokens, certificates that are not verified.

Passwords of a job's own databases, images of its services and modes for tests are no facts about an API in any context:
what they protect is made for the job and gone with it. Tokens of formats that their issuers publish are told, and programs
that talk to others unverified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import replace

from batten.controls.images import floating
from batten.facts import BorrowedCode, Component, Fact, Feature, Secret
from batten.facts.pipeline import CodeKind
from batten.formats import Workspace, yaml, yaml_edits
from batten.formats.document import Text, Uneditable
from batten.formats.lines import line_start, removal
from batten.formats.paths import Path
from batten.formats.tree import Mapping, Node, Scalar, Sequence
from batten.masking import TOKENS
from batten.model import (
    ABSENT,
    Edit,
    Fix,
    Location,
    Remedy,
    RequireAuth,
    Safety,
    Setting,
    Span,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.model.record import record
from batten.technologies.shared.containers import image_facts as image_facts_
from batten.technologies.shared.containers import switches
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.text import shell

_LONGEST = 100_000  # characters of a script that are looked at
_SEGMENT = re.compile(r"(?:\\\r?\n|[^\n;|&\\]|\\.)+")
_PROGRAM = re.compile(r"(?:^|[\s(`\"'=!])(curl|wget|kubectl|oc|helm|git|podman|buildah|skopeo)(?=\s)")
# A program's words, and what they are to be instead ("": nothing).
_SKIPPED = ((r"--(?:kube-)?insecure-skip-tls-verify(?:=true)?", ""),)
_WORDS: Table[str, tuple[tuple[str, str], ...]] = {
    "curl": ((r"--insecure|-[fgiLsSvI]*k[fgiLsSvI]*", ""),),
    "wget": ((r"--no-check-certificate", ""),),
    "git": ((r"http\.sslVerify=false", "http.sslVerify=true"),),
    "podman": ((r"--tls-verify=false", ""),),
    "buildah": ((r"--tls-verify=false", ""),),
    "skopeo": ((r"--(?:src-|dest-)?tls-verify=false", ""),),
    "kubectl": _SKIPPED,
    "oc": _SKIPPED,
    "helm": _SKIPPED,
}
_VARIABLE = re.compile(r"\b(NODE_TLS_REJECT_UNAUTHORIZED)=[\"']?0[\"']?(?=\s|$)")
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|\[::1\]|\b0\.0\.0\.0|\.docker\.internal|\.local\b")
# Whom a variable or a bare address names, nobody knows here: a cluster for tests, say.
_NAMED = re.compile(r"https://(?:[^/\s@\"']*@)?[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b")
# A value that a generator made, and names of what lives no longer than the job.
_MADE = re.compile(
    r"(?=[^0-9]*[0-9])(?=.*[A-Za-z])(?!.*(?i:test|dummy|example|fake|sample|changeme|secret|passw))[\w+/=~.-]{16,}"
)
_OF_A_SERVER = re.compile(
    r"(?:^|_)(?:DEPLOY(?:MENT)?|SSH|SFTP|FTP|PROD(?:UCTION)?|STAGING|ANSIBLE|REGISTRY|HARBOR|NEXUS|ARTIFACTORY)_(?:\w+_)?(?:PASS\w*|PWD|SECRET|TOKEN|KEY)$",
    re.IGNORECASE,
)  # what jobs log in with where they deploy: a password of people's own is one, too
_OWN = re.compile(
    r"POSTGRES|^PG|MYSQL|MARIADB|MONGO|REDIS|RABBIT|DATABASE|(?:^|_)DB_|ELASTIC|MINIO|MSSQL|TEST|DUMMY|CACHE",
    re.IGNORECASE,
)
_DEMONSTRATED = ("JSON web token",)  # that tests make for themselves
UNKNOWN_AUTHORITY = "servers whose certificate is signed by a CA that the runner does not trust"


@record
class Place:
    """A scalar of the file with its path."""

    path: Path
    node: Scalar
    span: Span

    @property
    def name(self) -> str:
        return next((k for k in reversed(self.path) if isinstance(k, str)), "")

    @property
    def pointer(self) -> str:
        made = "".join(f"[{p}]" if isinstance(p, int) else f"/{p}" for p in self.path)
        return made.removeprefix("/")


def places(root: Node) -> Iterator[Place]:
    """Every scalar, in the file's order; what an anchor shares, where it is written, and once."""
    waiting: list[tuple[Path, Node]] = [((), root)]
    seen: set[Span] = set()
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, Scalar):
            if node.span not in seen:
                seen.add(node.span)
                yield Place(path, node, node.span)
        elif isinstance(node, Mapping):
            own = [e for e in node if e.alias is None]
            waiting += reversed([((*path, e.key.text), e.value) for e in own])
        elif isinstance(node, Sequence):
            own_items = [(n, i) for n, i in enumerate(node) if n not in node.aliases]
            waiting += reversed([((*path, n), i) for n, i in own_items])


def place_at(root: Node, span: Span | None) -> Place | None:
    """The scalar in which a place lies."""
    path: Path = ()
    node: Node | None = root
    while span is not None and node is not None and not isinstance(node, Scalar):
        if isinstance(node, Sequence):
            number = node.around(span)
            path, node = ((*path, number), node.items[number]) if number is not None else (path, None)
        else:
            entry = node.around(span)
            path, node = ((*path, entry.key.text), entry.value) if entry is not None else (path, None)
    return Place(path, node, node.span) if isinstance(node, Scalar) else None


def token_facts(source: Text, place: Place) -> Iterator[Secret]:
    raw = source.text[place.span.start : place.span.end][:_LONGEST]
    kind = credentials.token(raw)
    found = next((f for k, p in TOKENS if k == kind and (f := p.search(raw))), None)
    if kind is not None and found is not None and kind not in _DEMONSTRATED:
        span = Span(place.span.start + found.start(), place.span.start + found.end())
        at = Location(source.path, place.pointer, place.span if found[0] == place.node.text else span)
        yield credentials.in_config(at, place.name, kind)


def literal_facts(source: Text, place: Place, login: bool = False) -> Iterator[Secret]:
    """A password or key of the job's variables that is no word and of no database of the job's own, and the password with
    which a container's image is fetched, or with which an action logs in (`login`)."""
    name, value = place.name, place.node.text
    login = login or place.path[-2:] == ("credentials", "password") or place.path[:1] == ("registries",)
    fetched = login and name in ("password", "token", "key") and not credentials.placeholder(value)
    deploys = _OF_A_SERVER.search(name) is not None and credentials.found(name, value) is not None
    named = not (_OWN.search(name) or credentials.signing_name(name)) and (
        deploys or _MADE.fullmatch(value) is not None
    )
    kind = name if fetched else credentials.recognise(name, value) if named else None
    if kind in ("password", "key", "token"):
        at = Location(source.path, place.pointer, place.span)
        yield credentials.in_config(at, name, kind)


def variable_facts(source: Text, place: Place) -> Iterator[Feature]:
    if switches.unverified(place.name, place.node.text):
        at = Location(source.path, place.pointer, place.span)
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), place.name)


def script_facts(source: Text, place: Place) -> Iterator[Feature]:
    """One for each command that talks to another machine without verifying it."""
    for span, what, _ in unverified(source.text, place.span, place.node.style):
        at = Location(source.path, f"{place.pointer}[{what}]", span)
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), what)


def unverified(text: str, whole: Span, quote: str = "") -> Iterator[tuple[Span, str, str]]:
    """Where in a script it is said, by which program, and what belongs there instead; `quote` is that of the scalar of YAML which
    the script is."""
    written, places = _as_run(text[whole.start : min(whole.end, whole.start + _LONGEST)], quote)
    script = executed(written)

    def place(start: int, end: int) -> Span:
        return Span(whole.start + places[start], whole.start + places[end])

    for segment in _SEGMENT.finditer(script):
        if _LOCAL.search(segment[0]):
            continue
        found = _VARIABLE.search(segment[0])
        if found:
            start = segment.start() + found.start()
            yield place(start, start + len(found[0])), found[1], f"{found[1]}=1"
        program = _PROGRAM.search(segment[0])
        if program is None or shell.printed(segment[0][: program.start(1)]):
            continue
        if program[1] in ("curl", "wget") and not _NAMED.search(segment[0]):
            continue
        for pattern, instead in _WORDS[program[1]]:
            word = re.search(rf"(?<=\s)(?:{pattern})(?=[\s\"']|$)", segment[0])  # ours: _WORDS
            if word and not _within_quotes(segment[0][program.end() : word.start()]):
                start = segment.start() + word.start()
                yield place(start, start + len(word[0])), program[1], instead


# https://yaml.org/spec/1.2.2/#57-escaped-characters, and a line that is folded.
_ESCAPE = re.compile(
    r"\\(?:x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})|\r?\n[ \t]*|(?P<one>.))"
)
_NAMED_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "N": "\n",
    "L": "\n",
    "P": "\n",
    "0": " ",
    "a": " ",
    "b": " ",
    "e": " ",
    "f": " ",
    "v": " ",
}


def _as_run(raw: str, quote: str) -> tuple[str, list[int]]:
    """The script that a scalar is, and the place of each of its characters, and of its end, in the scalar as it is written."""
    if quote and raw.startswith(quote):
        raw = f" {raw[1:-1]} " if raw.endswith(quote) else f" {raw[1:]}"
    if quote != '"' or "\\" not in raw:
        return raw, list(range(len(raw) + 1))
    text: list[str] = []
    places: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(raw):
        text += raw[at : found.start()]
        places += range(at, found.start())
        at = found.end()
        code = found["x"] or found["u"] or found["U"]
        made = _NAMED_ESCAPES.get(found["one"], found["one"]) if found["one"] else ""
        if code:
            made = chr(int(code, 16)) if int(code, 16) < 0x110000 else " "
        if made:
            text.append(made)
            places.append(found.start())
    text += raw[at:]
    places += range(at, len(raw) + 1)
    return "".join(text), places


def executed(script: str) -> str:
    """The script with blanks for its comments, and for the texts that it hands to other programs."""
    for document in shell.documents(script):
        blank = re.sub(r"[^\n]", " ", script[document.start : document.end])
        script = script[: document.start] + blank + script[document.end :]
    lines = (
        f"{line[: (end := shell.comment(line))]}{' ' * (len(line) - end)}" for line in script.split("\n")
    )
    return "\n".join(lines)


def _within_quotes(before: str) -> bool:
    """Whether a quote is open behind this text: what follows is part of an argument."""
    return before.count("'") % 2 == 1 or before.count('"') % 2 == 1


def image_facts(source: Text, place: Place, unknown: bool) -> Iterator[Fact]:
    """The products in the image that a job runs in; that it is named loosely is a build's own affair."""
    at = Location(source.path, place.pointer, place.span)
    found = () if unknown else image_facts_.image_facts(Setting(place.node.text, at))
    yield from (replace(f, job=True) for f in found if isinstance(f, Component))


def fix_of(file: str, workspace: Workspace, remedy: Remedy, at: Location, reference: str = "") -> Fix | None:
    """`reference` is how the service names a secret, with `{}` for its name; "" where it has no such name."""
    document = workspace.document(file, yaml.parse_all)
    root = next(
        (
            t
            for t in document.tree
            if at.span is not None and t.span.start <= at.span.start and at.span.end <= t.span.end
        ),
        None,
    )
    if root is None:
        return None
    if isinstance(remedy, TurnOn) and remedy.feature is Switch.VERIFY_TLS:
        source = document.source
        title = "verify certificates"
        assert at.span is not None
        place = place_at(root, at.span)
        if place is None:
            return None
        if place.span == at.span:
            wanted = switches.verified(place.name)
            edits = _set(source, root, place.path, f'"{wanted}"') if wanted is not None else []
            return _made(title, edits, UNKNOWN_AUTHORITY)
        found = unverified(source.text, place.span, place.node.style)
        instead = next((text for span, _, text in found if span == at.span), None)
        if instead:
            return _made(title, [Edit(source.path, at.span, instead)], UNKNOWN_AUTHORITY)
        alone = not source.text[line_start(source.text, at.span.start) : at.span.start].strip()
        if instead == "" and not alone:
            return _made(title, [removal(source, at.span)], UNKNOWN_AUTHORITY)
        return None
    place = place_at(root, at.span)
    if place is None or place.span != at.span:
        return None
    if remedy == TurnOff(Switch.DEBUG_TRACE) and "variables" in place.path:
        edits = _removed(document.source, root, place.path[: place.path.index("variables") + 2])
        return _made("write no trace of all variables", edits, "people who look for values in the log")
    if remedy == TurnOff(Switch.UNPROTECTED_CACHE):
        edits = _removed(document.source, root, place.path)
        return _made(
            "give protected branches caches of their own", edits, "the first runs, whose caches are empty"
        )
    if not isinstance(remedy, RequireAuth) or not reference:
        return None
    name = re.sub(r"\W+", "_", place.name).upper()
    value = yaml_edits.source_of(reference.replace("{}", name))
    breaks = f"the job, until its settings have a secret {name}; revoke the old token"
    return _made("read the token from a secret", _set(document.source, root, place.path, value), breaks)


def _removed(source: Text, root: Node, path: Path) -> list[Edit]:
    try:
        return yaml_edits.remove(source, root, path, prune=True)
    except Uneditable:
        return []


def _set(source: Text, root: Node, path: Path, value: str) -> list[Edit]:
    try:
        return yaml_edits.set_value(source, root, path, value)
    except Uneditable:
        return []


def _made(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


_PROGRAMS = r"eval|(?:ba|z|da|k)?sh[ \t]+-[a-z]*c|python3?[ \t]+-c|node[ \t]+-(?:e|p)|perl[ \t]+-e|ruby[ \t]+-e|php[ \t]+-r|ssh"
_RUNS_TEXT = re.compile(
    rf"(?:^|[\s;&|(`])(?:sudo[ \t]+)?(?:{_PROGRAMS})(?=\s|\")(?P<code>(?:\"(?:\\.|[^\"\\])*\"|'[^'\n]*'|[^\n;|&\"'])*)"
)
_TAKEN = re.compile(r"'[^']*'|\\.|\$\{?(?P<name>[A-Za-z_]\w*)")
_KEPT = re.compile(
    r"(?:echo|printf)[ \t]+(?:-\w+[ \t]+)?(?:\"|')?(?P<name>[A-Za-z_][\w-]*)=(?P<value>[^\n]*?)(?:\"|')?[ \t]*>>"
)


_CREDENTIAL_FILE = re.compile(
    r"(?:.*/)?(?:\.env(?:\.(?:local|production|prod|staging))?|id_(?:rsa|ed25519|ecdsa)|[\w.-]*\.(?:pem|p12|pfx|jks|kdbx)|\.npmrc|\.pypirc|\.netrc|"
    r"\.git/?|\.git-credentials|kubeconfig|\.kube/config|\.aws/credentials|\.docker/config\.json|terraform\.tfstate)"
)


def credential_file(path: str) -> bool:
    """Whether a path of an artifact names a file that is made for credentials."""
    return not path.startswith("!") and _CREDENTIAL_FILE.fullmatch(path.strip()) is not None


def code_of(node: Scalar) -> Span:
    """Where a script is written, without the quotes around it."""
    quoted = node.style in ("'", '"')
    return Span(node.span.start + 1, node.span.end - 1) if quoted else node.span


def evaluated(script: str) -> Iterator[tuple[str, Span]]:
    """The variables that a script hands to an interpreter as code, `eval` or `sh -c`, and where."""
    for found in _RUNS_TEXT.finditer(executed(script[:_LONGEST])):
        for taken in _TAKEN.finditer(found["code"]):
            if taken["name"]:
                start = found.start("code") + taken.start()
                yield taken["name"], Span(start, found.start("code") + taken.end("name"))


def environment_writes(script: str, file: str) -> Iterator[tuple[str, str]]:
    """Names and values that a script appends to the file that a variable names."""
    for line in script[:_LONGEST].splitlines():
        kept = _KEPT.search(line) if file in line else None
        if kept:
            yield kept["name"], kept["value"]


def borrowed_image(path: str, pointer: str, reference: str, span: Span) -> Iterator[BorrowedCode]:
    """The image that a job runs in, or beside it. A variable in its name is not known."""
    name, _, digest = reference.partition("@")
    bare, _, tag = name.rpartition(":")
    bare, tag = (bare, tag) if bare and "/" not in tag else (name, "")
    if not bare or "$" in reference:
        return
    at = Location(path, pointer, span)
    yield BorrowedCode(
        at,
        kind=CodeKind.IMAGE,
        name=bare,
        version=Setting(tag or ABSENT, at),
        fixed=bool(digest),
        verified=bool(tag) and not floating(tag),
    )
