"""How containers of well-known images live: whom they run as, what they need, where they write.

`profiles.toml` has a table a product with its images and the vendor's page. A field that the vendor's documentation, Dockerfile or
entry point does not settle is left out: unknown, and then nothing that depends on it is written. An image is the vendor's only
under the vendor's whole name, as in `hosts.py`.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NotRequired, TypedDict, cast

from batten.facts import ImageProfile, Workload
from batten.files.own import own_text
from batten.model import Setting
from batten.technologies.shared.containers import images
from batten.technologies.shared.containers.hosts import COPIES

PATH = "technologies/shared/containers/profiles.toml"


class Fields(TypedDict, total=False):
    """What a profile says; a variant says some of it anew.

    `tags`: a pattern of the tags that it is true of; `generic`: its users decide what is started in it. `mounted`: paths that are no
    volumes of the image, and are written. `config`: folders of its configuration. `ports`: where it listens.
    `starts`: programs by which a command may begin and still be the vendor's own start; `moved`: variables that move its data
    elsewhere; `rewritten`: patterns of options and files that have it write elsewhere; `unless`: mounts that have its entry point
    write what is mounted there elsewhere.
    """

    root: bool
    user: str
    capabilities: list[str]
    file_capabilities: bool
    gains: bool
    scratch: list[str]
    data: list[str]
    memory: str
    health: str
    ports: list[int]
    starts: list[str]
    moved: list[str]
    rewritten: list[str]
    unless: list[str]
    config: list[str]
    mounted: list[str]
    generic: bool


class Variant(Fields):
    """What differs in some of a product's tags: those that the pattern is found in."""

    tags: str


class ProductProfile(Fields):
    name: str
    images: list[str]
    source: str
    tags: NotRequired[str]
    variants: NotRequired[list[Variant]]


def with_profile(
    workload: Workload,
    image: str,
    *,
    entrypoint: Sequence[str] = (),
    command: Sequence[str] = (),
    hints: Iterable[str] | None = (),
) -> Workload:
    """The workload with the profile of its image, and the words that it starts with. `hints` are the texts that configure it,
    None where they are not all here."""
    words = (*entrypoint, *command)
    if workload.build_context or workload.dockerfile or not image:
        return replace(workload, words=words) if words else workload
    found = profile(image)
    if found is None:
        return replace(workload, words=words) if words else workload
    row, made = found
    # Why something else may be started than what the vendor's entry point starts; "" where it is that.
    starts = row.get("starts", [])
    if row.get("generic"):
        open_ = "its image is made for programs of its users"
    elif entrypoint:
        open_ = "" if posixpath.basename(entrypoint[0]) in starts else "its entry point is replaced"
    elif command and not command[0].startswith("-") and posixpath.basename(command[0]) not in starts:
        open_ = "its command is replaced"
    else:
        open_ = ""
    values = [setting.known("") for setting in workload.environment.values()]
    texts = None if hints is None else [*hints, *values]
    if made.scratch is not None and not _written_as_known(row, workload, words, texts):
        made = replace(made, scratch=None)
    return replace(workload, words=words, profile=replace(made, open=open_))


def profile(image: str) -> tuple[ProductProfile, ImageProfile] | None:
    """The table of an image, and its profile by its tag; None where no table is the image's."""
    reference = images.parse(image)
    name = reference.name
    for prefix in COPIES:
        name = name.removeprefix(prefix)
    row = _rows().get(name) or _rows().get(f"{name.rpartition('/')[0]}/*")
    if row is None or "\0" in name:
        return None
    tag = reference.tag or ("" if reference.digest or "\0" in image or "$" in image else "latest")
    if "tags" in row and not re.search(row["tags"], tag):  # ours: a pattern of the package's own table
        return None
    fields = cast(dict[str, object], {**row})
    for variant in row.get("variants", ()):
        own = {key: value for key, value in variant.items() if key != "tags"}
        if not tag or "\0" in tag or "$" in tag:  # whether it is such a tag is not known: nor is what differs
            fields = {key: value for key, value in fields.items() if key not in own}
        elif re.search(variant["tags"], tag):  # ours: a pattern of the package's own table
            fields |= own
    said = cast(ProductProfile, fields)
    unsettled = "root" not in said and "root" in row
    capabilities, scratch = said.get("capabilities"), said.get("scratch")
    return row, ImageProfile(
        product=row["name"],
        source=row["source"],
        root=said.get("root", unsettled),
        user=said.get("user", ""),
        capabilities=None if capabilities is None or unsettled else tuple(capabilities),
        file_capabilities=said.get("file_capabilities", False),
        gains=said.get("gains", False),
        scratch=None if scratch is None else tuple(scratch),
        data=tuple(said.get("data", ())),
        memory=said.get("memory", ""),
        health=said.get("health", ""),
    )


def _written_as_known(
    row: ProductProfile, workload: Workload, words: Sequence[str], hints: Iterable[str] | None
) -> bool:
    """Whether it writes where its vendor's settings have it write."""
    mounted = [mount.target.rstrip("/") for mount in workload.mounts]
    if any(_below(target, row.get("unless", ())) for target in mounted):
        return False
    for name in row.get("moved", ()):
        setting = workload.environment.get(name)
        if setting is not None and not _kept(setting, [*mounted, *row.get("data", ())]):
            return False
    if any(not _below(path, [*mounted]) for path in row.get("mounted", ())):
        return False
    folders = row.get("config", ())
    if any(_below(target, folders) and not posixpath.splitext(target)[1] for target in mounted):
        return False  # a folder of files that are not read here
    marks = row.get("rewritten", [])
    if not marks:
        return True
    texts = [" ".join(words), *(hints or ())]
    found = (re.search(mark, text) for text in texts for mark in marks)  # ours: the package's own table
    return hints is not None and not any(found)


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders if folder)


def _kept(setting: Setting[str], places: Sequence[str]) -> bool:
    return _below(setting.known(""), places)


@cache
def table() -> Mapping[str, ProductProfile]:
    """Every product by its key."""
    return cast(Mapping[str, ProductProfile], tomllib.loads(own_text(PATH) or ""))


@cache
def _rows() -> Mapping[str, ProductProfile]:
    return {image: row for row in table().values() for image in row["images"]}
