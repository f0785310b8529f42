from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from edge_servers import upstream

from batten.cli import main
from batten.technologies.edges.nginx.validator import nginx
from needs import needs

ORDERS = Path(__file__).parents[2] / "examples/orders"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    for name in ("openapi.yaml", "batten.yaml"):
        shutil.copy(ORDERS / name, tmp_path)
    yield tmp_path


def harden(place: Path, *more: str) -> Result:
    contract = ("--contract", str(place / "openapi.yaml"))
    output = ("--output", str(place / "out"))
    return CliRunner().invoke(main, ["harden", "nginx", *contract, *output, *more])


def test_it_takes_what_batten_yaml_says_and_writes_once(place: Path) -> None:
    first = harden(place)
    assert first.exit_code == 0 and "reviewed, no findings" in first.output
    text = (place / "out/nginx.conf").read_text(encoding="utf-8")
    assert "listen 8443 ssl;" in text and "listen 8080;" in text and "localhost shop.example.com;" in text
    again = harden(place)
    assert again.exit_code == 0 and "nothing changed" in again.output
    renamed = harden(place, "--name", "api.example.com")
    assert renamed.exit_code == 0 and "+        server_name api.example.com;" in renamed.output
    assert "server_name api.example.com;" in (place / "out/nginx.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--upstream", "ftp://x"), "not an upstream"),
        (("--listen", "nowhere"), "not a listen address"),
        (("--oldest", "new"), "not a version"),
        (("--name", "a b"), "not a host name"),
        (("--contract", "{}/batten.yaml"), "not an OpenAPI document"),
    ],
)
def test_wrong_usage_is_a_sentence(place: Path, more: tuple[str, ...], said: str) -> None:
    result = harden(place, *(word.format(place) for word in more))
    assert result.exit_code == 2 and said in result.output
    assert not (place / "out").exists()


def test_pages_that_browsers_will_not_show_are_told(place: Path) -> None:
    contract = place / "openapi.yaml"
    text = contract.read_text(encoding="utf-8")
    told = "/v1/health: browsers run the scripts of these pages that come from their own host, and none within them"
    assert told not in harden(place).output
    contract.write_text(text.replace("application/json:", "text/html; charset=utf-8:", 1), encoding="utf-8")
    found = harden(place, "--force")
    assert told in found.output and found.exit_code == 0
    said = place / "batten.yaml"
    said.write_text(f"{said.read_text(encoding='utf-8')}\ncontent: api\n", encoding="utf-8")
    assert (
        "/v1/health: the contract declares pages, and batten.yaml says that these are data"
        in harden(place, "--force").output
    )


def test_operations_that_no_edge_serves_are_told(place: Path) -> None:
    contract = place / "openapi.yaml"
    text = contract.read_text(encoding="utf-8")
    assert "it is left out" not in harden(place).output
    contract.write_text(
        text.replace("  /v1/health:\n", "  /v1/health:\n    trace: {responses: {}}\n", 1), encoding="utf-8"
    )
    assert "note: TRACE /v1/health: no edge forwards this" in harden(place, "--force").output


def test_what_is_judged_is_not_waived(place: Path) -> None:
    """An upstream in clear text on another machine is a finding, whoever wrote the file."""
    result = harden(place, "--upstream", "http://api.example.net:8000")
    assert result.exit_code == 1 and "upstream-encrypted" in result.output


@needs("nginx", nginx())
def test_it_is_proved_by_probing_it(place: Path) -> None:
    with upstream() as url:
        result = harden(place, "--upstream", url, "--prove")
    assert result.exit_code == 0, result.output
    assert "probe: passed" in result.output and "in front of the upstream" in result.output
