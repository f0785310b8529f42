"""A Compose project: its files merged, `extends` and `include` followed, variables replaced."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from batten.formats import SyntaxProblem, Unreadable, Workspace, tree
from batten.formats.env import parse_env
from batten.model import Context, Problem, Span
from batten.technologies.orchestration.compose.layers import documents
from batten.technologies.orchestration.compose.parts import Part, merged, normal, part_of, truth

_MOST_FILES = 500  # of a project
_DEEPEST = 60  # files that include each other, and services that extend each other, in a row
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
    bases: list[str] = field(default_factory=list)  # paths in the folders of included projects
    problems: list[Problem] = field(default_factory=list)
    root: Part | None = None


_Variables = Mapping[str, str]
_Key = tuple[str, str, tuple[tuple[str, str], ...]]  # a file, the project's folder, its variables


@dataclass(slots=True)
class _Loader:
    workspace: Workspace
    project: Project
    raw: dict[_Key, Part] = field(default_factory=dict)

    def file(self, path: str, variables: _Variables, base: str = "") -> Part:
        """A file's tree as a part. Raises SyntaxProblem and Unreadable."""
        key = (path, base, tuple(sorted(variables.items())))
        if key not in self.raw:
            roots = [
                part_of(tree, path, (), variables, base=base) for tree in documents(path, self.workspace)
            ]
            # A file of the first version has its services at its root, and another word for their network mode.
            # Source: https://docs.docker.com/compose/intro/history/
            root = reduce(merged, roots)
            if not is_first_version(root.table or {}):
                self.raw[key] = root
            else:
                services = {
                    name: replace(part, table={_RENAMED.get(k, k): v for k, v in (part.table or {}).items()})
                    for name, part in root.entries()
                }
                self.raw[key] = replace(root, table={"services": replace(root, table=services)})
            if path not in self.project.files:
                self.project.files.append(path)
            if base and base not in self.project.bases:
                self.project.bases.append(base)
        return self.raw[key]

    def other(self, path: str | None, beside: Part, variables: _Variables, base: str = "") -> Part | None:
        """A file that another names; what is wrong with it is a problem of its own."""
        if path is None:
            message = f"`{beside.text}` is outside the reviewed folder"
            self.told(beside, message, "review the folder that contains both")
            return None
        if len(self.project.files) >= _MOST_FILES and path not in self.project.files:
            message = f"`{path}` was not read: the project has more than {_MOST_FILES} files"
            self.told(beside, message, "split the project, or review the file by itself")
            return None
        try:
            return self.file(path, variables, base)
        except Unreadable as error:
            self.told(beside, f"`{path}` cannot be read: {error}", error.hint)
        except SyntaxProblem as error:
            text = self.workspace.text(path)
            line = text.line_of(min(error.offset, len(text.text)))
            self.project.problems.append(Problem(path, "read", str(error), hint=error.hint, line=line))
        return None

    def told(self, at: Part, message: str, hint: str) -> None:
        """A problem at what names a file or a service."""
        line = self.workspace.text(at.source).line_of(at.span.start)
        self.project.problems.append(Problem(at.source, "read", message, hint=hint, line=line))


_RENAMED = {"net": "network_mode"}


def is_first_version(root: Mapping[str, Part | tree.Node]) -> bool:
    """Whether every entry of a file is a service. One that is called `services` and has no image or build as a text holds
    services itself, one of which is called `build` or `image`."""
    services = root.get("services")
    if isinstance(services, (Part, tree.Mapping)) and not any(
        _is_text(services[key]) for key in ("image", "build")
    ):
        return False
    return bool(root) and all(
        isinstance(part, (Part, tree.Mapping)) and any(part[k] is not None for k in ("image", "build"))
        for part in root.values()
    )


def _is_text(node: Part | tree.Node | None) -> bool:
    return isinstance(node, tree.Scalar) or (
        isinstance(node, Part) and node.table is None and node.items is None
    )


def load(files: tuple[str, ...], workspace: Workspace) -> Project:
    """The project that these files make, later ones laid over earlier. Raises SyntaxProblem and
    Unreadable for the first."""
    return workspace.kept(("compose", *files), lambda: _load(files, workspace))


