"""Microsoft's validator of SARIF."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from needs import without

MULTITOOL = Path(__file__).parents[1] / ".tools/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"


def validated(log: str, folder: Path) -> list[tuple[str, str]]:
    """The validator's verdicts, rule and level."""
    if not MULTITOOL.exists():
        without("sarif-multitool", "run tools/install_sarif_multitool.sh")
    source, verdict = folder / "log.sarif", folder / "verdict.sarif"
    source.write_text(log, encoding="utf-8")
    subprocess.run(
        [MULTITOOL, "validate", source, "--output", verdict, "--quiet"],
        env={
            **os.environ,
            "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
            "HOME": str(folder),
            "DOTNET_BUNDLE_EXTRACT_BASE_DIR": str(folder),
        },
        check=False,
        timeout=60,
    )
    found = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"][0].get("results", [])
    return [(r["ruleId"], r.get("level", "warning")) for r in found]
