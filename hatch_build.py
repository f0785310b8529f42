"""What hatchling is asked beside building: a bill of materials (tools/sbom.py) in the wheel's .dist-info/sboms."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "tools"))

from pinned import PLACE, read
from sbom import NAME, sbom


class SbomHook(BuildHookInterface):  # type: ignore[type-arg]
    """Writes the bill to a folder of its own, and takes that away when the wheel is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        core = self.metadata.core
        asked = [
            *core.dependencies,
            *(r for e in ("guard", "extproc") for r in core.optional_dependencies[e]),
        ]
        direct = {re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", r)[0]).lower() for r in asked}
        self._folder = tempfile.TemporaryDirectory(prefix="batten-sbom-")
        place = Path(self._folder.name, NAME)
        place.write_text(sbom(read(PLACE.read_text("utf-8")), self.metadata.version, direct), "utf-8")
        build_data["sbom_files"].append(str(place))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._folder.cleanup()
