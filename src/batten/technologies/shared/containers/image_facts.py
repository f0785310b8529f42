"""What a workload's image is, and which products it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Component, Fact, Image
from batten.model import Setting
from batten.technologies.shared.containers import images


def image_facts(
    setting: Setting[str], built_here: bool = False, once: bool = False, serves: bool = True, given: str = ""
) -> Iterator[Fact]:
    """The image and its components. An image that is built here is named by its build; one that runs `once` is made
    and gone; one that does not serve (a job on a schedule, what prepares for another container) answers nobody. `given`: the variable that names the version."""
    if not setting.written:
        return
    text = setting.known("")
    reference = images.parse(text)
    yield Image(
        setting.at,
        reference=setting,
        name=reference.name,
        tag=reference.tag,
        digest=reference.digest,
        built_here=built_here,
        once=once,
        given=given,
    )
    for product, version in images.components(reference) if text and not built_here else ():
        main = product == images.PRODUCTS.get(reference.name)
        at = setting.at if main else replace(setting.at, pointer=f"{setting.at.pointer}[{product}]")
        yield Component(
            at,
            product=product,
            version=Setting(version, at),
            evidence=text,
            beneath=not main and product in images.DISTRIBUTIONS,
            job=once or not serves,
        )
