"""Templates, the contract, credentials, scanners; and files that are damaged, packed or of no known form."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten.cli import main
from batten.contract import Contract
from batten.guard.loading import read_contract
from batten.logs.digest import entries_of
from batten.logs.lines import LogProblem
from batten.logs.tally import Told, tell
from days import judged_on

CONTRACT = """\
openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /orders: {get: {responses: {"200": {description: All.}}}}
  /orders/{id}: {get: {responses: {"200": {description: One.}}}}
"""


def line(
    target: str, status: int = 200, method: str = "GET", client: str = "192.0.2.7", minute: int = 0
) -> str:
    return f'{client} - - [27/Nov/2026:19:{minute:02}:55 +0000] "{method} {target} HTTP/1.1" {status} 12 "-" "agent"\n'


def said(folder: Path, lines: Iterable[str], contract: Contract | None = None) -> Told:
    log = folder / "access.log"
    log.write_text("".join(lines))
    return tell([log], contract)


def templates(told: Told) -> dict[str, int]:
    return {one.path: one.seen.times for one in told.used}


@pytest.fixture
def shop(tmp_path: Path) -> Contract:
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    return read_contract(tmp_path / "openapi.yaml")


def test_identifiers_are_folded_and_versions_are_not(tmp_path: Path) -> None:
    paths = [
        "/api/v1/orders/17",
        "/api/v1/orders/18/lines/a1",
        "/api/v2/orders",
        "/b/550e8400-e29b-41d4-a716-446655440000",
    ]
    assert templates(said(tmp_path, map(line, paths))) == {
        "/api/v1/orders/{}": 1,
        "/api/v1/orders/{}/lines/{}": 1,
        "/api/v2/orders": 1,
        "/b/{}": 1,
    }  # fmt: skip


def test_names_are_told_by_their_company(tmp_path: Path) -> None:
    chance = random.Random(1)
    names = ["".join(chance.choice("abcdefghij") for _ in range(7)) for _ in range(300)]
    words = ["orders", "carts", "login", "health", "search", "me"]
    lines = [line(f"/users/{chance.choice(names)}/profile") for _ in range(2_000)]
    lines += [line(f"/{word}") for word in words for _ in range(50)] + [line("/users/me") for _ in range(80)]
    found = templates(said(tmp_path, lines))
    assert found == {"/users/{}/profile": 2_000, "/users/me": 80, **{f"/{word}": 50 for word in words}}


def test_collections_of_a_large_api_are_not_names(tmp_path: Path) -> None:
    chance = random.Random(2)
    names = ["".join(chance.choice("abcdefghij") for _ in range(7)) for _ in range(60)]
    lines = [line(f"/api/{name}/{n}") for name in names for n in range(5)]
    assert templates(said(tmp_path, lines)) == {f"/api/{name}/{{}}": 5 for name in names}


def test_what_the_contract_has_is_not_told(tmp_path: Path, shop: Contract) -> None:
    lines = [
        line("/orders"),
        line("/orders/abc"),
        line("/orders/7", method="DELETE"),
        line("/admin"),
        line("/nothing", 404),
    ]
    told = said(tmp_path, lines, shop)
    assert [(e.sort.name, e.call, e.row.times, e.row.first) for e in entries_of(told, shop)] == [
        ("ENDPOINT", "GET /admin", 1, "2026-11-27"),
        ("NOTHING", "GET /nothing", 1, "2026-11-27"),
        ("VERB", "DELETE /orders/{id}", 1, "2026-11-27"),
    ]


def test_where_the_edge_serves_the_contract_is_inferred(tmp_path: Path, shop: Contract) -> None:
    told = said(
        tmp_path,
        [line(f"/shop/api/orders/{n}") for n in range(9)]
        + [line("/shop/api/orders"), line("/shop/api/debug")] * 3,
        shop,
    )
    assert told.prefix.removed == "/shop/api"
    assert [e.call for e in entries_of(told, shop)] == ["GET /debug"]


def test_scanners_are_told_from_users(tmp_path: Path) -> None:
    scanner, guesser, user = "198.51.100.9", "198.51.100.8", "192.0.2.7"
    lines = [line("/orders", client=user), line("/assets/favicon.ico", 404, client=user)] * 30
    lines += [line(f"/{word}x", 404, client=scanner) for word in "abcdefghijklmnopqrstuvwxyz"]
    lines += [line("/.env", 200, client=scanner), line("/..%2f..%2fetc/passwd", 400, client=scanner)]
    lines += [line("/login", 401, "POST", guesser) for _ in range(30)]
    told = said(tmp_path, lines)
    assert [(c.client, c.habit.name, c.refused, c.most, c.found) for c in told.crowds] == [
        (guesser, "GUESSES", 30, 30, ()),
        (scanner, "SCANS", 27, 0, (("/.env", 1),)),
    ]
    assert told.scanned == 58 and templates(told) == {"/orders": 30, "/assets/favicon.ico": 30}


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/a?x=1&api_key=abc", "api_key"), ("/a?password=x", "password"), ("/a?JSESSIONID=1F", "JSESSIONID"),
        ("/a?id_token=e", "id_token"), ("/reset/eyJhbGciOiJI.eyJzdWIiOiIx.abc", ""),
        ("/a?page_token=abc", None), ("/a?token_type=bearer", None), ("/a?token=", None), ("/a?q=token", None),
    ],
)  # fmt: skip
def test_credentials_in_urls(tmp_path: Path, target: str, name: str | None) -> None:
    found = [leak.name for leak in said(tmp_path, [line(target)]).leaks]
    assert found == ([] if name is None else [name])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_logs_are_read(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    (tmp_path / "access.log.1").write_bytes(pack((line("/a") * 9).encode()))
    assert tell([tmp_path / "access.log.1"]).calls == 9


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    data = gzip.compress("".join(line(f"/{n * 7919}") for n in range(90_000)).encode())
    (tmp_path / "log.gz").write_bytes(data[: len(data) // 2])
    (file,) = tell([tmp_path / "log.gz"]).files
    assert file.cut and 0 < file.lines < 90_000


def test_lines_of_another_form_are_told(tmp_path: Path) -> None:
    told = said(tmp_path, [line("/a")] * 5 + ["what is this\n"] + [line("/b")] * 5)
    (file,) = told.files
    assert (file.lines, file.understood, file.samples) == (11, 10, ((6, "what is this"),))


def test_a_path_with_an_end_of_line_in_it_is_one_path(tmp_path: Path) -> None:
    said = [
        {"method": "GET", "path": "/a b\nGET \n", "status": 200},
        {"method": "GET", "path": "/d", "status": 404},
    ]
    (tmp_path / "log").write_text("".join(json.dumps(one) + "\n" for one in said))
    told = tell([tmp_path / "log"])
    assert {(one.path, one.status) for one in told.used} == {("/{}", "200"), ("/d", "404")}


def test_many_deep_paths_are_counted_as_others(tmp_path: Path) -> None:
    chance = random.Random(4)
    paths = [
        "/".join(chance.choice(["a", "b", "c", "d", "e", "f", "g"]) for _ in range(12)) for _ in range(9_000)
    ]
    told = said(tmp_path, (line(f"/{path}") for path in paths))
    assert sum(one.seen.times for one in told.used) == 9_000
    assert any(one.path.endswith("(others)") for one in told.used)


@pytest.mark.parametrize("text", ["no log at all\n" * 5, "\x00\x01\x02\n", "{]\n"])
def test_an_unknown_form_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "log").write_text(text)
    with pytest.raises(LogProblem, match="--log-format"):
        tell([tmp_path / "log"])
    result = CliRunner().invoke(main, ["logs", str(tmp_path / "log")])
    assert result.exit_code == 2 and "--log-format" in result.output


def test_an_endless_line_takes_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        file.write(line("/a").encode())
        for _ in range(64):
            file.write(b"x" * (1 << 18))
        file.write(b"\n" + line("/b").encode())
    tracemalloc.start()
    told = tell([tmp_path / "log"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told.calls == 2 and peak < 4 << 20


def test_any_number_of_paths_is_bounded(tmp_path: Path) -> None:
    chance = random.Random(3)
    letters = "abcdefghijklmnopqrstuvwxyz"

    def word() -> str:
        return "".join(chance.choice(letters) for _ in range(8))

    tracemalloc.start()
    told = said(tmp_path, (line(f"/{word()}/{word()}/{word()}") for _ in range(40_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told.calls == 40_000 and len(told.used) < 3_000 and peak < 200 << 20


def test_the_command_says_what_it_read(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    (tmp_path / "access.log").write_text(line("/orders") + line("/orders?access_token=abc"))
    command = ["logs", str(tmp_path / "access.log"), "--contract", str(tmp_path / "openapi.yaml")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0 and "each that was answered is declared" in result.output
    assert "?access_token=…" in result.output and "abc" not in result.output
    plain = json.loads(CliRunner().invoke(main, [*command, "--format", "json"]).stdout)
    assert plain["credentials"][0]["parameter"] == "access_token" and plain["files"][0]["lines"] == 2


def test_a_log_comes_through_a_pipe(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "batten",
        "logs",
        "/dev/stdin",
        "--log-format",
        "$request_method $request_uri $status",
    ]
    done = subprocess.run(
        command,
        input="GET /v1/orders/17?x=1 200\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0 and "GET /v1/orders/{}" in done.stdout, done.stderr


@judged_on("2026-11-28")
def test_check_judges_what_logs_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    lines = [line("/orders"), line("/debug/vars"), line("/orders?api_key=abc")]
    (tmp_path / "access.log").write_text("".join(lines))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check", "--no-history", "--log", "access.log", "--format", "json"])
    found = {(f["control"], f["case"]) for f in json.loads(result.stdout)["findings"]}
    assert ("endpoints-documented", "answers") in found or any(c == "endpoints-documented" for c, _ in found)
    assert ("credentials-not-in-url", "called") in found


def test_check_says_which_lines_it_did_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    (tmp_path / "access.log").write_text(line("/orders") * 3 + "torn\n" + line("/orders"))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check", "--no-history", "--log", "access.log", "--format", "json"])
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem["message"] == "1 of 5 lines do not fit the format combined and were not read"
    assert problem["line"] == 4 and "batten logs" in problem["hint"]


def test_check_of_a_log_needs_a_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "access.log").write_text(line("/orders"))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check", "--no-history", "--log", "access.log", "--format", "json"])
    (problem,) = json.loads(result.stdout)["problems"]
    assert (
        problem["message"] == "the log was not judged: no contract is known"
        and problem["source"] == "access.log"
    )


def test_what_logs_show_is_drafted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    (tmp_path / "access.log").write_text(line("/carts/17?limit=5") + line("/orders"))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["guard", "learn", "--log", "access.log"])
    assert result.exit_code == 0, result.output
    drafted = yaml.safe_load((tmp_path / "learnt.yaml").read_text())["paths"]
    (operation,) = drafted["/carts/{cart_id}"].values()
    assert list(drafted) == ["/carts/{cart_id}"] and {p["name"] for p in operation["parameters"]} == {
        "cart_id",
        "limit",
    }


def test_an_archive_that_asks_for_much_memory_is_cut(tmp_path: Path) -> None:
    wide = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}]
    (tmp_path / "log.xz").write_bytes(lzma.compress(line("/a").encode(), filters=wide))
    (file,) = tell([tmp_path / "log.xz"]).files
    assert "Memory" in file.cut and file.lines == 0


def test_a_scanner_that_calls_last_hides_no_endpoint(tmp_path: Path) -> None:
    users = [line("/orders", client=f"192.0.2.{n}") for n in range(1, 9)]
    scanner = [line(f"/{word}/.env", 404, client="198.51.100.9") for word in "abcdefghijklmnopqrstuvwxyz"]
    told = said(tmp_path, users + scanner + [line("/orders", client="198.51.100.9")])
    assert templates(told) == {"/orders": 9}
