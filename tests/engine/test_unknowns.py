"""What is told of settings that nothing here decides."""

from __future__ import annotations

from pathlib import Path

from batten.engine.review import read
from batten.engine.unknowns import unknowns
from batten.formats import Workspace
from batten.policy import Policy


def told(tmp_path: Path, files: dict[str, str]) -> list[str]:
    workspace = Workspace(tmp_path, files)
    return [p.message for p in unknowns(read(workspace, Policy()).facts, workspace)]


def test_variables_of_a_container_are_no_settings_that_a_control_judges(tmp_path: Path) -> None:
    service = "services:\n  app:\n    image: app:${TAG}\n    environment:\n      TZ: ${TZ}\n"
    found = told(tmp_path, {"compose.yaml": service})
    assert not any("environment" in message for message in found)
    assert any("Image" in message for message in found)


def test_how_an_image_is_run_is_not_asked_of_its_dockerfile(tmp_path: Path) -> None:
    found = told(tmp_path, {"Dockerfile": "FROM company/base:4.1\nCOPY app /app\n"})
    assert found and all("Workload.user" in m or "Workload.health" in m for m in found)


def test_a_place_in_a_template_is_named_without_marks(tmp_path: Path) -> None:
    server = "http {\n  server {\n    server_name {{ host }};\n    listen {{ port }};\n  }\n}\n"
    found = told(tmp_path, {"nginx.conf.j2": server})
    assert any("server[…]/listen[…]" in message for message in found)
    assert not any("@@" in message for message in found)
