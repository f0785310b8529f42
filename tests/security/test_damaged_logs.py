"""Logs that are cut, damaged or of no known form, given to `batten logs`: told, never taken for empty, and without their secrets."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batten.cli import main

LINE = '192.0.2.1 - - [01/Nov/2026:10:00:{:02d} +0000] "GET /orders HTTP/1.1" 200 12 "-" "curl/8"\n'
LOG = "".join(LINE.format(number % 60) for number in range(3_000)).encode()
CONTRACT = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /orders: {get: {responses: {'200': {description: a}}}}\n"
PACKS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def ran(folder: Path, *words: str) -> Result:
    (folder / "openapi.yaml").write_text(CONTRACT)
    options = ["--contract", str(folder / "openapi.yaml"), *words]
    return CliRunner().invoke(main, ["logs", *options])


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:12],
        lambda data: data[:-1],
        lambda data: data[:-9] + bytes([data[-9] ^ 255]) + data[-8:],
        lambda data: data + b"other data",
        lambda data: data + data[: len(data) // 2],
        lambda data: b"",
    ],
    ids=["half", "head", "a byte less", "a bit", "data behind", "half a stream behind", "nothing"],
)
def test_what_is_cut_is_not_empty(pack: str, harm: Callable[[bytes], bytes], tmp_path: Path) -> None:
    log = tmp_path / f"access.log.{pack}"
    log.write_bytes(harm(PACKS[pack](LOG)))
    for form in ("terminal", "markdown", "json"):
        done = ran(tmp_path, "--format", form, str(log))
        assert done.exit_code == 3, done.output
        assert (
            "the file is empty" not in done.output and "each that was answered is declared" not in done.output
        )
        assert "the archive is damaged" in done.output


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("behind", [lambda pack: b"", lambda pack: pack(LOG), lambda pack: bytes(512)], ids=["nothing", "a stream", "zeros"])  # fmt: skip
def test_what_is_whole_is_read(
    pack: str, behind: Callable[[Callable[[bytes], bytes]], bytes], tmp_path: Path
) -> None:
    log = tmp_path / f"access.log.{pack}"
    log.write_bytes(PACKS[pack](LOG) + behind(PACKS[pack]))
    done = ran(tmp_path, str(log))
    assert done.exit_code == 0 and "each that was answered is declared" in done.output
    told = json.loads(ran(tmp_path, "--format", "json", str(log)).output)
    assert told["calls"] in (3_000, 6_000) and told["files"][0]["cut"] == ""


SECRETS = (
    "user=ada password=Tr0ub4dor-and-3 refused",
    "GET /reset?code=hunter2hunter2&x=1 failed",
    "Authorization: Bearer abcdefghijklmnop1234567890 sent",
    "connected to postgres://app:hunter2hunter2@db/app",
    "ghp_0123456789abcdefghijABCDEFGHIJ456789 was used",
)
SHOWN = ("Tr0ub4dor", "hunter2", "abcdefghijklmnop", "ghp_0123456789")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_lines_that_are_not_understood_are_masked(secret: str, form: str, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(LOG + f"{secret}\n".encode())
    done = ran(tmp_path, "--format", form, str(log))
    assert done.exit_code == 0 and not any(word in done.output for word in SHOWN), done.output
    log.write_text(f"{'x' * 150} {secret}\n{secret}\n" * 3)
    done = ran(tmp_path, "--format", form, str(log))
    assert done.exit_code == 2 and not any(word in done.output for word in SHOWN), done.output
