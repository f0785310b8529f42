"""Ask the running stack for everything its contract documents: `python smoke.py [--url …] [--dir .run]`.

Each answer must have a declared status and media type, and a body as its schema says. Exit code 1 when
one has not.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import yaml

HERE = Path(__file__).resolve().parent
ORDER = {"lines": [{"product_id": 1, "quantity": 2}], "note": "Ring twice"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media_type: str
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Session:
    url: str
    trust: ssl.SSLContext
    token: str
    contract: dict[str, Any]
    verbose: bool = False
    asked: int = 0
    failures: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, token: bool = False) -> Answer:
        where = urlsplit(self.url)
        link = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=5, context=self.trust)
        headers = {"Authorization": f"Bearer {self.token}"} if token else {}
        data = None if body is None else json.dumps(body)
        if data:
            headers["Content-Type"] = "application/json"
        link.request(method, path, data, headers)
        answer = link.getresponse()
        content = answer.read()
        link.close()
        return Answer(answer.status, answer.headers.get_content_type(), answer.headers, content)

    def expect(self, status: int, method: str, path: str, template: str = "", **how: Any) -> Answer:
        answer = self.ask(method, path, **how)
        wrong = "" if answer.status == status else f"status {answer.status}, not {status}"
        wrong = wrong or self.mismatch(method, template or path.partition("?")[0], answer)
        self.asked += 1
        if wrong or self.verbose:
            print(f"{'FAIL' if wrong else 'OK  '} {method} {path} {answer.status} {wrong}".rstrip())
        if wrong:
            self.failures.append(f"{method} {path}")
        return answer

    def mismatch(self, method: str, template: str, answer: Answer) -> str:
        declared = self.contract["paths"][template][method.lower()]["responses"]
        response = declared.get(str(answer.status)) or declared.get(f"{answer.status // 100}XX")
        if response is None:
            return "a status that the contract does not declare"
        if "$ref" in response:
            response = self.contract["components"]["responses"][response["$ref"].rpartition("/")[2]]
        content = response.get("content", {})
        if not content:
            return "a body where none is declared" if answer.body else ""
        if answer.media_type not in content:
            return f"an undeclared media type {answer.media_type}"
        return self.invalid(content[answer.media_type]["schema"], answer)

    def invalid(self, schema: dict[str, Any], answer: Answer) -> str:
        if not answer.media_type.endswith("json"):
            return "" if 0 < len(answer.body) <= schema["maxLength"] else "a body of a wrong size"
        whole = {**schema, "components": self.contract["components"]}
        errors = list(jsonschema_rs.Draft202012Validator(whole).iter_errors(json.loads(answer.body)))
        return errors[0].message if errors else ""


def _token(run: Path) -> str:
    """The token the stack was started with: the caller's own, or the one that run.py made."""
    if "ORDERS_TOKEN" in os.environ:
        return os.environ["ORDERS_TOKEN"]
    pairs = (line.partition("=") for line in (run / "secrets.env").read_text(encoding="utf-8").splitlines())
    return next(value for name, _, value in pairs if name == "ORDERS_TOKEN")


def _everybody(session: Session) -> None:
    health = session.expect(200, "GET", "/v1/health")
    if b'"cache":"ok"' not in health.body:
        print("FAIL the application does not reach its cache")
        session.failures.append("cache")
    session.expect(200, "GET", "/v1/products")
    one = "/v1/products/{product_id}"
    product = json.loads(session.expect(200, "GET", "/v1/products/1", one).body)
    session.expect(404, "GET", "/v1/products/999", one)
    session.expect(422, "GET", "/v1/products/mug", one)
    for wanted in ("yes", "no"):
        session.expect(200, "GET", f"/v1/gift-options?wanted={wanted}")
    session.expect(422, "GET", "/v1/gift-options?wanted=maybe")
    session.expect(200, "GET", urlsplit(product["image"]).path, "/images/{name}")
    session.expect(200, "GET", "/images/tea.svg", "/images/{name}")
    session.expect(404, "GET", "/images/nothing.png", "/images/{name}")


def _staff(session: Session) -> None:
    one = "/v1/orders/{order_id}"
    session.expect(401, "GET", "/v1/orders")
    session.expect(401, "POST", "/v1/orders", body=ORDER)
    session.expect(200, "GET", "/v1/orders", token=True)
    session.expect(422, "POST", "/v1/orders", body={"lines": []}, token=True)
    unknown = {"lines": [{"product_id": 999, "quantity": 1}]}
    session.expect(404, "POST", "/v1/orders", body=unknown, token=True)
    placed = session.expect(201, "POST", "/v1/orders", body=ORDER, token=True)
    path = placed.headers.get("Location", "/v1/orders/0")
    session.expect(200, "GET", path, one, token=True)
    session.expect(401, "GET", path, one)
    session.expect(204, "DELETE", path, one, token=True)
    session.expect(404, "GET", path, one, token=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", default="https://localhost:8443")
    parser.add_argument("--dir", type=Path, default=HERE / ".run", help="where the stack keeps its files")
    parser.add_argument("--verbose", action="store_true", help="tell of every request")
    options = parser.parse_args()
    if not (options.dir / "ca.pem").exists():
        print(f"FAIL nothing was started in {options.dir}: python run.py start")
        return 1
    trust = ssl.create_default_context(cafile=str(options.dir / "ca.pem"))
    contract = yaml.safe_load((HERE / "openapi.yaml").read_text(encoding="utf-8"))
    session = Session(options.url, trust, _token(options.dir), contract, options.verbose)
    try:
        _everybody(session)
        _staff(session)
    except OSError as error:
        print(f"FAIL {options.url} cannot be reached: {error}")
        return 1
    failed = len(session.failures)
    print(f"{failed} of {session.asked} failed" if failed else f"All as documented: {session.asked} requests")
    return 1 if session.failures else 0


if __name__ == "__main__":
    sys.exit(main())
