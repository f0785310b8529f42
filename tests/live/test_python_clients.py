"""What is said of Python's clients of TLS, shown on a server whose certificate nobody signed: a client that is found fault with is
answered, and the same client without the fault refuses the server."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from live_servers import certificate, write_pem

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from needs import package

CLIENTS = {
    "requests, an argument": ("requests", "import requests\nrequests.get(URL, verify=False)", "verify=False", "verify=True"),
    "requests, a session": (
        "requests",
        "import requests\nsession = requests.Session()\nsession.verify = False\nsession.get(URL)",
        "= False",
        "= True",
    ),
    "httpx, an argument": ("httpx", "import httpx\nhttpx.get(URL, verify=False)", "verify=False", "verify=True"),
    "httpx, a client": ("httpx", "import httpx\nhttpx.Client(verify=False).get(URL)", "verify=False", "verify=True"),
    "urllib3, the certificate": (
        "urllib3",
        'import urllib3\nurllib3.PoolManager(cert_reqs="CERT_NONE", retries=False).request("GET", URL)',
        "CERT_NONE",
        "CERT_REQUIRED",
    ),
    "a context that is changed": (
        "ssl",
        "import ssl\nimport urllib.request\ncontext = ssl.create_default_context()\ncontext.check_hostname = False\n"
        "context.verify_mode = ssl.CERT_NONE\nurllib.request.urlopen(URL, context=context)",
        "CERT_NONE",
        "CERT_REQUIRED",
    ),
    "a context that never verifies": (
        "ssl",
        "import ssl\nimport urllib.request\nurllib.request.urlopen(URL, context=ssl._create_unverified_context())",
        "_create_unverified_context",
        "create_default_context",
    ),
    "tornado": (
        "tornado",
        "import tornado.ioloop\nfrom tornado.httpclient import AsyncHTTPClient\n"
        "tornado.ioloop.IOLoop().run_sync(lambda: AsyncHTTPClient().fetch(URL, validate_cert=False))",
        "validate_cert=False",
        "validate_cert=True",
    ),
}  # fmt: skip


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses the certificate hangs up."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    chain, key = write_pem(tmp_path_factory.mktemp("pem"), certificate(None))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = Server(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def found(code: str) -> bool:
    files = {"client.py": f'URL = "https://prices.example.net/"\n{code}\n'}
    result = review(Workspace(Path("/nonexistent"), files), Policy())
    return any(one.control == "tls-verify" for one in result.findings)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "code", "fault", "without"), CLIENTS.values(), ids=CLIENTS)
def test_a_client_that_is_found_fault_with_takes_any_certificate(
    name: str, code: str, fault: str, without: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(name)
    # requests takes these for more than what a session says.
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    assert fault in code
    assert found(code)
    exec(code, {"URL": url})
    right = code.replace(fault, without).replace("check_hostname = False", "check_hostname = True")
    assert not found(right)
    with pytest.raises(Exception, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
        exec(right, {"URL": url})
