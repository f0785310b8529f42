"""Certificates as bad as a test wants them; OpenSSL signs what is too weak for other libraries to sign."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tls_servers import run_openssl


@dataclass(frozen=True)
class Made:
    """The files of a certificate and its key."""

    certificate: Path
    key: Path
    name: str

    @property
    def pem(self) -> str:
        return self.certificate.read_text()


def make(
    folder: Path,
    name: str,
    issuer: Made | None = None,
    *,
    dates: tuple[str, str] = ("20240101000000Z", "20990101000000Z"),
    bits: int = 2048,
    digest: str = "sha256",
    authority: bool = False,
    extensions: tuple[str, ...] = (),
) -> Made:
    """A certificate for a name, by an issuer or by itself. Dates as OpenSSL writes them."""
    stem = name.replace(" ", "-").replace("*", "star")
    made = Made(folder / f"{stem}.pem", folder / f"{stem}.key", name)
    words = ["basicConstraints=critical,CA:TRUE"] if authority else [f"subjectAltName=DNS:{name}"]
    request = [
        "req",
        "-x509",
        "-new",
        "-newkey",
        f"rsa:{bits}",
        "-nodes",
        f"-{digest}",
        "-subj",
        f"/CN={name}",
    ]
    request += ["-keyout", str(made.key), "-out", str(made.certificate)]
    request += ["-not_before", dates[0], "-not_after", dates[1]]
    if issuer is not None:
        request += ["-CA", str(issuer.certificate), "-CAkey", str(issuer.key)]
    for extension in (*words, *extensions):
        request += ["-addext", extension]
    run_openssl(folder, *request)
    return made


def bundle(folder: Path, *parts: Made) -> tuple[Path, Path]:
    """One file with these certificates in this order, and the key of the first."""
    path = folder / "bundle.pem"
    path.write_text("".join(p.pem for p in parts))
    return path, parts[0].key
