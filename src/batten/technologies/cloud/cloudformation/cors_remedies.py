"""Origins, methods and headers that a template allows across origins."""

from __future__ import annotations

from batten.formats.tree import Plain
from batten.model import AllowHeaders, AllowMethods, AllowOrigins, Fix, Kind, Location, Remedy, Safety
from batten.technologies.cloud.cloudformation.edits import path_to, put
from batten.technologies.cloud.cloudformation.resources import Resource


def fix_of(resource: Resource, remedy: Remedy, at: Location) -> Fix | None:
    match remedy:
        case AllowOrigins(origins):
            title = "allow cross-origin requests from these origins only"
            if not origins:
                question = "which origins may read answers? list them under `origins:` in batten.yaml"
                return Fix(title, (), safety=Safety.VALUE, question=question)
            return _listed(resource, at, origins, title, "pages of origins that batten.yaml does not list")
        case AllowMethods(methods):
            title, breaks = "allow only these methods across origins", "pages that use other methods"
            return _listed(resource, at, methods, title, breaks)
        case AllowHeaders(headers):
            title, breaks = "allow only these headers across origins", "pages that send other headers"
            return _listed(resource, at, headers, title, breaks)
    return None


def _listed(resource: Resource, at: Location, items: tuple[str, ...], title: str, breaks: str) -> Fix | None:
    path = path_to(resource.template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    if path is None:
        return None
    wanted: Plain = [*items]
    if path[-1] == "CorsConfiguration":  # SAM's short form
        wanted = {"AllowOrigins": [*items]}
    written = resource.template.plain_at(path)
    if isinstance(written, str) and written.startswith("'"):
        # API Gateway answers with these very words, so there can be one origin only.
        if at.pointer.endswith(("/Cors", "/AllowOrigin", "-Origin")) and len(items) != 1:
            return None
        wanted = f"'{','.join(items)}'"
    return Fix(title, tuple(put(resource.template, path, wanted)), safety=Safety.RISKY, breaks=breaks)
