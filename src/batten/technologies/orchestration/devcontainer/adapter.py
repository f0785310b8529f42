"""Development containers, which an editor starts with `docker run`: facts out, remedies in.

Sources: https://containers.dev/implementors/json_reference/ and the features' own devcontainer-feature.json.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from batten.controls.workloads import DropCapabilities
from batten.facts import BuildStep, Fact, Mount, Workload, in_context
from batten.formats import Mapping, Node, Scalar, Sequence, SyntaxProblem, Workspace, json
from batten.formats.document import Uneditable
from batten.formats.json_edits import remove
from batten.formats.paths import Path
from batten.formats.tree import key_path
from batten.model import UNKNOWN, Context, Fix, Kind, Location, Problem, Remedy, Setting, Span, Switch
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.orchestration.dockerfile.commands import script
from batten.technologies.orchestration.dockerfile.weaknesses import weaknesses
from batten.technologies.shared.containers import run
from batten.technologies.shared.containers.run import Given
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.text.field_edits import risky
from batten.technologies.shared.text.used import used

_LISTS = {"capAdd": "cap-add", "securityOpt": "security-opt", "mounts": "mount", "appPort": "publish"}
_WORDS = {
    "privileged": "privileged",
    "workspaceMount": "mount",
    "remoteUser": "user",
    "containerUser": "user",
}
_VARIABLES = ("containerEnv", "remoteEnv")
_COMMANDS = (
    "initializeCommand",
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
)
# What features do to the container, beside installing something.
_PRIVILEGED = "docker-in-docker"
_SOCKET = "docker-outside-of-docker"
_ENGINE = "/var/run/docker.sock"


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of a development container. Raises SyntaxProblem and Unreadable."""
    root = workspace.document(unit.main, json.parse_with_comments).tree
    if not isinstance(root, Mapping):
        raise SyntaxProblem("devcontainer.json must be one object", root.span.start, "start it with `{`")
    for fact in _facts(unit.main, root, workspace):
        yield in_context(fact, Context.DEVELOPMENT)


def _facts(path: str, root: Mapping, workspace: Workspace) -> Iterator[Fact]:
    block = Location(path, "container", root.span, kind=Kind.BLOCK)
    image = root["image"]
    text = root.text("image") or ""
    at = Location(path, "image", image.span) if image is not None else block
    found = run.Run(
        name=root.text("name") or "the development container",
        image=Setting(text if text and "$" not in text else UNKNOWN, at),
        given=tuple(_given(path, root)),
        block=block,
    )
    for fact in run.facts(found, workspace):
        # Development containers are not hardened further.
        yield run.as_written(fact) if isinstance(fact, Workload) else fact
    # Credentials among the build's arguments end up in the image's history.
    arguments = key_path(root, "build", "args")
    for entry in arguments if isinstance(arguments, Mapping) else ():
        if isinstance(entry.value, Scalar) and "$" not in entry.value.text:
            held = credentials.found(entry.key.text, entry.value.text)
            if held is not None:
                build_at = Location(path, f"build/args[{entry.key.text}]", entry.value.span)
                yield credentials.in_config(build_at, entry.key.text, held)
    yield from _features(path, root)
    # What commands of the container's life download without a look.
    for key in _COMMANDS:
        node = root[key]
        nodes = [e.value for e in node] if isinstance(node, Mapping) else [node]
        for one in nodes:
            if not isinstance(one, Scalar):
                continue
            scripts_found = dict.fromkeys(
                switch for pipeline in script(one.text) for switch, _ in weaknesses(pipeline)
            )
            for switch in scripts_found:
                if switch in (Switch.REMOTE_SCRIPT, Switch.PACKAGE_UNVERIFIED):
                    yield BuildStep(Location(path, f"{key}[{switch.value}]", one.span), switch, key)


def _given(path: str, root: Mapping) -> Iterator[Given]:
    arguments = root.sequence("runArgs")
    words = [
        (item.text, Location(path, f"runArgs[{item.text.partition('=')[0]}]", item.span))
        for item in arguments or ()
        if isinstance(item, Scalar)
    ]
    yield from run.parsed(words)[0]
    for key, name in _WORDS.items():
        node = root[key]
        if isinstance(node, Scalar):
            yield Given(name, node.text, Location(path, key, node.span))
    for key, name in _LISTS.items():
        node = root[key]
        items = list(node) if isinstance(node, Sequence) else [node]
        for item in items:
            # A word, or an object of a mount as the words that it stands for. An `appPort` that is a number is on
            # localhost.
            match item:
                case Scalar():
                    value = item.text
                case Mapping():
                    value = ",".join(
                        f"{e.key.text}={e.value.text}" for e in item if isinstance(e.value, Scalar)
                    )
                case _:
                    value = ""
            if item is not None and value and not (name == "publish" and value.isdecimal()):
                yield Given(name, value, Location(path, f"{key}[{value.partition('=')[0]}]", item.span))
    for key in _VARIABLES:
        for entry in root.mapping(key) or ():
            if isinstance(entry.value, Scalar):
                at = Location(path, f"{key}[{entry.key.text}]", entry.value.span)
                yield Given("env", f"{entry.key.text}={entry.value.text}", at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The properties that the file uses, with dots between."""
    root = workspace.document(unit.main, json.parse_with_comments).tree
    return used(unit.main, root)


def _features(path: str, root: Mapping) -> Iterator[Fact]:
    for entry in root.mapping("features") or ():
        name = entry.key.text.rpartition("/")[2].partition(":")[0]
        at = Location(path, f"features[{name}]", entry.key.span)
        if name == _PRIVILEGED:
            unknown: Setting[tuple[str, ...]] = Setting(UNKNOWN, at)
            yield Workload(
                at,
                name=name,
                image=Setting(UNKNOWN, at),
                user=Setting(UNKNOWN, at),
                privileged=Setting(True, at),
                added_capabilities=unknown,
                dropped_capabilities=unknown,
            )
        elif name == _SOCKET:
            yield Mount(
                at, source=Setting(_ENGINE, at), target=_ENGINE, kind="bind", read_only=Setting(False, at)
            )


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The option taken out, with the word that is its value."""
    document = workspace.document(unit.main, json.parse_with_comments)
    match remedy:
        case want.TurnOff(feature) if feature in run.TAKEN_OUT and at.span is not None:
            title, breaks = run.TAKEN_OUT[feature]
        case DropCapabilities(names) if at.span is not None:
            title, breaks = f"do not add {', '.join(names)}", "tools that need them"
        case _:
            return None
    paths = list(_covered(document.tree, (), at.span))
    if not paths:
        return None
    try:
        edits = [e for path in reversed(paths) for e in remove(document.source, document.tree, path)]
    except Uneditable:
        return None
    return risky(title, edits, breaks)


def _covered(node: Node, path: Path, span: Span) -> Iterator[Path]:
    """The ways to the entries and items that the place covers."""
    if isinstance(node, Mapping):
        for entry in node:
            if entry.value.span.end <= span.start or entry.key.span.start >= span.end:
                continue
            if (
                span.start <= entry.value.span.start and entry.value.span.end <= span.end
            ) or entry.key.span == span:
                yield (*path, entry.key.text)
            else:
                yield from _covered(entry.value, (*path, entry.key.text), span)
    elif isinstance(node, Sequence):
        first = bisect_right(node.items, span.start, key=lambda item: item.span.end)
        for number in range(first, len(node.items)):
            item = node.items[number]
            if item.span.start >= span.end:
                return
            if span.start <= item.span.start and item.span.end <= span.end:
                yield (*path, number)
            else:
                yield from _covered(item, (*path, number), span)
