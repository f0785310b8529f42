"""How bad it is that others on the path can read: it depends on who can be on it."""

from __future__ import annotations

import pytest

from batten.controls._addresses import on_the_path
from batten.model import Severity

PLACES = [
    ("127.0.0.1", "api.example.com", Severity.INFO),
    ("::1", "", Severity.INFO),
    ("::ffff:127.0.0.1", "", Severity.INFO),
    ("", "localhost", Severity.INFO),
    ("", "shop.localhost", Severity.INFO),
    ("10.1.2.3", "api.example.com", Severity.MEDIUM),
    ("100.64.0.1", "", Severity.MEDIUM),  # shared by the customers of a provider (RFC 6598)
    ("fd00::1", "", Severity.MEDIUM),
    ("", "192.168.1.4", Severity.MEDIUM),
    ("8.8.8.8", "localhost.example.com", None),
    ("2606:4700::1", "", None),
    ("", "api.example.com", None),
]


@pytest.mark.parametrize(("address", "host", "most"), PLACES)
def test_the_address_that_answers_decides(address: str, host: str, most: Severity | None) -> None:
    assert on_the_path(address, host) is most
