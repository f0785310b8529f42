"""A step of a pipeline under strace, held to what it may do to the workspace that it is started in: start nothing of it, import
nothing of it, change nothing of it; and, unless it reviews, read nothing of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hostile_judge import _ALL, _DESCRIPTOR, _LAST, _OPENS, _WRITING
from hostile_watch import Event, watch

_LOADED = (".pyc", ".pth", ".so")  # what nobody opens but to run it


@dataclass(frozen=True)
class Step:
    """A command as the runner starts it. `writes` are names of files of the workspace that it is meant to write."""

    command: list[str]
    environment: dict[str, str]
    workspace: Path
    reviews: bool = False
    writes: tuple[str, ...] = ()


def watched(step: Step, folder: Path, seconds: float = 600) -> list[str]:
    """Run it to its end; what it did that it must not. What it said is in the folder's file `said`."""
    events, ended = watch(step.command, folder, step.workspace, step.environment, seconds)
    assert events, (folder / "said").read_text()
    return faults(events, step) if ended else ["did not end"]


def faults(events: Iterable[Event], step: Step) -> list[str]:
    """Each fault once, in the order of time."""
    root = os.path.realpath(step.workspace)
    folders: dict[int, str] = {}
    found: dict[str, None] = {}
    for event in events:
        cwd = folders.setdefault(event.process, root)
        for what in _of_one(event, cwd, root, step):
            found[what.replace(root, "")] = None
        if not event.succeeded:
            continue
        if event.name in ("clone", "clone3", "fork", "vfork"):
            folders[event.value] = cwd
        elif event.name in ("chdir", "fchdir") and event.words:
            folders[event.process] = os.path.realpath(os.path.join(cwd, event.words[0][0]))
    return list(found)


def _of_one(event: Event, cwd: str, root: str, step: Step) -> Iterator[str]:
    if event.name in ("execve", "execveat"):
        words = [word for word, is_path in event.words if not is_path]
        if event.succeeded and _below(os.path.join(cwd, words[0]), root):
            yield f"starts {words[0]}"
        named = event.succeeded and os.path.basename(words[0]).startswith("python")
        if named and cwd == root and "-I" not in words:
            yield f"starts Python in the workspace, and not isolated: {' '.join(words[1:5])}"
    elif event.name in _OPENS:
        place = event.result or _paths(event, cwd)[0]
        if event.name == "creat" or any(flag in event.arguments for flag in _WRITING):
            yield from _changed([place], event, root, step)
            return
        loaded = not step.reviews or place.endswith(_LOADED)
        if loaded and event.succeeded and "O_PATH" not in event.arguments and _below(place, root):
            yield f"reads {place}"
    elif event.name.startswith("mkdir") and event.error == "EEXIST":
        return
    elif event.name in (*_ALL, *_LAST, *_DESCRIPTOR):
        yield from _changed(_paths(event, cwd), event, root, step)


def _changed(places: list[str], event: Event, root: str, step: Step) -> Iterator[str]:
    for place in places:
        if _below(place, root) and not _meant(os.path.relpath(os.path.realpath(place), root), step):
            yield f"changes {place} ({event.name})"


def _meant(path: str, step: Step) -> bool:
    """The file itself, or a temporary one beside it that is going to be it."""
    return bool(step.writes) and "/" not in path and path.startswith((*step.writes, ".batten-"))


def _paths(event: Event, cwd: str) -> list[str]:
    """The paths that a call names."""
    if event.name in _DESCRIPTOR:
        return [word for word, is_path in event.words[:1] if is_path]
    found, base = [], cwd
    for word, is_path in event.words:
        if is_path:
            base = word or cwd
            continue
        found.append(os.path.join(base, word))
        base = cwd
    return found or [word for word, _ in event.words] or [""]


def _below(path: str, root: str) -> bool:
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    return real == root or real.startswith(root + "/")
