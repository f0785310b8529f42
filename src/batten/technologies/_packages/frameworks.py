"""Frameworks among packages, under the names of their release cycles (`controls/cycles.json`).

The packages are those that endoflife.date names as a product's own, or that its documentation tells people to depend on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from batten.facts import Component
from batten.model import Location, Setting
from batten.technologies._packages.found import Found

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


@cache
def mentioned(ecosystem: str) -> re.Pattern[bytes] | None:
    """What a file shows, somewhere, that names a framework of the ecosystem."""
    names = sorted(
        {part.encode() for name in PRODUCTS.get(ecosystem, ()) for part in (name.rpartition(":")[2],)}
    )
    if not names:
        return None
    return re.compile(
        rb"(?<![\w-])(?:" + b"|".join(map(re.escape, names)) + rb")(?![\w-])", re.IGNORECASE
    )  # ours: the names above


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
