"""Frameworks among packages, under the names of their release cycles (`controls/cycles.json`).

The packages are those that endoflife.date names as a product's own, or that its documentation tells people to depend on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from batten.facts import Component
from batten.model import Location, Setting
from batten.technologies.dependencies._packages.found import Found

PRODUCTS: dict[str, dict[str, str]] = {
    "PyPI": {"django": "django", "wagtail": "wagtail"},
    "npm": {
        "express": "express",
        "next": "nextjs",
        "nuxt": "nuxt",
        "@adonisjs/core": "adonisjs",
        "@strapi/strapi": "strapi",
    },
    "Maven": {
        "org.springframework.boot:spring-boot": "spring-boot",
        "org.springframework.boot:spring-boot-dependencies": "spring-boot",
        "org.springframework.boot:spring-boot-starter": "spring-boot",
        "org.springframework.boot:spring-boot-starter-parent": "spring-boot",
        "org.springframework.boot:spring-boot-starter-web": "spring-boot",
        "org.springframework.boot:spring-boot-starter-webflux": "spring-boot",
        "org.springframework:spring-core": "spring-framework",
        "org.springframework:spring-web": "spring-framework",
        "org.springframework:spring-webmvc": "spring-framework",
        "io.quarkus.platform:quarkus-bom": "quarkus-framework",
        "io.quarkus:quarkus-bom": "quarkus-framework",
        "io.quarkus:quarkus-core": "quarkus-framework",
        "io.dropwizard:dropwizard-core": "dropwizard",
        "org.apache.tomcat.embed:tomcat-embed-core": "tomcat",
        "org.eclipse.jetty:jetty-server": "eclipse-jetty",
        "org.apache.struts:struts2-core": "apache-struts",
    },
    "RubyGems": {"rails": "rails"},
    "Packagist": {
        "laravel/framework": "laravel",
        "symfony/http-kernel": "symfony",
        "cakephp/cakephp": "cakephp",
        "api-platform/core": "api-platform",
    },
    "Hex": {"phoenix": "phoenix-framework"},
}


# What stands around a package's name where a file lists it, by the reader of the file.
_AROUND = {
    **dict.fromkeys(
        ("python.uv", "python.poetry", "python.pdm", "python.pylock"), (rb"^name = [\"']", rb"[\"']")
    ),
    "python.pipfile": (rb"\"", rb"\"\s*:\s*\{"),
    "npm.locked": (rb"\"(?:node_modules/)?", rb"\"\s*:\s*\{"),
    "pnpm.locked": (rb"^  [\"']?/?", rb"[@/]\d"),
    "yarn.locked": (rb"^\"?", rb"@"),
    "bun.locked": (rb"\[\"", rb"@\d"),
    "maven.required": (rb"<artifactId>\s*", rb"\s*<"),
    "rubygems.locked": (rb"^    ", rb" \("),
    "composer.locked": (rb"\"name\"\s*:\s*\"", rb"\""),
    "others.mix": (rb"\"", rb"\": \{"),
    "requirements.found": (rb"^[ \t]*(?i:", rb")(?![\w-])"),
}


@cache
def mentioned(ecosystem: str, reader: str) -> re.Pattern[bytes] | None:
    """What a file shows, somewhere, that lists a framework of the ecosystem."""
    names = {name.rpartition(":")[2] for name in PRODUCTS.get(ecosystem, ())}
    if not names:
        return None
    before, behind = _AROUND.get(reader, (rb"(?<![\w-])", rb"(?![\w-])"))
    every = b"|".join(re.escape(name.encode()) for name in sorted(names))
    return re.compile(before + rb"(?:" + every + rb")" + behind, re.MULTILINE)  # ours: the names above


def frameworks(found: Iterable[Found], path: str, ecosystem: str) -> Iterator[Component]:
    """The frameworks that are deployed, each version of one once. Of what only other packages require, where the file tells that
    apart, the application uses nothing."""
    known = [
        one
        for one in found
        if one.version and not one.development and one.name in PRODUCTS.get(ecosystem, ())
    ]
    direct = [one for one in known if one.direct] or ([] if ecosystem == "npm" else known)
    seen = set[tuple[str, str]]()
    for one in direct:
        product = PRODUCTS[ecosystem][one.name]
        if (product, one.version) not in seen:
            seen.add((product, one.version))
            at = Location(path, f"frameworks[{product}]", one.span)
            yield Component(
                at, product=product, version=Setting(one.version, at), evidence=f"{one.name} {one.version}"
            )
