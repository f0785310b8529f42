"""A Compose project: its files merged, `extends` and `include` followed, variables replaced."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.env import parse_env
from batten.model import Context, Problem, Span
from batten.technologies.compose.parts import Part, merged, normal, part_of, truth

_MOST_FILES = 50
_TOOLS = frozenset(("tools", "debugging"))  # profiles that developers start beside the rest


@dataclass(slots=True)
class Project:
    """`services` are merged; `files` are all that were read, those of `include` and `extends` too."""

    directory: str
    services: dict[str, Part] = field(default_factory=dict)
    networks: dict[str, Part] = field(default_factory=dict)
    volumes: dict[str, Part] = field(default_factory=dict)
    configs: dict[str, Part] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    root: Part | None = None


@dataclass(slots=True)
class _Loader:
    workspace: Workspace
    project: Project
    raw: dict[str, Part] = field(default_factory=dict)

    def file(self, path: str, variables: Mapping[str, str]) -> Part:
        """A file's tree as a part. Raises SyntaxProblem and Unreadable."""
        if path not in self.raw:
            node = self.workspace.document(path, yaml.parse).tree
            self.raw[path] = part_of(node, path, (), variables)
            self.project.files.append(path)
        return self.raw[path]

    def other(self, path: str | None, beside: Part, variables: Mapping[str, str]) -> Part | None:
        """A file that another names; what is wrong with it is a problem of its own."""
        line = self.workspace.text(beside.source).line_of(beside.span.start)
        if path is None or len(self.project.files) >= _MOST_FILES:
            message = f"`{beside.text}` is outside the reviewed folder"
            self.problem(beside.source, message, "review the folder that contains both", line)
            return None
        try:
            return self.file(path, variables)
        except Unreadable as error:
            self.problem(beside.source, f"`{path}` cannot be read: {error}", error.hint, line)
        except SyntaxProblem as error:
            text = self.workspace.text(path)
            self.problem(path, str(error), error.hint, text.line_of(min(error.offset, len(text.text))))
        return None

    def problem(self, source: str, message: str, hint: str, line: int) -> None:
        self.project.problems.append(Problem(source, "read", message, hint=hint, line=line))


def load(files: tuple[str, ...], workspace: Workspace) -> Project:
    """The project that these files make, later ones laid over earlier. Raises SyntaxProblem and
    Unreadable for the first."""
    directory = posixpath.dirname(files[0])
    variables = dotenv(posixpath.join(directory, ".env"), workspace)
    project = Project(directory)
    loader = _Loader(workspace, project)
    for number, path in enumerate(files):
        root = loader.file(path, variables)
        if root.table is None:
            if number == 0 and root.value is not None:
                raise SyntaxProblem(
                    "a Compose file must be a mapping", root.span.start, "start it with `services:`"
                )
            continue
        project.root = project.root or root
        _add(root, loader, variables)
    return project


def _add(root: Part, loader: _Loader, variables: Mapping[str, str], depth: int = 0) -> None:
    project = loader.project
    if depth < 10:
        for included in (root["include"] or Part("", (), Span(0, 0))).each():
            _include(included, loader, variables, depth)
    tables = {"networks": project.networks, "volumes": project.volumes, "configs": project.configs}
    for key, kept in tables.items():
        for name, part in (root[key] or root).entries() if root[key] else ():
            kept[name] = merged(kept[name], part) if name in kept else part
    services = root["services"]
    for name, part in services.entries() if services else ():
        if part.table is None:
            continue
        full = _extended(name, part, root, loader, variables, ())
        project.services[name] = merged(project.services[name], full) if name in project.services else full


def _include(part: Part, loader: _Loader, variables: Mapping[str, str], depth: int) -> None:
    paths = part["path"] if part.table is not None else part
    for path in paths.each() if paths else ():
        if not path.known:
            continue
        target = loader.workspace.resolve(part.source, path.text)
        beside = dotenv(posixpath.join(posixpath.dirname(target or ""), ".env"), loader.workspace)
        if target is not None and target in loader.raw:
            continue
        inner = {**beside, **variables}
        root = loader.other(target, path, inner)
        if root is not None and root.table is not None:
            _add(root, loader, inner, depth + 1)


def _extended(
    name: str, part: Part, root: Part, loader: _Loader, variables: Mapping[str, str], seen: tuple[str, ...]
) -> Part:
    """The service with what it extends below it, and its lists of names and values as mappings."""
    own = replace(part, table={k: normal(k, v) for k, v in part.entries()})
    extends = part["extends"]
    if extends is None:
        return own
    target = extends["service"] if extends.table is not None else extends
    file = extends["file"]
    if target is None or not target.known or (file and not file.known):
        return own
    identity = f"{file.text if file else ''}:{target.text}"
    if identity in seen or len(seen) > 20:
        line = loader.workspace.text(part.source).line_of(extends.span.start)
        loader.problem(part.source, f"`{name}` extends itself", "remove the circular `extends`", line)
        return own
    other: Part | None = root
    if file:
        other = loader.other(loader.workspace.resolve(part.source, file.text), file, variables)
    base = ((other["services"] if other else None) or own)[target.text]
    if other is None or base is None or base.table is None:
        return own
    full = _extended(target.text, base, other, loader, variables, (*seen, identity))
    return replace(merged(full, own), source=own.source, path=own.path, span=own.span)


def dotenv(path: str, workspace: Workspace) -> dict[str, str]:
    """The variables of a .env file; none when there is no such file or it cannot be read, which the
    reader of environment files reports."""
    return {k: v for k, (v, _) in _env_pairs(path, workspace).items()}


def _env_pairs(path: str, workspace: Workspace) -> dict[str, tuple[str, Span]]:
    if not workspace.exists(path):
        return {}
    try:
        pairs = workspace.document(path, parse_env).tree
    except (Unreadable, SyntaxProblem):
        return {}
    return {p.key: (p.value, p.value_span) for p in pairs if p.value is not None}


def environment(service: Part, workspace: Workspace) -> dict[str, Part]:
    """The service's variables: those of its env files, with its own `environment` over them."""
    found: dict[str, Part] = {}
    for item in (service["env_file"] or Part("", (), Span(0, 0))).each():
        path = item["path"] if item.table is not None else item
        target = workspace.resolve(item.source, path.text) if path and path.known else None
        for name, (value, span) in _env_pairs(target, workspace).items() if target else ():
            found[name] = Part(target or "", (), span, value, raw=value)
    for name, part in (service["environment"] or Part("", (), Span(0, 0))).entries():
        found[name] = part
    return found


def context(service: Part) -> Context | None:
    """What a service is for that only profiles for developers or tests start; None for others."""
    profiles = service["profiles"]
    names = [p.text.lower() for p in profiles.each()] if profiles is not None else []
    found = {Context.DEVELOPMENT if n in _TOOLS else Context.named(n) or Context.PRODUCTION for n in names}
    if not found or Context.PRODUCTION in found:
        return None
    return next(iter(found)) if len(found) == 1 else Context.DEVELOPMENT


def env_files_known(service: Part, workspace: Workspace) -> bool:
    """Whether every file of variables that the service reads is here."""
    for item in (service["env_file"] or Part("", (), Span(0, 0))).each():
        path = item["path"] if item.table is not None else item
        optional = item["required"]
        if optional is not None and not truth(optional):
            return False
        target = workspace.resolve(item.source, path.text) if path and path.known else None
        if target is None or not workspace.exists(target):
            return False
    return True
