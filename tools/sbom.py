"""A bill of materials of what batten runs with, as CycloneDX 1.6 writes it; made of constraints.txt by every build.

The same pins give the same bytes: no time stands in it, unless SOURCE_DATE_EPOCH tells one.
Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pinned import Pin

NAME = "batten.cdx.json"
_SPACE = uuid.UUID("6d1d4a3c-7a53-5f0e-9a43-0f6f3c1f6b57")  # ours, for serial numbers made of content
_PROPERTY = "batten:hashes"


def sbom(pins: Iterable[Pin], version: str, direct: Iterable[str]) -> str:
    """The text of the bill. `direct` are the normalised names that batten itself asks for; who of the others needs
    whom is in their own metadata, and not repeated."""
    used = sorted((p for p in pins if p.licence), key=lambda p: p.normal)
    batten = f"pkg:pypi/batten@{version}"
    asked = set(direct)
    bom: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            **_moment(),
            "component": {
                "type": "application",
                "bom-ref": batten,
                "name": "batten",
                "version": version,
                "purl": batten,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [_component(p) for p in used],
        "dependencies": [{"ref": batten, "dependsOn": [_purl(p) for p in used if p.normal in asked]}],
    }
    bom["serialNumber"] = f"urn:uuid:{uuid.uuid5(_SPACE, json.dumps(bom, sort_keys=True))}"
    return json.dumps(bom, indent=1) + "\n"


def _moment() -> dict[str, str]:
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    return {"timestamp": datetime.fromtimestamp(int(told), UTC).isoformat()} if told.isdigit() else {}


def _purl(pin: Pin) -> str:
    return f"pkg:pypi/{pin.normal}@{pin.version}"


def _component(pin: Pin) -> dict[str, Any]:
    """A release; what only the extras guard and extproc bring is optional."""
    one = all(word not in pin.licence for word in (" ", "("))
    return {
        "type": "library",
        "bom-ref": _purl(pin),
        "name": pin.name,
        "version": pin.version,
        "scope": "required" if pin.part == "run" else "optional",
        "hashes": [{"alg": "SHA-256", "content": h} for h in pin.hashes],
        "licenses": [{"license": {"id": pin.licence}} if one else {"expression": pin.licence}],
        "purl": _purl(pin),
        "properties": [{"name": _PROPERTY, "value": "one for each file of the release"}],
    }
