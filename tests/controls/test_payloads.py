"""How bad an omission of a contract is: what goes by the contract decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.model import Severity
from batten.policy import Policy

CONTRACT = """\
openapi: 3.0.3
info: {title: Shop, version: 1.0.0}
paths:
  /orders:
    get:
      responses:
        '200': {description: all orders}
"""


@pytest.mark.parametrize(
    ("named", "severity"),
    [((("api/openapi.yaml", 2),), Severity.LOW), ((("./api/openapi.yaml", 2),), Severity.LOW),
     ((("openapi.yaml", 2),), Severity.INFO), ((), Severity.INFO)],
)  # fmt: skip
def test_a_contract_that_batten_yaml_names_is_used(
    tmp_path: Path, named: tuple[tuple[str, int], ...], severity: Severity
) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api/openapi.yaml").write_text(CONTRACT)
    found = [f for f in review(tmp_path, Policy(documents=named)).findings if f.case == "content-missing"]
    assert [f.severity for f in found] == [severity]
