"""`make new`: what it makes is complete, and what it cannot make is refused with a sentence."""

from __future__ import annotations

import ast
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    specification = importlib.util.spec_from_file_location("new", ROOT / "tools" / "new.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    for folder in ("controls", "facts", "technologies/edges/caddy"):
        shutil.copytree(ROOT / "src" / "batten" / folder, tmp_path / "src" / "batten" / folder)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "SOURCE", tmp_path / "src" / "batten")
    return module


@pytest.mark.parametrize("family", ["transport", "stores", "brand_new"])
def test_a_control_imports_what_it_names(new: ModuleType, family: str, tmp_path: Path) -> None:
    new.new_control("tunnel-closed", family, "Waived", "caddy")
    module = ast.parse((tmp_path / "src" / "batten" / "controls" / f"{family}.py").read_text())
    imported = {n.name for i in module.body if isinstance(i, ast.ImportFrom) for n in i.names}
    assert {"Waived", "Case", "Violation", "Severity", "control"} <= imported
    assert "```caddyfile bad" in (tmp_path / "tests/pages/tunnel-closed/caddy.md").read_text()
    assert "## How it is broken, and the fix" in (tmp_path / "docs/controls/tunnel-closed.md").read_text()


@pytest.mark.parametrize(
    ("slug", "family", "fact", "technology", "told"),
    [
        ("Tunnel", "transport", "Upstream", "caddy", "is not a slug"),
        ("tunnel-closed", "no family", "Upstream", "caddy", "FAMILY="),
        ("tunnel-closed", "transport", "Tunnel", "caddy", "make it first"),
        ("tunnel-closed", "transport", "Upstream", "nix", "there is no technology"),
    ],
)
def test_what_cannot_be_made_is_refused(
    new: ModuleType, slug: str, family: str, fact: str, technology: str, told: str
) -> None:
    with pytest.raises(new.Refusal, match=told):
        new.new_control(slug, family, fact, technology)
