"""Python: which spellings turn the verification of certificates off, and which leave the choice to others."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.facts import Feature
from batten.formats import Workspace
from batten.technologies import Unit
from batten.technologies.frameworks.python.adapter import read


def found(tmp_path: Path, text: str) -> int:
    workspace = Workspace(tmp_path, {"client.py": text})
    return sum(isinstance(one, Feature) for one in read(Unit("python", ("client.py",)), workspace))


@pytest.mark.parametrize(
    "text",
    [
        "import requests\nrequests.get(u, verify=False)",
        "import requests\ns = requests.Session()\ns.verify = False",
        "import requests\nVERIFY = False\nrequests.get(u, verify=VERIFY)\nrequests.post(u, verify=VERIFY)",
        "import requests\nopts = {'verify': False}\nrequests.get(u, **opts)",
        "import functools, requests\nget = functools.partial(requests.get, verify=False)",
        "import niquests\nniquests.get(u, verify=False)",
        "import httpx\nhttpx.AsyncClient(verify=False)",
        "import aiohttp\naiohttp.TCPConnector(ssl=False)",
        "import aiohttp\nsession.get(u, verify_ssl=False)",
        "import urllib3\nurllib3.PoolManager(cert_reqs='CERT_NONE')",
        "import urllib3\nurllib3.PoolManager(assert_hostname=False)",
        "import ssl, websocket\nwebsocket.create_connection(u, sslopt={'cert_reqs': ssl.CERT_NONE})",
        "import tornado.httpclient\ntornado.httpclient.HTTPRequest(u, validate_cert=False)",
        "import pymongo\npymongo.MongoClient(u, tlsAllowInvalidCertificates=True)",
        "import redis\nredis.Redis(host=h, ssl=True, ssl_cert_reqs=None)",
        "import ldap3, ssl\nldap3.Tls(validate=ssl.CERT_NONE)",
        "import ssl\nc = ssl.create_default_context()\nc.check_hostname = False\nc.verify_mode = ssl.CERT_NONE",
        "import ssl\nssl._create_default_https_context = ssl._create_unverified_context",
        "import ssl\nurlopen(u, context=ssl._create_unverified_context())",
    ],
)
def test_each_spelling_is_one_finding(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import requests\nrequests.get('https://localhost:8443', verify=False)",
        "import requests\ndef f(verify=False):\n    requests.get(u, verify=verify)",
        "import requests\nif debug:\n    requests.get(u, verify=False)",
        "import requests\ndef f():\n    if verify:\n        return 1\n    requests.get(u, verify=False)",
        "import redis\nredis.Redis(host=h, ssl_cert_reqs=None)",
        "import redis\nredis.Redis(host=h, ssl=False, ssl_cert_reqs=None)",
        "import ssl\nc = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\nc.verify_mode = ssl.CERT_NONE",
        "import ssl\nc = ssl.create_default_context()\nc.verify_mode = ssl.CERT_REQUIRED",
        "import urllib3\nurllib3.PoolManager(cert_reqs='CERT_NONE', assert_fingerprint=f)",
    ],
)
def test_what_others_decide_is_silent(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == 0
