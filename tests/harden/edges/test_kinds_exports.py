"""Headers by what a path serves, of engines that the guard is exported to: those of hardened edges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import guard_exports
import pytest
from edge_kinds import HOST, POLICY, Api, api, contract_of, policy_of
from edge_servers import Answer, exchange
from test_kinds import BESIDE, DATA, FILES, NONCE, PAGES, SHOPS

from batten.guard.export import kong
from batten.harden import Options
from batten.policy import headers
from needs import without

SAYS = {"/things": "application/json", "/bill": "application/json", "/reports/7.json": "application/json"}
SERVED = {"/app.js": "text/javascript", "/logo.svg": "image/svg+xml"}
PROGRAMS = {
    "nginx": guard_exports.NGINX,
    "haproxy": guard_exports.HAPROXY,
    "envoy": guard_exports.envoy_program(),
}
POLICIES = {
    "GET /things": DATA,
    "GET /docs/a": PAGES,
    "GET /docs/a?status=404": PAGES,
    "GET /app.js": PAGES,
    "GET /shop/a": SHOPS,
    "GET /plain": DATA,
    "GET /logo.svg": FILES,
    "GET /bill": FILES,
    "GET /reports/7.json": FILES,
    # Of the guard itself.
    "DELETE /docs/a": DATA,
    "GET /nothing": DATA,
    "GET /logo.svg?status=500": DATA,
}


class Faithful(Api):
    """It keeps the contract."""

    def text(self, path: str) -> bytes:
        return b"{}" if path in SAYS else super().text(path)

    def media(self, path: str) -> str:
        return SAYS.get(path) or SERVED.get(path) or super().media(path)


@pytest.fixture(scope="module", params=list(PROGRAMS))
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    engine = str(request.param)
    if not PROGRAMS[engine]:
        without(engine)
    start = getattr(guard_exports, f"exported_{engine}")
    folder = tmp_path_factory.mktemp(f"kinds-{engine}")
    with api(Faithful) as behind, start(folder, behind, of=contract_of(), policy=policy_of()) as found:
        yield found


def ask(port: int, asked: str) -> Answer:
    method, target = asked.split(" ")
    head = f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    return exchange(port, None, head.encode())


def test_the_policy_is_that_of_what_the_path_serves(port: int) -> None:
    found = {asked: ask(port, asked) for asked in POLICIES}
    wrong = {
        asked: (a.status, a[headers.CSP]) for asked, a in found.items() if a[headers.CSP] != POLICIES[asked]
    }
    assert wrong == {}
    page, file = found["GET /docs/a"], found["GET /logo.svg"]
    assert (page["Referrer-Policy"], page[headers.OPENER]) == ("same-origin", "same-origin-allow-popups")
    assert (file["Referrer-Policy"], file[headers.OPENER]) == ("no-referrer", "")


def test_a_strict_policy_of_the_application_is_kept_with_its_pages(port: int) -> None:
    def sent(target: str, policy: str) -> str:
        return ask(port, f"GET {target}?csp={quote(policy)}")[headers.CSP]

    assert sent("/app.js", NONCE) == f"{NONCE}, {BESIDE}"
    assert sent("/app.js", "default-src *") == PAGES
    assert [sent(target, NONCE) for target in ("/things", "/shop/a", "/logo.svg")] == [DATA, SHOPS, FILES]


def test_kong_has_them_by_route() -> None:
    made = kong.export(contract_of(), policy_of(POLICY), Options())
    (service,) = json.loads(made.files[kong.CONFIGURATION])["services"]
    found = {
        route["paths"][0]: [
            pair
            for plugin in route["plugins"]
            if plugin["name"] == "response-transformer"
            for pair in plugin["config"]["add"]["headers"]
            if pair.startswith(headers.CSP)
        ]
        for route in service["routes"]
    }
    assert found["~/docs/[^/]+$"] == [f"{headers.CSP}:{PAGES}"] and found["~/things$"] == []
    assert any("keeps no Content-Security-Policy" in note for note in made.notes)
