"""Volumes of a service. Source: the Compose specification, `volumes` and `use_api_socket`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from batten.facts import Mount
from batten.formats import Workspace
from batten.model import UNKNOWN, Location, Setting, Unknown
from batten.technologies.orchestration.compose.interpolation import UNKNOWN_PART
from batten.technologies.orchestration.compose.parts import Part, mount_fields, truth

_ENGINE = "/var/run/docker.sock"


def mounts(service: str, part: Part, volumes: Mapping[str, Part], workspace: Workspace) -> Iterator[Mount]:
    """What the service is given, the host paths behind named volumes among it."""
    listed = part["volumes"]
    for item in listed.each() if listed else ():
        if item.table is not None:
            mount = _long(service, item, workspace)
        else:
            fields = mount_fields(_at_home(item))
            if len(fields) < 2:
                mount = None
            else:
                short_source, target, *modes = fields
                short_at = item.at(f"services[{service}]/volumes[{target}]")
                read_only = "ro" in (modes[0].split(",") if modes else ())
                kind = (
                    "bind"
                    if short_source[:1] in (".", "/", "~", "\\", UNKNOWN_PART) or short_source[1:2] == ":"
                    else "volume"
                )
                mount = _mount(
                    short_at, (short_source, target, kind), Setting(read_only, short_at), item, workspace
                )
        if mount is not None:
            # A volume of the local driver that only names a host path (`o: bind`) is that path.
            volume = volumes.get(mount.source.known("")) if mount.kind == "volume" else None
            options = volume["driver_opts"] if volume is not None else None
            device, told = (options["device"], options["o"]) if options is not None else (None, None)
            if device is None or told is None or "bind" not in told.text.split(","):
                behind = mount
            else:
                source: Setting[str] = Setting(device.text if device.known else UNKNOWN, mount.source.at)
                behind = Mount(
                    mount.at, source=source, target=mount.target, kind="bind", read_only=mount.read_only
                )
            yield behind
    engine = part["use_api_socket"]
    if engine is not None and engine.known and truth(engine):
        at = engine.at(f"services[{service}]/use_api_socket")
        yield Mount(
            at, source=Setting(_ENGINE, at), target=_ENGINE, kind="bind", read_only=Setting(False, at)
        )


def configs(service: str, part: Part, declared: Mapping[str, Part], workspace: Workspace) -> Iterator[Mount]:
    """The files that the service is given as `configs`, each at its target or below the root by its name.

    Source: https://docs.docker.com/reference/compose-file/services/#configs
    """
    listed = part["configs"]
    for item in listed.each() if listed else ():
        source = item["source"] if item.table is not None else item
        if source is None or not source.known:
            continue
        target, config = item["target"] if item.table is not None else None, declared.get(source.text)
        file = config["file"] if config is not None else None
        at = item.block(f"services[{service}]/configs[{source.text}]")
        yield Mount(
            at,
            source=Setting(source.text, at),
            target=target.text if target is not None else f"/{source.text}",
            kind="config",
            read_only=Setting(True, at),
            path=(workspace.resolve(file.beside, file.text) or "") if file is not None and file.known else "",
        )


def _at_home(part: Part) -> str:
    """A path whose first part is the home folder of the user that runs Compose, which `~` stands for."""
    if part.text.startswith(UNKNOWN_PART) and re.match(r"\$(?:HOME\b|\{HOME\})", part.raw):
        return f"~{part.text[len(UNKNOWN_PART) :]}"
    return part.text


def _long(service: str, item: Part, workspace: Workspace) -> Mount | None:
    target, source, kind = item["target"], item["source"], item["type"]
    if target is None:
        return None
    at = item.block(f"services[{service}]/volumes[{target.text}]")
    read_only = item["read_only"]
    value: bool | Unknown = truth(read_only) if read_only else False
    words = (_at_home(source) if source else "", target.text, kind.text if kind else "volume")
    setting = Setting(UNKNOWN if read_only and not read_only.known else value, at)
    return _mount(at, words, setting, item, workspace)


def _mount(
    at: Location, words: tuple[str, str, str], read_only: Setting[bool], item: Part, workspace: Workspace
) -> Mount:
    source, target, kind = words
    if UNKNOWN_PART in source and target == _ENGINE:
        source = target  # what is the engine's socket inside is so outside
    known = UNKNOWN_PART not in source
    path = ""
    if kind == "bind" and known and source.startswith("."):
        path = workspace.resolve(item.beside, source) or ""
    return Mount(
        at,
        source=Setting(source if known else UNKNOWN, at),
        target=target,
        kind=kind,
        read_only=read_only,
        path=path,
    )