def _load(files: tuple[str, ...], workspace: Workspace) -> Project:
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


def _add(root: Part, loader: _Loader, variables: _Variables, chain: tuple[str, ...] = ()) -> None:
    """The file's own tables over those of what it includes. `chain`: the files that led to it, itself last."""
    project = loader.project
    for included in (root["include"] or Part("", (), Span(0, 0))).each():
        _include(included, loader, variables, chain or (root.source,))
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


def _include(part: Part, loader: _Loader, variables: _Variables, chain: tuple[str, ...]) -> None:
    """A project of its own: its files are laid over each other in its own folder, with its own variables, which those
    of the project around it overrule (compose-go, loader/include.go)."""
    written = part["path"] if part.table is not None else part
    paths = list(written.each()) if written is not None else []
    known = [p for p in paths if _local(p, loader)]
    if not known:
        return
    first = loader.workspace.resolve(part.beside, known[0].text)
    folder = _folder(part, first, loader)
    # Those of its `env_file`, later files over earlier; otherwise those of .env in its folder.
    listed = part["env_file"]
    if listed is None:
        included_variables: dict[str, str] = dotenv(posixpath.join(folder, ".env"), loader.workspace)
    else:
        found: dict[str, str] = {}
        for item in listed.each():
            included_target = loader.workspace.resolve(part.beside, item.text) if item.known else None
            if included_target is None or not loader.workspace.exists(included_target):
                loader.told(
                    item, f"`{item.text if item.known else 'env_file'}` cannot be read", "check the path"
                )
            else:
                found.update(dotenv(included_target, loader.workspace))
        included_variables = found
    inner = {**included_variables, **variables}
    for path in known:
        target = loader.workspace.resolve(part.beside, path.text)
        base = (
            "" if target and posixpath.dirname(target) == folder else posixpath.join(folder, "compose.yaml")
        )
        if target in chain:
            loader.told(path, f"`{target}` includes itself", "remove the circular `include`")
        elif len(chain) > _DEEPEST:
            message = f"`{path.text}` was not read: more than {_DEEPEST} files include each other in a row"
            loader.told(path, message, "include it from a file nearer to the first one")
        elif (target or "", base, tuple(sorted(inner.items()))) not in loader.raw:
            root = loader.other(target, path, inner, base)
            if root is not None and root.table is not None:
                _add(root, loader, inner, (*chain, root.source))


def _local(path: Part, loader: _Loader) -> bool:
    """Whether the path of an include names a file here."""
    if not path.known:
        hint = "set the variable in .env, or write the path"
        loader.told(path, "the path of an `include` depends on a variable that is not set here", hint)
    elif "://" in path.text or path.text.startswith("git@"):
        loader.told(path, f"`{path.text}` is remote and was not read", "review it where it is kept")
    else:
        return True
    return False


def _folder(part: Part, first: str | None, loader: _Loader) -> str:
    """What relative paths of an included project are relative to: its `project_directory`, or its first file's."""
    told = part["project_directory"]
    if told is not None and told.known and told.text:
        found = loader.workspace.resolve(part.beside, told.text)
        if found is not None:
            return "" if found == "." else found
    return posixpath.dirname(first or "")


def _extended(
    name: str, part: Part, root: Part, loader: _Loader, variables: _Variables, seen: tuple[str, ...]
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
    if identity in seen:
        loader.told(extends, f"`{name}` extends itself", "remove the circular `extends`")
        return own
    if len(seen) > _DEEPEST:
        message = f"`{target.text}` was not read: more than {_DEEPEST} services extend each other in a row"
        loader.told(extends, message, "extend a service nearer to the first one")
        return own
    other: Part | None = root
    if file:
        other = loader.other(loader.workspace.resolve(part.beside, file.text), file, variables)
    base = ((other["services"] if other else None) or own)[target.text]
    if other is None or base is None or base.table is None:
        return own
    full = _extended(target.text, base, other, loader, variables, (*seen, identity))
    return replace(merged(full, own), source=own.source, path=own.path, span=own.span, base=own.base)


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
        target = workspace.resolve(item.beside, path.text) if path and path.known else None
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
        target = workspace.resolve(item.beside, path.text) if path and path.known else None
        if target is None or not workspace.exists(target):
            return False
    return True
