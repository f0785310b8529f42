"""A Caddyfile as Caddy sees it: options and sites, with what `import` brings in, and matchers by name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.caddyfile import Statement, parse
from batten.formats.document import Text
from batten.formats.workspace import parse_problem
from batten.model import Kind, Location, Problem, Span
from batten.patterns import fits
from batten.technologies import Unit
from batten.technologies.shared.containers.versions import image_version
from batten.technologies.shared.edges.nodes import Node
from batten.technologies.shared.text.places import Places

DEEPEST = 20  # imports in imports
MOST = 20_000  # statements that imports may bring; snippets that import each other often stop here
_ENVIRONMENT = re.compile(r"\{\$([^}:]+)(:[^}]*)?\}")
_ARGUMENT = re.compile(r"\{args(?:\.(\d+)|\[(\d+)\])\}")
_PLACEHOLDER = re.compile(r"\{(?:\$|[a-zA-Z_][\w.\-*<>]*\})")
_TEMPLATE = re.compile(r"\{\{|<%|\$\{\w")
_PATHLESS = frozenset(("import", "tls", "log", "bind", "handle_errors", "map", "vars", "invoke", "tracing"))
# Directives that a file of a site's directives begins with; a word that is none of them is an address.
DIRECTIVES = frozenset(
    [
        "abort", "acme_server", "basic_auth", "basicauth", "bind", "encode", "error", "file_server", "forward_auth", "handle",
        "handle_errors", "handle_path", "header", "invoke", "log", "log_append", "map", "method", "metrics", "php_fastcgi",
        "push", "redir", "request_body", "request_header", "respond", "reverse_proxy", "rewrite", "root", "route", "templates",
        "tls", "tracing", "try_files", "uri", "vars",
    ]
)  # fmt: skip
NESTING = frozenset(("handle", "handle_path", "route"))


@dataclass(slots=True, eq=False)
class Item(Node):
    """A statement where it is in force. `texts` are its words with the arguments of an import put in, and
    the defaults of environment variables."""

    statement: Statement
    texts: list[str]
    imported: bool = False
    unread: bool = False  # an import here is of a file that is not here
    _matchers: dict[str, Item] | None = None
    _hides: bool | None = None

    def __post_init__(self) -> None:
        self.name = self.texts[0] if self.texts else ""

    @property
    def span(self) -> Span:
        return self.statement.span

    @property
    def args(self) -> list[str]:
        """The words behind the name, the matcher left out where it may have one."""
        return self.texts[2:] if self.matched else self.texts[1:]

    @property
    def matched(self) -> str:
        """The matcher's token: `*`, `/path` or `@name`; "" when there is none."""
        word = self.texts[1] if len(self.texts) > 1 else ""
        takes = self.up is not None and (self.up.is_site or self.up.name in (*NESTING, "handle_errors"))
        token = word == "*" or word.startswith(("/", "@"))
        return (
            word if takes and token and self.name not in _PATHLESS and not self.name.startswith("@") else ""
        )

    @property
    def is_site(self) -> bool:
        return self.up is not None and self.up.up is None and bool(self.statement.words)

    @property
    def varies(self) -> bool:
        return any(varies(t) for t in self.texts)

    @property
    def pointer(self) -> str:
        if self.up is None:
            return ""
        outer = self.up.pointer
        own = f"site[{self.name}]" if self.is_site else self._step
        return f"{outer}/{own}" if outer else own

    @property
    def _step(self) -> str:
        if not self.statement.words:
            return "options"
        field_named = self.matched or (
            self.texts[1]
            if self.name in ("header", "header_up", "header_down", "log") and len(self.texts) > 1
            else ""
        )
        return f"{self.name}[{field_named}]" if field_named else self.name

    def head(self) -> Location:
        """Its words, without the block."""
        return self.within(self.statement.head)

    def word(self, number: int) -> Location:
        words = self.statement.words
        return self.within(words[min(number, len(words) - 1)].span)

    @property
    def site(self) -> Item:
        item = self
        while item.up is not None and not item.is_site and item.up.up is not None:
            item = item.up
        return item

    def hides(self) -> bool:
        """Whether an import that is not here may hold more of it."""
        if self._hides is None:
            self._hides = self.unread or any(i.unread for i in self.walk())
        return self._hides

    def matcher(self, name: str) -> Item | None:
        """The definition of a matcher in a site."""
        if self._matchers is None:
            self._matchers = {}
            for item in self.walk():
                if item.name.startswith("@"):
                    self._matchers.setdefault(item.name, item)
        return self._matchers.get(name)


