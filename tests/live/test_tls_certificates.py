"""Each cause of a bad certificate is found for itself, on real handshakes, and no good one is blamed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live_servers import nginx
from signing import Made, bundle, make
from tls_servers import assessed

from batten.controls.certificates import tls_certificate
from batten.live.tls.certificate import certificate_fact
from batten.model import Kind, Location
from batten.policy import Policy
from servers import free_port

AIA = "authorityInfoAccess=caIssuers;URI:http://ca.example.com/issuer.crt"
PAST = ("20230101000000Z", "20240101000000Z")
VERSIONS = ("TLSv1.2", "TLSv1.3")


def found(
    folder: Path, anchor: Made, *chain: Made, version: str = "TLSv1.2", host: str = "localhost"
) -> set[str]:
    """What is said of a server with this chain, where the anchor alone is trusted."""
    certificate, key = bundle(folder, *chain)
    port = free_port()
    server = f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
        ssl_protocols {version}; ssl_ciphers ALL:@SECLEVEL=0; return 404; }}"""
    ca = str(anchor.certificate)
    with nginx(folder, port, server):
        answer = assessed(port, ca, host)
    assert len(answer.shown) == 1
    fact = certificate_fact(host, answer.shown[0], Location("https://localhost", "x", kind=Kind.WIRE), ca)
    return {v.message for v in tls_certificate(fact, Policy())}


@pytest.fixture(scope="module")
def anchor(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("anchor"), "Test anchor", authority=True)


@pytest.fixture(scope="module")
def between(anchor: Made) -> Made:
    return make(anchor.certificate.parent, "Test intermediate", anchor, authority=True, extensions=(AIA,))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_good_chain_is_not_blamed(version: str, tmp_path: Path, anchor: Made, between: Made) -> None:
    leaf = make(tmp_path, "localhost", between, extensions=(AIA,))
    assert found(tmp_path, anchor, leaf, between, version=version) == set()
    assert found(tmp_path, anchor, leaf, between, anchor, version=version) == set()


UNTRUSTED = "the certificate's issuer is not trusted"
MISSING = "the server does not send the intermediate certificate `Test intermediate`"
CASES: dict[str, tuple[Callable[[Path, Made, Made], tuple[Made, ...]], set[str]]] = {
    "expired": (
        lambda folder, top, mid: (make(folder, "localhost", mid, dates=PAST), mid),
        {"the certificate expired on 2024-01-01"},
    ),
    "not yet valid": (
        lambda folder, top, mid: (
            make(folder, "localhost", mid, dates=("20980101000000Z", "20990101000000Z")),
            mid,
        ),
        {"the certificate is not valid before 2098-01-01"},
    ),
    "another name": (
        lambda folder, top, mid: (make(folder, "api.example.com", mid), mid),
        {"the certificate does not cover `localhost`"},
    ),
    "self-signed": (
        lambda folder, top, mid: (make(folder, "localhost"),),
        {"the certificate is self-signed"},
    ),
    "missing intermediate": (
        lambda folder, top, mid: (make(folder, "localhost", mid, extensions=(AIA,)),),
        {MISSING},
    ),
    "an issuer unknown here": (
        lambda folder, top, mid: (make(folder, "localhost", make(folder, "Other", authority=True)),),
        {UNTRUSTED},
    ),
    "a weak key": (
        lambda folder, top, mid: (make(folder, "localhost", mid, bits=1024), mid),
        {"the certificate's key is too weak: RSA 1024"},
    ),
    "SHA-1": (
        lambda folder, top, mid: (make(folder, "localhost", mid, digest="sha1"), mid),
        {"the certificate's signature uses sha1, which can be forged"},
    ),
    "MD5": (
        lambda folder, top, mid: (make(folder, "localhost", mid, digest="md5"), mid),
        {"the certificate's signature uses md5, which can be forged"},
    ),
    "must staple": (
        lambda folder, top, mid: (
            make(folder, "localhost", mid, extensions=("tlsfeature=status_request",)),
            mid,
        ),
        {"the certificate requires OCSP stapling, but no OCSP response is stapled"},
    ),
    "four causes at once": (
        lambda folder, top, mid: (
            make(folder, "api.example.com", mid, dates=PAST, bits=1024, digest="sha1", extensions=(AIA,)),
        ),
        {
            "the certificate expired on 2024-01-01",
            "the certificate does not cover `localhost`",
            "the certificate's key is too weak: RSA 1024",
            "the certificate's signature uses sha1, which can be forged",
            MISSING,
        },
    ),
    "self-signed, expired and for another name": (
        lambda folder, top, mid: (make(folder, "api.example.com", dates=PAST),),
        {
            "the certificate expired on 2024-01-01",
            "the certificate does not cover `localhost`",
            "the certificate is self-signed",
        },
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_each_cause(case: str, version: str, tmp_path: Path, anchor: Made, between: Made) -> None:
    chain, messages = CASES[case]
    assert found(tmp_path, anchor, *chain(tmp_path, anchor, between), version=version) == messages


def test_a_weak_intermediate(tmp_path: Path, anchor: Made) -> None:
    weak = make(tmp_path, "Weak CA", anchor, authority=True, bits=1024, digest="sha1")
    assert found(tmp_path, anchor, make(tmp_path, "localhost", weak), weak) == {
        "the key of the intermediate certificate `Weak CA` is too weak: RSA 1024",
        "the signature of the intermediate certificate `Weak CA` uses sha1, which can be forged",
    }


def test_an_expired_intermediate(tmp_path: Path, anchor: Made) -> None:
    old = make(tmp_path, "Old CA", anchor, authority=True, dates=PAST)
    leaf = make(tmp_path, "localhost", old)
    assert found(tmp_path, anchor, leaf, old) == {
        "the intermediate certificate `Old CA` expired on 2024-01-01"
    }


def test_a_chain_out_of_order(tmp_path: Path, anchor: Made, between: Made) -> None:
    lower = make(tmp_path, "Lower CA", between, authority=True)
    leaf = make(tmp_path, "localhost", lower)
    assert found(tmp_path, anchor, leaf, between, lower) == {
        "the certificates of the chain are not sent in order"
    }


def test_a_certificate_that_expires_soon(tmp_path: Path, anchor: Made, between: Made) -> None:
    now = datetime.now(UTC)

    def lived(before: int, left: int) -> Made:
        start, end = now - timedelta(days=before), now + timedelta(days=left, hours=1)
        dates = (f"{start:%Y%m%d%H%M%SZ}", f"{end:%Y%m%d%H%M%SZ}")
        return make(tmp_path, "localhost", between, dates=dates)

    assert found(tmp_path, anchor, lived(300, 20), between) == {"the certificate expires in 20 days"}
    # One that lives for six days is renewed two days before its end, and one of 90 days a month before.
    assert found(tmp_path, anchor, lived(2, 4), between) == set()
    assert found(tmp_path, anchor, lived(50, 40), between) == set()


def test_a_star_and_an_address(tmp_path: Path, anchor: Made, between: Made) -> None:
    names = ("subjectAltName=DNS:*.example.com,IP:127.0.0.1",)
    leaf = make(tmp_path, "Star CA leaf", between, authority=True, extensions=names)
    assert found(tmp_path, anchor, leaf, between, host="orders.example.com") == set()
    assert found(tmp_path, anchor, leaf, between, host="127.0.0.1") == set()
    deeper = found(tmp_path, anchor, leaf, between, host="a.orders.example.com")
    assert deeper == {"the certificate does not cover `a.orders.example.com`"}
