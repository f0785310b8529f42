"""`batten harden --from`: a plan, one step of it, and the stack of a deployment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from batten.cli import main
from batten.reports.plan import FORMATS
from servers import application

ORDERS = Path(__file__).parents[2] / "examples/orders"
PINNED = "@sha256:" + "a" * 64
NGINX = """events {}
http {
    server_tokens on;
    server { listen 443 ssl; server_name a.example; location / { proxy_pass http://127.0.0.1:8000; } }
}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "nginx.conf").write_text(NGINX)
    return folder


def harden(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["harden", "--from", str(folder), *words])


def plan(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(harden(folder, "--format", "json").stdout)["steps"]
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_a_plan_is_the_same_bytes_and_names_what_to_do(form: str, place: Path) -> None:
    made = harden(place, "--format", form)
    assert made.exit_code == 1 and made.output == harden(place, "--format", form).output
    assert "banner-hidden" in made.output and "--undo" in made.output


def test_the_next_step_is_taken_and_nothing_else(place: Path) -> None:
    every = plan(place)
    first = next(step for step in every if step["way"] == "safe-fix")
    rest = [step for step in every if step is not first]
    taken = harden(place, "--next")
    assert taken.exit_code == 1 and "+    server_tokens off;" in taken.output, taken.output
    assert "resolved  nginx.conf:3  banner-hidden" in taken.output and " 0 new, " in taken.output
    assert [step["key"] for step in plan(place)] == [step["key"] for step in rest]
    verified = CliRunner().invoke(main, [*str(first["verify"]).split()[1:], str(place)])
    assert verified.exit_code == 0 and str(first["prints"]) in verified.output
    assert CliRunner().invoke(main, ["fix", "--undo", str(place)]).exit_code == 0
    assert (place / "nginx.conf").read_text() == NGINX


def test_the_terminal_shows_two_screens_and_the_rest_in_a_line_each(place: Path) -> None:
    names = [f"app{number}" for number in range(60)]
    for name in names:
        (place / name).mkdir()
        (place / name / "Dockerfile").write_text(
            f"FROM debian:13\nADD https://{name}.example/x /x\nUSER 1000\n"
        )
        (place / name / "compose.yaml").write_text(
            f"services:\n  {name}:\n    image: {name}\n    privileged: true\n"
        )
    every, lines = plan(place), harden(place).output.splitlines()
    assert len(lines) <= 80
    assert [
        number
        for number, _ in enumerate(every[:9], 1)
        if not any(line.startswith(f"{number:>2}  ") for line in lines)
    ] == []
    assert f"{len(every)} steps resolve" in lines[-2]


def last_step(folder: Path) -> Result:
    """The first answer that wrote nothing."""
    while (result := harden(folder, "--next", "--risky")).output.endswith("restores the files\n"):
        assert ", 0 new, " in result.output
    return result


def test_steps_end_where_a_person_is_needed(place: Path) -> None:
    (place / "Dockerfile").write_text("FROM nginx:latest\n")
    result = last_step(place)
    before = {path: path.read_bytes() for path in place.iterdir()}
    assert result.exit_code == 3 and "this step needs a person" in result.output
    assert {step["way"] for step in plan(place)} <= {"answer", "hand", "target"}
    assert "Which version of the image" in harden(place).output
    assert {path: path.read_bytes() for path in place.iterdir()} == before
    (place / "Dockerfile").unlink()
    done = last_step(place)
    assert done.exit_code == 0 and done.output == "no step is open\n"


def test_a_risky_step_is_taken_only_where_that_is_allowed(place: Path) -> None:
    (place / "nginx.conf").write_text(NGINX.replace("server_tokens on;", "server_tokens off;"))
    refused = harden(place, "--next")
    assert "safe-fix" not in [step["way"] for step in plan(place)]
    assert refused.exit_code == 3 and "nothing was written; --next --risky takes it" in refused.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("harden", "--next"), "pass --from DIR"),
        (("harden", "--from", ".", "--output", "out"), "name a target"),
        (("harden", "--from", ".", "--risky"), "--risky goes with --next"),
        (("harden", "nginx", "--from", ".", "--output", "out"), "--from goes with compose"),
        (("harden", "--from", ".", "-e", "nowhere"), "no environment 'nowhere'"),
    ],
)
def test_wrong_usage_is_a_sentence(
    words: tuple[str, ...], said: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 2 and said in result.output


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def test_what_an_environment_shows_is_in_the_plan(place: Path) -> None:
    with application(Starlette(routes=[Route("/", hello)])) as port:
        url = f"http://127.0.0.1:{port}"
        (place / "batten.yaml").write_text(
            f"environments: {{staging: {{url: '{url}', budget: 60, rate: 500}}}}\n"
        )
        unasked = harden(place, "-e", "staging")
        found = json.loads(harden(place, "-e", "staging", "--allow", url, "--format", "json").stdout)
    assert "not probed: its state is unknown" in unasked.output and url in unasked.output
    live = [step for step in found["steps"] if step["findings"][0]["environment"]]
    assert live and all(step["verify"] == "batten check -e staging" for step in live)
    assert all(step["way"] == "hand" and step["do"] for step in live)


def test_a_deployment_takes_its_stack_from_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    shutil.copytree(ORDERS, folder)
    images = [
        word for part in ("api", "edge", "cache") for word in ("--image", f"{part}=example/{part}{PINNED}")
    ]
    out = str(tmp_path / "out")
    made = CliRunner().invoke(
        main, ["harden", "compose", "--from", str(folder), "--output", out, "--dry-run", *images]
    )
    assert made.exit_code == 0, made.output
    assert "out/cache/valkey.conf" in made.output and "variables that are not rendered" in made.output
    asked = CliRunner().invoke(
        main, ["harden", "compose", "--from", str(folder), "--output", out, "--application", "x"]
    )
    assert asked.exit_code == 2 and "`x` is not a workload of the folder" in asked.output
