"""Headers that a response headers policy of CloudFront adds."""

from __future__ import annotations

from batten.controls.transport import max_age
from batten.formats.tree import Plain
from batten.model import Fix, Kind, Location, Remedy, RemoveHeader, Safety, SetHeader
from batten.technologies.cloud.cloudformation.edits import drop, path_to, put
from batten.technologies.cloud.cloudformation.resources import Resource

POLICY = "AWS::CloudFront::ResponseHeadersPolicy"
_VALUES = ("ContentSecurityPolicy", "FrameOption", "ReferrerPolicy", "Value")


def fix_of(policy: Resource, remedy: Remedy, at: Location) -> Fix | None:
    path = path_to(policy.template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    key = path[-1] if path else ""
    match remedy:
        case SetHeader(name, value, breaks) if path is not None:
            wanted = _wanted(str(key), value)
            if wanted is None:
                return None
            safety = Safety.RISKY if breaks else Safety.SAFE
            return Fix(
                f"send {name}: {value}",
                tuple(put(policy.template, path, wanted)),
                safety=safety,
                breaks=breaks,
            )
        case RemoveHeader("X-XSS-Protection") if path is not None and key == "Protection":
            modes = [(*path[:-1], name) for name in ("ModeBlock", "ReportUri")]  # of a filter that is on only
            gone = [
                edit for mode in modes if policy.template.has(mode) for edit in drop(policy.template, mode)
            ]
            return Fix("turn the browser's XSS filter off", (*put(policy.template, path, False), *gone))
        case RemoveHeader(name) if path is not None and key == "Value":
            return Fix(f"remove {name}", tuple(drop(policy.template, path[:-1])))
    return None


def _wanted(key: str, value: str) -> Plain:
    """What stands for a header's value; CloudFront writes HSTS in parts."""
    if key == "AccessControlMaxAgeSec":
        return max_age(value)
    return value if key in _VALUES else None
