"""batten holds its own service to its own controls: the running service is probed with an administrator's token."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import batten
from waiting import BOUND
from watch_serving import BATTEN, watching

CONTRACT = Path(batten.__file__).parent / "watch/api/openapi.yaml"
POLICY = """
version: 1
contract: openapi.yaml
environments:
  watch: {{url: "{url}", ca: cert.pem, headers: {{Authorization: "Bearer ${{TOKEN}}"}}, rate: 400, budget: 6000}}
"""


def test_the_service_is_clean(tmp_path: Path) -> None:
    certificate, key = _pair(tmp_path)
    data = str(tmp_path / "data")
    with watching(tmp_path, "--data", data, "--certificate", certificate, "--key", key, ca=certificate) as (
        url,
        _,
        _,
    ):
        scopes = [word for scope in ("read", "run", "push", "waive", "admin") for word in ("--scope", scope)]
        token = _said("watch", "user", "token", "admin", "probe", *scopes, "--data", data).splitlines()[-1]
        (tmp_path / "openapi.yaml").write_bytes(CONTRACT.read_bytes())
        (tmp_path / "batten.yaml").write_text(POLICY.format(url=url))
        given = {**os.environ, "TOKEN": token}
        for words in (("trust", "--yes"), ("probe", "watch")):
            done = subprocess.run(
                [BATTEN, *words],
                cwd=tmp_path,
                env=given,
                capture_output=True,
                text=True,
                timeout=BOUND,
                check=False,
            )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reached" in done.stdout and "not assessed" not in done.stdout


def _said(*command: str) -> str:
    return subprocess.run(
        [BATTEN, *command], capture_output=True, text=True, timeout=BOUND, check=True
    ).stdout


def _pair(folder: Path) -> tuple[str, str]:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "200", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(folder / "cert.pem"), str(folder / "key.pem")
