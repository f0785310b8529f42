from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from hardened_places import edit, harden

from batten.engine.hardening.lock import NAME

OWN = "# batten: begin own rules api\n"


@pytest.fixture
def out(place: Path) -> Path:
    assert harden("nginx", "--output", "out").exit_code == 0
    return place / "out"


def test_nothing_drifted(out: Path) -> None:
    edit(out / "nginx.conf", OWN, f"{OWN}# mine\n")
    result = harden("--check", "out")
    assert result.exit_code == 0 and "as written, 1 file" in result.output


def drift(path: Path, old: str, new: str) -> str:
    edit(path, old, new)
    result = harden("--check", "out")
    assert result.exit_code == 1, result.output
    return result.output


def test_each_thing_that_drifted_is_named(place: Path, out: Path) -> None:
    assert "deployment: nginx.conf was edited" in drift(out / "nginx.conf", "keepalive 16;", "keepalive 15;")
    (out / "nginx.conf").unlink()
    assert "deployment: nginx.conf is missing" in harden("--check", "out").output
    harden("nginx", "--output", "out")
    assert "policy: batten.yaml was changed" in drift(place / "batten.yaml", "hosts:", "# more\nhosts:")
    harden("nginx", "--output", "out")
    said = drift(place / "openapi.yaml", "  /v1/health:", "  /v1/healthy:")
    assert "contract: openapi.yaml was changed" in said and "policy" not in said


def test_another_batten_and_a_changed_lock_are_told_apart(out: Path) -> None:
    lock = json.loads((out / NAME).read_text())
    lock["asked"]["body"] = "2m"
    (out / NAME).write_text(json.dumps(lock))
    assert "lock file: nginx.conf is rendered otherwise" in harden("--check", "out").output
    lock["batten"] = "0.0.1"
    (out / NAME).write_text(json.dumps(lock))
    said = harden("--check", "out")
    assert said.exit_code == 1 and re.search(
        r"batten: nginx.conf is rendered otherwise .* 0\.0\.1 did", said.output
    )


def test_broken_marks_are_drift(out: Path) -> None:
    said = drift(out / "nginx.conf", "begin own rules api", "begin own rules")
    assert "nginx.conf cannot be compared: nginx.conf:" in said


def test_a_lock_cannot_name_what_is_elsewhere(place: Path, out: Path) -> None:
    edit(out / NAME, '"../openapi.yaml"', '"../../../../../../etc/passwd"')
    result = harden("--check", "out")
    assert result.exit_code == 2 and "outside of this checkout" in result.output
    assert harden("--check", "out", "--contract", "openapi.yaml").exit_code == 0


def test_secrets_that_others_can_read_or_that_are_gone_are_drift(place: Path) -> None:
    assert harden("redis", "--output", "store").exit_code == 0
    lock = json.loads((place / "store" / NAME).read_text())
    first, second = (place / "store" / path for path in lock["secrets"][:2])
    assert harden("--check", "store").exit_code == 0
    first.chmod(0o644)
    second.unlink()
    said = harden("--check", "store")
    assert said.exit_code == 1 and "is open to other users" in said.output and "is missing" in said.output


def test_a_clone_has_no_secrets(place: Path) -> None:
    (place / ".git").mkdir()
    assert harden("redis", "--output", "store").exit_code == 0
    for path in json.loads((place / "store" / NAME).read_text())["secrets"]:
        (place / "store" / path).unlink()
    said = harden("--check", "store")
    assert said.exit_code == 0 and "not in this clone" in said.output


def test_a_folder_without_a_lock_is_wrong_usage(place: Path) -> None:
    assert harden("--check").exit_code == 2


HOSTILE = (
    "../../../../etc",
    '"; include /etc/passwd; "',
    "\n",
    "x" * 5_000,
    "http://evil.example/x y",
    "-1",
    "",
)


def test_words_of_a_lock_that_others_wrote_are_answered_in_sentences(out: Path) -> None:
    lock = json.loads((out / NAME).read_text())
    files = {path: path.read_bytes() for path in out.iterdir()}
    for number, name in enumerate(sorted(lock["asked"])):
        was = lock["asked"][name]
        for text in HOSTILE[number % 3 :: 3]:
            word = [text] if isinstance(was, list) else {text: text} if isinstance(was, dict) else text
            (out / NAME).write_text(json.dumps({**lock, "asked": {**lock["asked"], name: word}}))
            said = harden("--check", "out")
            assert said.exit_code in (0, 1, 2) and "internal error" not in said.output, (
                name,
                text,
                said.output,
            )
    assert {path: path.read_bytes() for path in out.iterdir() if path.name != NAME} == {
        path: data for path, data in files.items() if path.name != NAME
    }


def locked(out: Path, **words: object) -> None:
    lock = json.loads((out / NAME).read_text())
    (out / NAME).write_text(json.dumps({**lock, **words}))


def test_files_that_only_the_lock_or_only_the_renderer_knows_are_drift(place: Path, out: Path) -> None:
    files = json.loads((out / NAME).read_text())["files"]
    (out / "old.conf").write_text("")
    locked(out, files={**files, "old.conf": hashlib.sha256(b"").hexdigest()})
    assert "old.conf is in the lock file and is not rendered any more" in harden("--check", "out").output
    locked(out, files={})
    assert (
        "nginx.conf would be rendered, is not in the lock file, and is there"
        in harden("--check", "out").output
    )
    edit(place / "batten.yaml", "hosts:", "# more\nhosts:")  # which explains a text, and no file
    said = harden("--check", "out")
    assert said.exit_code == 1 and "deployment: nginx.conf would be rendered" in said.output


IMAGES = {
    part: f"registry.example.com/{part}:1@sha256:{number * 64}"
    for part, number in (("api", "a"), ("edge", "b"))
}


def test_an_image_that_the_lock_does_not_name_is_drift(place: Path) -> None:
    words = [word for part, image in IMAGES.items() for word in ("--image", f"{part}={image}")]
    assert harden("compose", "--output", "out", *words).exit_code == 0
    assert harden("--check", "out").exit_code == 0
    other = IMAGES["api"].replace("a" * 64, "c" * 64)
    override = place / "out/compose.override.yaml"
    override.write_text("services:\n  metrics:\n    image: registry.example.com/metrics:1\n")
    assert harden("--check", "out").exit_code == 0  # a service of people's own
    override.write_text(f"services:\n  api:\n    image: {other}\n")
    said = harden("--check", "out")
    assert said.exit_code == 1 and f"image: compose.override.yaml names {other}" in said.output
    edit(place / "out/compose.yaml", IMAGES["api"], other)
    said = harden("--check", "out")
    assert f"image: api has sha256:{'a' * 64} in the lock file, and no file" in said.output


def test_every_deployment_of_a_checkout_is_compared(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, *target in (("a", "nginx"), ("b/c", "redis", "--local-ca"), ("node_modules/d", "nginx")):
        assert harden(*target, "--output", folder).exit_code == 0
    said = harden("--check")
    assert said.exit_code == 0 and "2 deployments: 0 drifted, 0 not compared" in said.output
    edit(place / "b/c/redis.conf", "timeout 300", "timeout 0")
    said = harden("--check")
    assert said.exit_code == 1 and "b/c: deployment: redis.conf was edited" in said.output
    (place / "a" / NAME).write_text("{")
    assert harden("--check").exit_code == 1
    edit(place / "b/c/redis.conf", "timeout 0", "timeout 300")
    said = harden("--check")
    assert said.exit_code == 3 and "batten: a: " in said.output and "1 not compared" in said.output
    assert "belongs to one deployment" in harden("--check", "--contract", "openapi.yaml").output