@dataclass(slots=True)
class Tree:
    """One configuration. `options` is the block of global options, where there is one."""

    root: Item
    options: Item | None
    sites: list[Item]
    problems: list[Problem]
    files: tuple[str, ...]
    version: str = ""
    _places: Places[Item] | None = None

    def option(self, *names: str) -> Item | None:
        return self.options.first(*names) if self.options is not None else None

    def at(self, at: Location) -> Item | None:
        """The innermost item at a location."""
        if self._places is None:
            self._places = Places((i.source.path, i.span, i) for i in self.root.walk())
        if at.span is not None and at.kind is Kind.BLOCK:
            for item in self._places.exact(at.source, at.span):
                if item.pointer == at.pointer:
                    return item
        around = self._places.innermost(at.source, at.span) if at.span is not None else []
        if not around and at.source == self.files[0] and at.pointer == "":
            return self.root
        return around[0] if around else None


def varies(text: str) -> bool:
    """Whether the environment, the request or a template decides what a text says."""
    return bool(_PLACEHOLDER.search(text) or _TEMPLATE.search(text))


class _Reading:
    """What is met while imports are followed."""

    def __init__(self, workspace: Workspace, main: str) -> None:
        self.workspace = workspace
        self.files = [main]
        self.problems: list[Problem] = []
        self.snippets: dict[str, tuple[Statement, Text]] = {}
        self.left = MOST

    def tell(self) -> None:
        """Tell, once, that imports expand to more than is read."""
        message = f"imports expand to more than {MOST:,} statements; the rest is not read"
        problem = Problem(self.files[0], "read", message, hint="review the parts separately")
        if problem not in self.problems:
            self.problems.append(problem)


def load(unit: Unit, workspace: Workspace) -> Tree:
    """The unit's configuration. Raises SyntaxProblem and Unreadable of the main file."""
    return workspace.kept(("caddy", unit), lambda: _load(unit, workspace))


def _load(unit: Unit, workspace: Workspace) -> Tree:
    document = workspace.document(unit.main, parse)
    reading = _Reading(workspace, unit.main)
    root = Item(document.source, None, document.tree, [])
    if any(c.name in DIRECTIVES for c in document.tree.children):
        _part(document.tree.children[0], _flat(document.tree), document.source, root, reading)
    else:
        _expand(document.tree, document.source, root, reading, (), ())
    options = next((i for i in root.items[:1] if not i.statement.words), None)
    # The snippets of a file without sites, each as a site of which no more is known: another file imports them.
    sites = [i for i in root.items if i.is_site] or [
        *(
            _part(statement, statement, document.source, root, reading)
            for name, (statement, text) in reading.snippets.items()
            if text is document.source and not name.startswith("&")
        )
    ]
    root.settle()
    version = image_version(unit.main, workspace, "caddy", "caddy-docker-proxy", "frankenphp")
    return Tree(root, options, sites, reading.problems, tuple(reading.files), version)


def _part(statement: Statement, block: Statement, source: Text, root: Item, reading: _Reading) -> Item:
    """A site of which only these directives are known: neither its address nor what else is in it."""
    site = Item(source, root, statement, [], unread=True)
    root.items.append(site)
    _expand(block, source, site, reading, (), ())
    return site


