"""The proxy keeps shapes where it is told to learn."""

from __future__ import annotations

from pathlib import Path

from cases.case import asked, posted
from guard_clients import Client
from guard_upstream import upstream
from test_proxy_process import running

from batten.guard.traffic.traffic_file import read


def test_shapes_of_what_is_not_documented(tmp_path: Path) -> None:
    kept = tmp_path / "traffic.db"
    options = ("--workers", "1", "--mode", "observe", "--traffic", str(kept), "--learn")
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", *options) as run:
        for request in (
            asked("GET /v1/shadow/7?limit=3", play="good"),
            posted(
                "POST /v1/shadow", b'{"secret":"hunter2"}', "Content-Type: application/json", play="chunked"
            ),
            asked("GET /v1/things", play="additional"),
            asked("GET /v1/things", play="undeclared status"),
            asked("GET /v1/things", play="cut"),
        ):
            client = Client(run.port)
            client.send(request)
            client.answer()
            client.close()
    _, learnt = read(kept)
    assert {(one.method, one.path, one.part) for one in learnt} == {
        ("GET", "/v1/shadow/{}", "200"),
        ("GET", "/v1/shadow/{}", "query"),
        ("POST", "/v1/shadow", "200"),
        ("POST", "/v1/shadow", "query"),
        ("POST", "/v1/shadow", "request"),
        ("GET", "/v1/things", "200"),
        ("GET", "/v1/things", "201"),
    }
    assert b"hunter2" not in kept.read_bytes()
    assert (
        "cost"
        in next(one for one in learnt if (one.path, one.part) == ("/v1/things", "200")).shape.items.members
    )  # type: ignore[union-attr]
