from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hardened_places import edit, harden

from batten.engine.hardening.lock import NAME
from batten.engine.hardening.output import generate, laid_out
from batten.files import Refused, Root
from batten.harden import HardenProblem
from batten.harden.made import Made, Secret

OWN = "# batten: begin own rules api\n"


def test_the_same_inputs_make_the_same_bytes(place: Path) -> None:
    for folder in ("a", "b"):
        assert harden("nginx", "--output", folder).exit_code == 0
    for name in ("nginx.conf", NAME):
        assert (place / "a" / name).read_bytes() == (place / "b" / name).read_bytes()


def test_a_dry_run_shows_what_would_change_and_writes_nothing(place: Path) -> None:
    result = harden("nginx", "--output", "out", "--dry-run")
    assert result.exit_code == 0 and "+++ b/nginx.conf" in result.output and "would write" in result.output
    assert not (place / "out").exists()


def test_what_people_edited_is_not_overwritten_unless_they_say_so(place: Path) -> None:
    harden("nginx", "--output", "out")
    edit(place / "out/nginx.conf", "keepalive 16;", "keepalive 17;")
    refused = harden("nginx", "--output", "out")
    assert refused.exit_code == 2 and "nginx.conf was not written by batten, or was edited" in refused.output
    assert "-        keepalive 17;" in refused.output
    assert "keepalive 17;" in (place / "out/nginx.conf").read_text(encoding="utf-8")
    assert harden("nginx", "--output", "out", "--force").exit_code == 0
    assert "keepalive 16;" in (place / "out/nginx.conf").read_text(encoding="utf-8")


def test_a_file_of_somebody_else_is_not_overwritten(place: Path) -> None:
    (place / "out").mkdir()
    (place / "out/nginx.conf").write_text("events {}\n", encoding="utf-8")
    assert harden("nginx", "--output", "out").exit_code == 2
    assert not (place / "out" / NAME).exists()


def test_rules_in_a_region_stay_and_are_no_edit(place: Path) -> None:
    harden("nginx", "--output", "out")
    edit(place / "out/nginx.conf", OWN, f"{OWN}        # mine\n")
    assert harden("nginx", "--output", "out", "--name", "api.example.com").exit_code == 0
    text = (place / "out/nginx.conf").read_text(encoding="utf-8")
    assert f"{OWN}        # mine\n" in text and "server_name api.example.com;" in text
    edit(place / "out/nginx.conf", "begin own rules api", "begin own rules ap i")
    broken = harden("nginx", "--output", "out", "--force")
    assert broken.exit_code == 2 and "this mark of a region was changed" in broken.output


def test_undo_restores_every_byte(place: Path) -> None:
    harden("nginx", "--output", "out")
    before = {path.name: path.read_bytes() for path in (place / "out").iterdir()}
    harden("nginx", "--output", "out", "--body", "2m")
    assert (place / "out/nginx.conf").read_bytes() != before["nginx.conf"]
    assert "restored" in harden("--undo", "--output", "out").output
    assert {path.name: path.read_bytes() for path in (place / "out").iterdir()} == before
    assert harden("--undo", "--output", "out").exit_code == 0
    assert not list((place / "out").iterdir())
    assert harden("--undo", "--output", "out").exit_code == 2


def test_a_link_in_the_checkout_is_not_written_through(
    place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (place / ".git").mkdir()
    os.symlink(elsewhere, place / "out")
    assert harden("nginx", "--output", "out").exit_code == 2
    assert not list(elsewhere.iterdir())


def test_secrets_are_made_once_for_this_user_only(tmp_path: Path) -> None:
    made = laid_out(Made({}, (Secret("secrets/a", lambda earlier: os.urandom(8), "first"),
                              Secret("secrets/b", lambda earlier: earlier["secrets/a"] + b"!", "second"))))  # fmt: skip
    assert made.files == {"secrets/.gitignore": "*\n!.gitignore\n"}
    generate(Root(tmp_path), made.secrets)
    first = (tmp_path / "secrets/a").read_bytes()
    assert (tmp_path / "secrets/b").read_bytes() == first + b"!"
    assert stat.S_IMODE((tmp_path / "secrets/a").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    generate(Root(tmp_path), made.secrets)
    assert (tmp_path / "secrets/a").read_bytes() == first
    (tmp_path / "secrets/a").unlink()
    os.symlink("/etc/hostname", tmp_path / "secrets/a")
    with pytest.raises(Refused):
        generate(Root(tmp_path), made.secrets)


@pytest.mark.parametrize("path", ["../x", "/etc/x", NAME])
def test_a_target_cannot_leave_the_folder(path: str) -> None:
    with pytest.raises(HardenProblem, match="not a path below"):
        laid_out(Made({path: ""}))


def test_a_file_that_is_not_rendered_any_more_is_told(place: Path) -> None:
    assert harden("traefik", "--output", "out").exit_code == 0
    said = harden("nginx", "--output", "out")
    assert said.exit_code == 0 and "out/dynamic.yaml is not rendered any more; remove it" in said.output
    (place / "out/dynamic.yaml").unlink()
    (place / "out/traefik.yaml").unlink()
    assert "any more" not in harden("nginx", "--output", "out").output
