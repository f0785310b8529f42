"""What is said of directives that tests cannot ask a server about (`nginx/said.yaml`), and what fixes make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.policy import Policy

SAID = yaml.safe_load((Path(__file__).parent / "nginx" / "said.yaml").read_text())
# What a server without TLS, limits and headers has beside.
BESIDE = {
    "tls-required", "banner-hidden", "nosniff-sent", "framing-denied", "csp-sent", "referrer-policy-sent", "hsts-sent",
    "permissions-policy-sent", "cross-origin-isolation-sent", "cache-control-sensitive", "host-header-checked",
}  # fmt: skip
DH = """-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
"""


def _text(conf: str) -> str:
    limited = "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;"
    if conf.startswith("events"):
        return conf
    return f"events {{}}\nhttp {{\n{limited}\nserver {{\nlisten 8080;\nlimit_req zone=z;\n{conf}\n}}\n}}\n"


@pytest.mark.parametrize("case", SAID, ids=lambda case: str(case["conf"])[:60])
def test_what_is_said_of_a_directive(case: dict[str, Any]) -> None:
    text = _text(case["conf"])
    result = review(Workspace("/nonexistent", {"nginx.conf": text}), Policy())
    found = sorted({f"{f.control}/{f.case}" for f in result.findings if f.control not in BESIDE})
    wanted = str(case.get("says") or "").split()
    assert [f for f in found if f in wanted or not f.endswith("no-rate-limit")] == wanted
    if "fixed" in case:
        (fix,) = [f.fix for f in result.findings if f"{f.control}/{f.case}" in wanted]
        assert fix is not None
        assert apply(text, fix.edits).split() == _text(case["fixed"]).split()


def test_a_short_field_for_dhe_is_found_in_its_file() -> None:
    text = _text("ssl_dhparam dh.pem;")
    result = review(Workspace("/nonexistent", {"nginx.conf": text, "dh.pem": DH}), Policy())
    (finding,) = [f for f in result.findings if f.case == "short-dh"]
    assert "1024 bits" in finding.message