def _expand(
    block: Statement,
    source: Text,
    into: Item,
    reading: _Reading,
    given: tuple[str, ...],
    trail: tuple[str, ...],
) -> None:
    for statement in block.children:
        name = statement.name
        if into.up is None and name.startswith(("(", "&(")) and name.endswith(")"):
            # A named route is known by its sign, too: a snippet may have the same name.
            reading.snippets[name.replace("(", "", 1)[:-1]] = (statement, source)
            continue
        if name == "import" and len(statement.words) > 1 and statement.body is None:
            _import(statement, source, into, reading, given, trail)
            continue
        reading.left -= bool(trail)
        if reading.left < 0:
            into.unread = True
            reading.tell()
            return
        texts = [_resolved(w.text, given) for w in statement.words]
        item = Item(source, into, statement, texts, imported=bool(trail))
        into.items.append(item)
        if name == "invoke" and into.up is not None:
            # What a named route does, where it is invoked; `&(name)` is defined beside the sites.
            invoke_name = f"&{item.texts[1]}" if len(item.texts) > 1 else ""
            route = reading.snippets.get(invoke_name)
            if route is None or invoke_name in trail or item.up is None:
                item.unread = True
            else:
                _expand(route[0], route[1], item.up, reading, (), (*trail, invoke_name))
            continue
        _expand(statement, source, item, reading, given, trail)


def _resolved(text: str, given: tuple[str, ...]) -> str:
    """Arguments of the import put in; a variable with a default takes it, one without stays."""

    def argument(found: re.Match[str]) -> str:
        number = int((found[1] or found[2])[:6])
        return given[number] if number < len(given) else found[0]

    if "{" not in text:
        return text
    text = _ARGUMENT.sub(argument, text)
    return _ENVIRONMENT.sub(lambda m: m[0] if m[2] is None else m[2][1:], text)


def _import(
    statement: Statement,
    source: Text,
    into: Item,
    reading: _Reading,
    given: tuple[str, ...],
    trail: tuple[str, ...],
) -> None:
    name, *rest = [_resolved(w.text, given) for w in statement.words[1:]]
    snippet = reading.snippets.get(name)
    reading.left -= 1  # so that imports that bring nothing but imports come to an end
    if name in trail or len(trail) > DEEPEST or reading.left < 0:
        into.unread = True
        if reading.left < 0:
            reading.tell()
    elif snippet is not None:
        _expand(snippet[0], snippet[1], into, reading, tuple(rest), (*trail, name))
    else:
        found = list(_imported(name, source.path, reading.workspace))
        into.unread = into.unread or not found
        for file in found:
            # The statements of one file, in place. What cannot be read is a problem, and hides settings.
            bring_given = tuple(rest)
            if file not in reading.files:
                reading.files.append(file)
            try:
                document = reading.workspace.document(file, parse)
            except (SyntaxProblem, Unreadable) as error:
                reading.problems.append(parse_problem(file, error, reading.workspace))
                into.unread = True
            else:
                tree = document.tree
                if into.up is not None:
                    tree = _flat(tree)
                _expand(tree, document.source, into, reading, bring_given, (*trail, name))


def _flat(tree: Statement) -> Statement:
    """A file of directives looks like one site without braces: its first line is a directive, too."""
    last = tree.children[-1] if tree.children else tree
    if not last.bare:
        return tree
    opening = Statement(last.words, last.head, last.head)
    return Statement([], tree.span, tree.head, tree.body, [*tree.children[:-1], opening, *last.children])


def _imported(pattern: str, beside: str, workspace: Workspace) -> Iterator[str]:
    """Files that an import names: beside the file, or below /etc/caddy where that is the file's folder."""
    folder = posixpath.dirname(beside)
    for prefix in ("/etc/caddy/", f"/{folder}/"):
        pattern = pattern.removeprefix(prefix)
    path = posixpath.normpath(posixpath.join(folder, pattern))
    if path.startswith(("..", "/")) or "{" in path:
        return
    if not re.search(r"[*?\[]", path):
        if workspace.exists(path) and path != beside:
            yield path
        return
    if re.search(r"[*?\[]", posixpath.dirname(path)):
        return
    for entry in workspace.entries(posixpath.dirname(path)):
        name = posixpath.basename(entry)
        if fits(name, posixpath.basename(path)) and not name.startswith(".") and workspace.exists(entry):
            yield entry
