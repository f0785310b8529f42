"""Volumes of a service. Source: the Compose specification, `volumes`."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Mount
from batten.formats import Workspace
from batten.model import UNKNOWN, Location, Setting, Unknown
from batten.technologies.compose.interpolation import UNKNOWN_PART
from batten.technologies.compose.parts import Part, mount_fields, truth


def mounts(service: str, part: Part | None, workspace: Workspace) -> Iterator[Mount]:
    for item in part.each() if part else ():
        mount = (
            _long(service, item, workspace) if item.table is not None else _short(service, item, workspace)
        )
        if mount is not None:
            yield mount


def _short(service: str, item: Part, workspace: Workspace) -> Mount | None:
    fields = mount_fields(item.text)
    if len(fields) < 2:
        return None  # an anonymous volume
    source, target, *modes = fields
    at = item.at(f"services[{service}]/volumes[{target}]")
    read_only = "ro" in (modes[0].split(",") if modes else ())
    kind = "bind" if source[:1] in (".", "/", "~", UNKNOWN_PART) or source[1:2] == ":" else "volume"
    return _mount(at, (source, target, kind), Setting(read_only, at), item, workspace)


def _long(service: str, item: Part, workspace: Workspace) -> Mount | None:
    target, source, kind = item["target"], item["source"], item["type"]
    if target is None:
        return None
    at = item.block(f"services[{service}]/volumes[{target.text}]")
    read_only = item["read_only"]
    value: bool | Unknown = truth(read_only) if read_only else False
    words = (source.text if source else "", target.text, kind.text if kind else "volume")
    setting = Setting(UNKNOWN if read_only and not read_only.known else value, at)
    return _mount(at, words, setting, item, workspace)


def _mount(
    at: Location, words: tuple[str, str, str], read_only: Setting[bool], item: Part, workspace: Workspace
) -> Mount:
    source, target, kind = words
    known = UNKNOWN_PART not in source
    path = ""
    if kind == "bind" and known and source.startswith("."):
        path = workspace.resolve(item.source, source) or ""
    return Mount(at, Setting(source if known else UNKNOWN, at), target, kind, read_only, path)
