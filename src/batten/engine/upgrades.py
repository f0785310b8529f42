"""Another version of an image, where the files show what it would not suit: then it is a question."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator

from batten.formats import SyntaxProblem, Unreadable, Workspace, dockerfile
from batten.formats.dockerfile import Instruction
from batten.model import Edit, Finding, Fix
from batten.model import remedy as want
from batten.technologies.orchestration.dockerfile.context import context_folder
from batten.technologies.orchestration.dockerfile.stages import stages
from batten.technologies.shared.containers import images

_SYSTEMS = frozenset(("debian", "ubuntu", "alpine-linux"))
_INSTALLED = re.compile(
    r"\b(?:apt-get|apt|apk|dnf|yum|microdnf)(?:\s+-\S+)*\s+(?:install|add)\b(?P<packages>[^;&|]*)"
)
_PACKAGE = re.compile(r"[a-z][a-z0-9.+-]+")
# Packages that a distribution names by the version of what they hold, which another release does not have.
_VERSIONED = re.compile(
    r"php(?:\d\.\d|\d{1,2})|postgresql-?\d{2}|python3\.\d+|openjdk-?\d+|mariadb-server-\d|ruby\d|nodejs-\d|linux-image-\d",
)
_EXTENSION = re.compile(r"\bpecl\s+install\b[^;&|]*?\s(?P<name>[\w-]+-\d+(?:\.\d+)+\w*)")
_RUNTIME = {"nodejs": "node", "php": "php", "python": "Python", "ruby": "Ruby"}
_SPECIFIC = re.compile(r"\d+(?:\.\d+)*")
_MOST = 300  # files of a build's context, in which a release's name is looked for
_LARGEST = 100_000  # characters of one
_DEEPEST = 6  # folders below the context


def unsuited(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """The question that an image's new version raises; "" where the files show no reason against it."""
    if not isinstance(finding.remedy, want.Pin):
        return ""
    for edit in fix.edits:
        written = _replaced(edit, workspace)
        if "@" in written:
            name = images.parse(written).name
            return f"which version and digest of `{name}` should run? a digest belongs to one version: look up the new one"
        if question := _of_file(edit, written, workspace):
            return question
    return ""


def _replaced(edit: Edit, workspace: Workspace) -> str:
    try:
        text = workspace.text(edit.source).text if workspace.exists(edit.source) else ""
    except Unreadable:
        return ""
    return text[edit.span.start : edit.span.end].strip("\"' ")


def _of_file(edit: Edit, written: str, workspace: Workspace) -> str:
    """What a Dockerfile, or the manifest beside it, says of the version that it is built on."""
    products = dict(images.components(images.parse(written)))
    product = next(iter(products), "")
    new = dict(images.components(images.parse(edit.text))).get(product, "")
    if not product or not new:
        return ""
    try:
        instructions = (
            workspace.document(edit.source, dockerfile.parse).tree
            if "dockerfile" in edit.source.lower() or "containerfile" in edit.source.lower()
            else []
        )
    except (SyntaxProblem, Unreadable):
        instructions = []
    if not instructions:
        return ""
    # An extension of PHP at a version that was made for certain versions of PHP.
    found = next(filter(None, (_EXTENSION.search(t) for t in _run(instructions))), None)
    if product != "php" or found is None:
        pinned_extension = ""
    else:
        pinned_extension = f"which PHP does `{found['name']}` build on? the Dockerfile installs this version of the extension: raise both together"
    asked = (
        _other_stage(instructions, written, product),
        _wanted(edit.source, product, new, workspace),
        pinned_extension,
        _of_system(edit, instructions, product, written, workspace) if product in _SYSTEMS else "",
    )
    return next(filter(None, asked), "")


def _other_stage(instructions: list[Instruction], written: str, product: str) -> str:
    """Another stage with the same runtime, of which the version is not for a tool to say."""
    for stage in stages(instructions):
        reference = stage.reference or ""
        held = dict(images.components(images.parse(reference)))
        pinned = "@" in reference or reference.partition("/")[0] == "gcr.io"
        if reference != written and product in held and pinned:
            return f"which version should all stages have? `{_brief(reference)}` is to have the same: change both together"
    return ""


def _wanted(path: str, product: str, new: str, workspace: Workspace) -> str:
    """What the nearest manifest above the Dockerfile asks of the runtime, where the new version is another."""
    folder = posixpath.dirname(path)
    while product in _MANIFESTS:
        for name, keys in _MANIFESTS[product]:
            found = _said(posixpath.join(folder, name), keys, workspace)
            # Whether a range of versions has room for a version; one that is not understood has.
            if found and not any(
                all(
                    _fits(term, new)
                    for term in re.sub(r"([<>=~^!]+)\s+", r"\1", part.replace(",", " ")).split()
                )
                for part in found.split("||")
            ):
                return f"which version does the code run on? {name} asks for {_RUNTIME[product]} `{_brief(found)}`"
            if found:
                return ""
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return ""


