"""What the blocks of tests/pages cannot show: files that are no text, large ones, and what git says of a file."""

from __future__ import annotations

import base64
import datetime
import gzip
import io
import sqlite3
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from batten import masking
from batten.engine.account import accounted, passed_over
from batten.engine.causes import causes
from batten.engine.review import review
from batten.facts import Fact, Keeps, KeptFile, Secret
from batten.formats import Workspace
from batten.live.catalogue import Sort, credentials, dumps, histories, repositories
from batten.model import Finding, Problem, Severity
from batten.policy import Policy
from batten.technologies import Unit, technologies
from batten.technologies.credentials.credential_files import adapter
from batten.technologies.shared.edges.served import SENSITIVE, sensitive_files
from batten.technologies.shared.secrets.files import sensitive

HASH = "$2b$12$" + "eImiTXuWVxfM37uY4JANjQ" + "xlz8Qd0mR5kT1vB7nC3sW9yFhGjKpLa"


def facts(root: Path, name: str) -> list[Fact | Problem]:
    return list(adapter.read(Unit("credential_files", (name,)), Workspace(root)))


def kept(root: Path, name: str, data: bytes) -> Keeps | None:
    (root / name).write_bytes(data)
    found = facts(root, name)
    assert len(found) < 2 and all(isinstance(f, KeptFile) for f in found)
    return found[0].keeps if found and isinstance(found[0], KeptFile) else None


def inline(root: Path) -> list[Finding]:
    return [f for f in review(root, Policy()).findings if f.control == "secret-not-inline"]


@pytest.fixture(scope="module")
def pair() -> tuple[ed25519.Ed25519PrivateKey, x509.Certificate]:
    key = ed25519.Ed25519PrivateKey.generate()
    name, now = x509.Name([]), datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return key, made.sign(key, None)


MADE = (
    '{"version": 4, "resources": [{"mode": "managed", "type": "random_password", "name": "db", "instances": [{"attributes": '
    '{"bcrypt_hash": "$2a$10$abc", "length": 24, "result": "tea-4471-harbour"}}]}]}'
)


