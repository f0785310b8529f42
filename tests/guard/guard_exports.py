"""Exported guards run as real servers, and the shared cases held against them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cases import answers, bodies, bodies_json, framing, origins, targets
from cases.case import Case, asked
from guard_clients import Answer, Client
from guard_contracts import SHOP, contract
from guard_upstream import Upstream

from batten.contract import Contract
from batten.guard.export import Export, envoy, haproxy, nginx
from batten.harden.options import Options
from batten.policy import Policy
from servers import free_port, listener
from waiting import BOUND

SUITE = framing.CASES + targets.CASES + origins.CASES + bodies.CASES + bodies_json.EVERYWHERE + answers.CASES
MODULES = next(
    (
        f
        for f in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules")
        if Path(f, "ngx_http_lua_module.so").exists()
    ),
    "",
)
NGINX = (MODULES and shutil.which("nginx")) or ""

POLICY = Policy(origins=(SHOP,))
HAPROXY = shutil.which("haproxy") or ""


def written(export: Export, folder: Path, broken: str = "") -> Export:
    """The files, with an error at the beginning of the Lua function that is `broken`."""
    for name, text in export.files.items():
        if broken and name.endswith(".lua"):
            whole = rf"(function {re.escape(broken)}\([^)]*\)\n)"
            text, count = re.subn(whole, r'\1 error("out of order")\n', text, count=1)
            assert count == 1, broken
        (folder / name).write_text(text, encoding="utf-8")
    return export


def user() -> str:
    """Root's nginx would take a user who may not enter a test's folder."""
    return "root root" if os.geteuid() == 0 else ""


@contextmanager
def exported_nginx(
    folder: Path, upstream_port: int, broken: str = "", of: Contract | None = None, policy: Policy = POLICY
) -> Iterator[int]:
    port = free_port()
    options = Options(
        upstream=f"http://127.0.0.1:{upstream_port}", listen=f"127.0.0.1:{port}", plain="", names=("localhost",),
        prefix=str(folder), rate=100_000, connections=1_000, user=user(),
    )  # fmt: skip
    made = nginx.export(of or contract(), policy, options, nginx.Place(str(folder), MODULES, secure=False))
    written(made, folder, broken)
    conf = folder / nginx.CONFIGURATION
    text = conf.read_text(encoding="utf-8").replace("proxy_read_timeout 15s", "proxy_read_timeout 4s")
    conf.write_text(text, encoding="utf-8")
    with listener(
        [NGINX, "-p", f"{folder}/", "-c", str(conf), "-g", "daemon off;"], port, folder / "output.log"
    ):
        yield port


def envoy_program() -> str:
    beside = Path(sys.executable).with_name("envoy")
    return str(beside) if beside.exists() else shutil.which("envoy") or ""


@contextmanager
def exported_envoy(
    folder: Path, upstream_port: int, broken: str = "", of: Contract | None = None, policy: Policy = POLICY
) -> Iterator[int]:
    port = free_port()
    options = Options(upstream=f"http://127.0.0.1:{upstream_port}", listen=f"127.0.0.1:{port}")
    made = envoy.export(of or contract(), policy, options, str(folder), secure=False)
    written(made, folder, broken)
    conf = folder / envoy.CONFIGURATION
    conf.write_text(
        conf.read_text(encoding="utf-8").replace('"15s"', '"4s"').replace('"1s"', '"0.05s"'), encoding="utf-8"
    )
    command = [envoy_program(), "-c", str(conf), "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
    with listener(command, port, folder / "output.log"):
        yield port


@contextmanager
def exported_haproxy(
    folder: Path, upstream_port: int, broken: str = "", of: Contract | None = None, policy: Policy = POLICY
) -> Iterator[int]:
    port = free_port()
    options = Options(upstream=f"http://127.0.0.1:{upstream_port}", listen=f"127.0.0.1:{port}")
    made = haproxy.export(of or contract(), policy, options, str(folder), secure=False)
    written(made, folder, broken)
    conf = folder / haproxy.CONFIGURATION
    text = (
        conf.read_text(encoding="utf-8")
        .replace("timeout server 15s", "timeout server 4s")
        .replace("body time 10s", "body time 1s")
    )
    conf.write_text(text, encoding="utf-8")
    with listener([HAPROXY, "-db", "-f", str(conf)], port, folder / "output.log"):
        yield port


def difference(port: int, behind: Upstream, case: Case, expected: bool) -> str:
    """What an engine does otherwise; "" where it does the same. One that is expected to may wait for more: it is not
    waited for long."""
    behind.forget()
    try:
        seen, ended = _played(port, case, 2.5 if expected else BOUND)
    except (AssertionError, OSError) as error:
        return f"{type(error).__name__}: {str(error)[:60]}" + _reached(case, behind)
    statuses = tuple(answer.status for answer in seen)
    if statuses != case.statuses:
        return f"{statuses} for {case.statuses}" + _reached(case, behind)
    last, raw = seen[-1], b"".join(behind.raw)
    found = [f"shows no {w!r}" for w in case.shows if w not in last.head]
    shown = last.head.replace(b"geolocation", b"") + (last.body if last.status >= 400 else b"")
    found += [f"shows {u!r}" for u in case.hides if u in shown]
    found += [f"passes no {w!r}" for w in case.got if w.lower() not in raw.lower()]
    found += [f"passes {u!r}" for u in case.got_not if u in raw.lower()]
    if case.body is not None and last.body != case.body:
        found.append(f"body {last.body[:40]!r}")
    if last.whole is case.cut:
        found.append("cut")
    if case.closes and not ended:
        found.append("stays open, in step")
    if behind.unread or case.reaches not in (-1, len(behind.seen)):
        found.append(f"reached {len(behind.seen)} {behind.unread}")
    return "; ".join(found)


def _played(port: int, case: Case, patience: float) -> tuple[list[Answer], bool]:
    """The answers, and whether the connection ends after them; where it does not, it must be in step."""
    client = Client(port)
    client.link.settimeout(patience)
    try:
        client.send(case.sent)
        methods = re.findall(rb"(?:^|\n)([A-Z]+) [^\r\n]* HTTP/1\.1\r\n", case.sent)
        answers = [client.answer(methods[n : n + 1] == [b"HEAD"]) for n, _ in enumerate(case.statuses)]
        client.link.settimeout(0.03)
        try:
            if client.is_at_end():
                return answers, True
        except TimeoutError:
            client.link.settimeout(patience)
        client.send(asked("GET /v1/things/mine"))
        try:
            assert client.answer().status == 401, "out of step"
        except AssertionError as error:
            assert "no answer, but b''" in str(error)  # it ended after all
            return answers, True
        return answers, False
    finally:
        client.close()


def _reached(case: Case, behind: Upstream) -> str:
    return f" (reached {len(behind.seen)})" if case.reaches == 0 and behind.seen else ""