# Where packages say which version of their runtime they are for: keys of a document, none for a file of one line.
_MANIFESTS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "nodejs": (("package.json", ("engines", "node")), (".nvmrc", ()), (".node-version", ())),
    "php": (("composer.json", ("config", "platform", "php")),),
    "python": (
        ("pyproject.toml", ("project", "requires-python")),
        ("pyproject.toml", ("tool", "poetry", "dependencies", "python")),
        (".python-version", ()),
    ),
    "ruby": ((".ruby-version", ()),),
}


def _said(path: str, keys: tuple[str, ...], workspace: Workspace) -> str:
    try:
        text = workspace.text(path).text if workspace.exists(path) else ""
        held: object = None
        if not keys:
            held = (text.split() or [""])[0].removeprefix("ruby-")
            held = held if _SPECIFIC.match(held.lstrip("v")) else ""
        elif text:
            held = tomllib.loads(text) if path.endswith(".toml") else json.loads(text)
    except (Unreadable, ValueError, RecursionError):
        return ""
    for key in keys:
        held = held.get(key) if isinstance(held, dict) else None
    return held if isinstance(held, str) else ""


def _fits(term: str, new: str) -> bool:
    number = _SPECIFIC.search(term)
    if number is None:
        return True
    bound, version = _numbers(number[0]), _numbers(new)
    length = min(len(bound), len(version))
    sign = term[: number.start()].rstrip("v")
    if sign == "<":
        return version[: len(bound)] < bound
    if sign in ("<=", ">", ">="):
        return version[:length] <= bound[:length] if sign == "<=" else version[:length] >= bound[:length]
    if sign == "!=":
        return True
    if sign == "~=":  # https://packaging.python.org/en/latest/specifications/version-specifiers/
        return version[: len(bound) - 1] == bound[:-1] and version >= bound
    if sign == "^" or "x" in term or "*" in term:
        length = 1 if sign == "^" else length
    return version[:length] == bound[:length]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n[:9]) for n in text.split("."))


def _run(instructions: list[Instruction]) -> Iterator[str]:
    for instruction in instructions:
        if instruction.keyword == "RUN":
            yield "\n".join((instruction.value, *(h.text for h in instruction.heredocs)))


def _of_system(
    edit: Edit, instructions: list[Instruction], product: str, written: str, workspace: Workspace
) -> str:
    """What the build takes of one release of a distribution."""
    told = {w for run in _run(instructions) for f in _INSTALLED.finditer(run) for w in f["packages"].split()}
    packages = {w for w in told if _PACKAGE.match(w)}
    fixed = sorted(w for w in packages if "=" in w or _VERSIONED.match(w))
    if fixed:
        return f"which packages does the next release have? the Dockerfile installs `{_brief(fixed[0])}` of this one"
    folder = posixpath.basename(posixpath.dirname(edit.source))
    if folder in packages:
        return (
            f"does `{folder}` of the next release read its configuration? the image takes its main program from the distribution, "
            "and another release may have another major version"
        )
    # The code name of the release that an image has.
    names = {"debian": images.CODENAMES, "ubuntu": images.UBUNTU}.get(product, {})
    version = dict(images.components(images.parse(written))).get(product, "")
    name = next((name for name, number in names.items() if number == version), "")
    where = _naming(name, edit.source, instructions, workspace) if name else ""
    return f"which files name the old release? `{where}` says `{name}`: change them together" if where else ""


def _naming(name: str, path: str, instructions: list[Instruction], workspace: Workspace) -> str:
    """A file of the build that names a release: the Dockerfile itself below FROM, or one that is copied."""
    if any(name in run for run in _run(instructions)):
        return path
    word = re.compile(rf"\b{name}\b")  # ours: a code name of the tables
    level, seen = [context_folder(path, instructions, workspace)], 0
    for _ in range(_DEEPEST):
        entries = [entry for folder in level for entry in workspace.entries(folder)]
        level = [entry for entry in entries if workspace.is_directory(entry)]
        for entry in entries:
            seen += 1
            if seen > _MOST:
                return ""
            if entry != path and entry not in level and _has(entry, word, workspace):
                return entry
    return ""


def _has(path: str, word: re.Pattern[str], workspace: Workspace) -> bool:
    try:
        return word.search(workspace.text(path).text[:_LARGEST]) is not None
    except Unreadable:
        return False


def _brief(text: str) -> str:
    plain = " ".join(text.replace("`", "'").split())
    return plain if len(plain) <= 60 else f"{plain[:59]}…"


RULES = (unsuited,)