def plan_file(state: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tfplan", b"\x08\x03")
        archive.writestr("tfstate", state)
        archive.writestr("tfconfig/modules.json", "[]")
    return made.getvalue()


def test_a_key_in_der_is_one(tmp_path: Path) -> None:
    made = {
        "rsa.pk8": rsa.generate_private_key(65537, 2048),
        "curve.der": ec.generate_private_key(ec.SECP256R1()),
        "ed.p8": ed25519.Ed25519PrivateKey.generate(),
    }
    der, plain = serialization.Encoding.DER, serialization.NoEncryption()
    for name, one in made.items():
        data = one.private_bytes(der, serialization.PrivateFormat.PKCS8, plain)
        assert kept(tmp_path, name, data) is Keeps.KEY
        public = one.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
        assert kept(tmp_path, name, public) is None
    old = made["rsa.pk8"].private_bytes(der, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    assert kept(tmp_path, "old.der", old) is Keeps.KEY


def test_a_plan_contains_the_state_and_its_secrets(tmp_path: Path) -> None:
    secrets = plan_file(MADE)
    assert [kept(tmp_path, n, secrets) for n in ("tfplan2", "prod.tfplan", "plan.out")] == [Keeps.STATE] * 3
    assert kept(tmp_path, "tfplan", plan_file('{"version": 4, "resources": []}')) is Keeps.DATA
    assert kept(tmp_path, "tfplan", secrets[:200]) is Keeps.DATA
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("report.txt", "tfplan")
    assert kept(tmp_path, "tfplan", other.getvalue()) is None
    assert kept(tmp_path, "tfplan", b"Terraform will perform the following actions:\n") is None


def test_a_committed_plan_is_a_high_finding(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "tfplan2").write_bytes(plan_file(MADE))
    assert [f.message for f in inline(tmp_path) if f.severity is Severity.HIGH] == [
        "`terraform/tfplan2` contains a Terraform plan, whose state contains plain-text secrets"
    ]


def entry(tag: int) -> bytes:
    certificate = b"\0\x05X.509" + struct.pack(">I", 4) + b"cert"
    body = certificate if tag == 2 else struct.pack(">I", 4) + b"key!" + struct.pack(">I", 0)
    return struct.pack(">IH", tag, 4) + b"name" + bytes(8) + body


@pytest.mark.parametrize(
    ("magic", "tags", "found"),
    [
        (0xFEEDFEED, (1,), Keeps.SEALED),
        (0xFEEDFEED, (2, 2, 1), Keeps.SEALED),
        (0xCECECECE, (2, 3), Keeps.SEALED),
        (0xFEEDFEED, (2, 2), None),
        (0xFEEDFEED, (), None),
    ],
)
def test_a_java_key_store_is_told_from_a_trust_store(
    magic: int, tags: tuple[int, ...], found: Keeps | None, tmp_path: Path
) -> None:
    data = struct.pack(">III", magic, 2, len(tags)) + b"".join(map(entry, tags)) + bytes(20)
    assert kept(tmp_path, "server.jks", data) is found
    assert kept(tmp_path, "cut.jks", data[:13]) is None


def test_a_key_store_of_certificates_alone_is_no_secret(
    tmp_path: Path, pair: tuple[ed25519.Ed25519PrivateKey, x509.Certificate]
) -> None:
    key, certificate = pair
    sealed = serialization.BestAvailableEncryption(b"lantern")
    with_key = pkcs12.serialize_key_and_certificates(b"a", key, certificate, None, sealed)
    without = pkcs12.serialize_key_and_certificates(None, None, None, [certificate], sealed)
    assert kept(tmp_path, "server.p12", with_key) is Keeps.SEALED
    assert kept(tmp_path, "trust.p12", without) is None


def der(key: PrivateKeyTypes, form: serialization.PrivateFormat, sealed: bool = False) -> bytes:
    how = serialization.BestAvailableEncryption(b"lantern") if sealed else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.DER, form, how)


def test_keys_in_der_are_told_from_what_is_public(
    tmp_path: Path, pair: tuple[ed25519.Ed25519PrivateKey, x509.Certificate]
) -> None:
    signer, curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    pkcs8, traditional = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
    keys = [der(k, pkcs8) for k in (signer, curve, pair[0])] + [der(k, traditional) for k in (signer, curve)]
    assert [kept(tmp_path, "signing.pk8", data) for data in keys] == [Keeps.KEY] * 5
    assert kept(tmp_path, "sealed.pk8", der(signer, pkcs8, sealed=True)) is Keeps.SEALED
    encoding = serialization.Encoding.DER
    public = serialization.PublicFormat
    for data in (
        pair[1].public_bytes(encoding),
        signer.public_key().public_bytes(encoding, public.PKCS1),
        signer.public_key().public_bytes(encoding, public.SubjectPublicKeyInfo),
        keys[0][:-1],
    ):
        assert kept(tmp_path, "public.der", data) is None


def test_keys_in_base64_are_found_without_the_lines_of_pem(tmp_path: Path) -> None:
    signer, curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    pkcs8, traditional = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
    public = signer.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    lines = [
        f'#!/bin/sh\ncurl -d \'{{"signer": "{base64.b64encode(data).decode()}"}}\' https://example.com\n'
        for data in (der(signer, pkcs8), der(signer, traditional), der(curve, pkcs8), public)
    ]
    for number, text in enumerate(lines):
        (tmp_path / f"setup{number}.sh").write_text(text)
    found = review(tmp_path, Policy()).findings
    assert sorted(f.at.source for f in found if f.control == "secret-not-inline") == [
        "setup0.sh",
        "setup1.sh",
        "setup2.sh",
    ]
    shown = [text[start:end] for text in lines[:3] for start, end in masking.spans(text, "setup.sh")]
    assert all(any(len(part) > 150 for part in shown if part in text) for text in lines[:3])


def test_dumps_of_stores_and_copies_of_editors(tmp_path: Path) -> None:
    rows = f"INSERT INTO users VALUES ('ada', '{HASH}');\n".encode()
    assert kept(tmp_path, "dump.rdb", b"REDIS0011\xfa\x09") is Keeps.DATA
    assert kept(tmp_path, "a.dump", b"PGDMP\x01\x0e\0") is Keeps.DATA
    assert kept(tmp_path, "a.archive", b"\x6d\xe2\x99\x81\0") is Keeps.DATA
    assert kept(tmp_path, "a.sql.gz", gzip.compress(rows)) is Keeps.HASHES
    assert kept(tmp_path, "b.sql.gz", gzip.compress(rows)[:20]) is None
    assert kept(tmp_path, "c.sql.gz", b"\x1f\x8bno") is None
    assert kept(tmp_path, ".a.py.swp", b"b0VIM 9.1\0\0") is Keeps.TEXT
    assert kept(tmp_path, "latin.sql", "-- \xe9\n".encode("latin-1") + rows) is Keeps.HASHES


def test_a_database_counts_for_the_passwords_in_it(tmp_path: Path) -> None:
    for name, value in (("app.db", HASH), ("places.db", "Paris")):
        store = sqlite3.connect(tmp_path / name)
        store.execute("create table users (name, password)")
        store.execute("insert into users values ('ada', ?)", (value,))
        store.commit()
        store.close()
    assert [f.at.source for f in inline(tmp_path)] == ["app.db"]


def test_of_a_large_file_only_the_head_is_read(tmp_path: Path) -> None:
    with (tmp_path / "big.dump").open("wb") as file:
        file.write(b"PGDMP")
        file.truncate(2 << 30)
    (tmp_path / "big.sql").write_bytes(b"CREATE TABLE a (b int);\n" * 200_000)
    result = review(tmp_path, Policy())
    assert [(f.case, f.at.source) for f in result.findings] == [("data-copy", "big.dump")]
    assert result.problems == []


DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
SHOP = ec.generate_private_key(ec.SECP256R1())


def pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate(
    key: ec.EllipticCurvePrivateKey, *names: str, common: str = "", made: str = "", issuer: str = ""
) -> bytes:
    """One for these names; without an issuer it is self-signed."""
    oids = ((NameOID.COMMON_NAME, common), (NameOID.ORGANIZATION_NAME, made))
    subject = x509.Name([x509.NameAttribute(oid, word) for oid, word in oids if word])
    by = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]) if issuer else subject
    leaf = x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
    leaf = leaf.serial_number(1).not_valid_before(DAY).not_valid_after(DAY + datetime.timedelta(days=1))
    if names:
        leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return leaf.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    ("name", "beside", "shown", "why"),
    [
        ("shop.key", "shop.crt", certificate(SHOP, "localhost", "*.shop.test"), "for `localhost`, as its certificate says"),
        ("shop-key.pem", "shop.pem", certificate(SHOP, "a.example.com"), "for `a.example.com`, as its certificate says"),
        ("server.key", "server.crt", certificate(SHOP, common="localhost"), "for `localhost`, as its certificate says"),
        (
            "shop.key",
            "shop.crt",
            certificate(SHOP, "shop.dev.internal", made="mkcert development certificate", issuer="mkcert me@desk"),
            "for `shop.dev.internal`, which mkcert made for a developer's machine",
        ),
        ("shop.key", "shop.crt", certificate(SHOP, "localhost", "shop.com"), ""),
        ("shop.key", "shop.crt", certificate(SHOP, "db.corp.local"), ""),
        ("shop.key", "shop.crt", certificate(SHOP, common="localhost"), ""),  # of any name, as of a key that signs
        ("jwt-signing.key", "jwt-signing.crt", certificate(SHOP, "localhost"), ""),
        ("shop.key", "shop.crt", certificate(ec.generate_private_key(ec.SECP256R1()), "localhost"), ""),
        ("shop.key", "other.crt", certificate(SHOP, "localhost"), ""),
        ("localhost.key", "localhost.crt", certificate(SHOP, "shop.com"), ""),
        ("shop.key", "shop.crt", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ""),
        ("localhost.key", "README", b"", "for `localhost`, as its name says"),
        ("localhost+2-key.pem", "README", b"", "for `localhost`, as its name says"),
        ("localhost-shop.key", "README", b"", ""),
    ],
)  # fmt: skip
def test_a_key_for_one_machine(tmp_path: Path, name: str, beside: str, shown: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(pem(SHOP))
    (tmp_path / beside).write_bytes(shown)
    found = facts(tmp_path, name)
    assert [f.harmless for f in found if isinstance(f, KeptFile)] == [why]
    developers = name == "localhost.key"  # by its name alone
    assert {f.severity for f in inline(tmp_path)} == {Severity.LOW if why or developers else Severity.HIGH}


def test_several_keys_in_a_file_are_not_for_one_machine(tmp_path: Path) -> None:
    both = pem(SHOP) + pem(ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "localhost-key.pem").write_bytes(both)
    assert [f.severity for f in inline(tmp_path)] == [Severity.HIGH]


def test_vagrant_publishes_its_key(tmp_path: Path) -> None:
    public = base64.b64decode("3Vh3EGk2XPEOp8nLD9AqjDUX7C8b2FcaiqLKx8k6flg=")
    for part, severity in ((public, Severity.LOW), (public[::-1], Severity.HIGH)):
        body = b"openssh-key-v1\0" + struct.pack(">I4s", 4, b"none") + bytes(8) + part + bytes(64)
        lines = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{base64.b64encode(body).decode()}\n-----END OPENSSH PRIVATE KEY-----\n"
        (tmp_path / "box.key").write_text(lines)
        (found,) = inline(tmp_path)
        assert found.severity is severity
        assert ("that Vagrant publishes" in found.message) is (severity is Severity.LOW)


def test_keys_of_a_folder_are_one_cause(tmp_path: Path) -> None:
    for name in ("a/enc.key", "a/sign.key", "b/enc.key"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    assert sorted(len(cause.places) for cause in causes(inline(tmp_path))) == [1, 2]


def test_what_git_tracks_is_not_fixed_by_its_ignore_file(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for name in ("tracked.netrc", "deploy"):
        (tmp_path / "home" / name).mkdir(parents=True)
        (tmp_path / "home" / name / ".netrc").write_text("machine a login b password tea-4471-harbour\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "home/tracked.netrc"], check=True)
    found = {f.at.source: f.fix for f in inline(tmp_path)}
    assert found["home/tracked.netrc/.netrc"] is None
    fix = found["home/deploy/.netrc"]
    assert fix is not None
    assert [(e.source, e.text) for e in fix.edits] == [(".gitignore", "/home/deploy/.netrc\n")]


def test_a_netrc_is_read_as_its_clients_do() -> None:
    text = "default login a password one-4471\nmacdef init\nmachine b password no-4471\n\nmachine c password two-4471 # machine\n"
    found = adapter.read(
        Unit("credential_files", (".netrc",)), Workspace(Path("/nonexistent"), {".netrc": text})
    )
    assert [f.name for f in found if isinstance(f, Secret)] == ["default", "c"]


def test_content_decides_what_may_be_in_an_image_and_below_a_web_root(
    tmp_path: Path, pair: tuple[ed25519.Ed25519PrivateKey, x509.Certificate]
) -> None:
    key, certificate = pair
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    public = certificate.public_bytes(serialization.Encoding.PEM)
    held = {
        "server.pem": pem, "bundle.pem": public + pem, "a.rdb": b"REDIS0011", "fish_history": b"- cmd: ls\n", ".npmrc": b"//r/:_authToken=kettle-Harbour-4471\n",
        "my-credentials.json": b'{"type": "service_account", "private_key": "' + pem.replace(b"\n", b"\\n") + b'"}',
        "secret.key": b"whatever", ".docker/config.json": b'{"auths": {"r": {"auth": "Y2k6dGVhLTQ0NzEtaGFyYm91cg=="}}}',
    }  # fmt: skip
    free = {
        "site.pem": public, "public.key": public, "sub/.npmrc": b"registry=https://r.example.com/\n", "credentials.json": b'{"installed": {}}',
        "auth.json": b"{}", "users.sql": b"CREATE TABLE users (a int);\n",
    }  # fmt: skip
    for name, data in (held | free).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    workspace = Workspace(tmp_path)
    assert {name for name in held | free if sensitive(name, workspace)} == set(held)
    assert set(sensitive_files("", workspace)) >= set(held) - {".docker/config.json"}
    assert not {"site.pem", "public.key", "auth.json"} & set(sensitive_files("", workspace))


def test_a_file_whose_credential_is_gone_was_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("//r.example.com/:_authToken=${TOKEN}\n")
    (tmp_path / ".env").write_text("PORT=1\n")
    result = review(tmp_path, Policy())
    assert passed_over(result) == ()
    assert [one.path for one in accounted(result).read] == [".env"]


# What the catalogue proves by an answer and no reader looks for in files: names that other files have, too, archives, logs, and
# what stores and the system keep beside a repository.
ONLY_ON_THE_WIRE = frozenset(
    ["download history", "CVS working copy", "IDE data sources", "IDE deployment servers", "backup archive", "redis append-only file", "core dump",
     "network capture", "application log", "access log", "PHP error log", "table of people", "system accounts"]
)  # fmt: skip
NAMES = frozenset(["/credentials", "/config.json", "/WS_FTP.ini", "/admin.conf"])


def test_what_is_asked_of_servers_is_looked_for_in_files() -> None:
    """Each file of the catalogue that gives anyone a key or data is one that a reader looks at, or below a web root."""
    modules = (histories, repositories, credentials, dumps)
    items = [item for module in modules for item in module.ITEMS if item.sort is Sort.FILE and item.grave]
    readers = [technologies()[name] for name in ("credential_files", "environment", "kubernetes")]
    unknown = {
        (item.what, path)
        for item in items
        for path in item.paths
        if not any(SENSITIVE.fullmatch(part) for part in path.split("/"))
        and not any(reader.named(path.strip("/")) for reader in readers)
    }
    assert sorted({path for what, path in unknown if what not in ONLY_ON_THE_WIRE} - NAMES) == [], (
        "probed for on servers and found in no folder: add the name to technologies/shared/secrets/, or to NAMES or ONLY_ON_THE_WIRE here"
    )
    assert {what for what, _ in unknown} >= ONLY_ON_THE_WIRE
