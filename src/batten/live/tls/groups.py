"""Named key exchange groups by their number in IANA's registry of TLS supported groups."""

from __future__ import annotations

_CURVES = """
sect163k1 sect163r1 sect163r2 sect193r1 sect193r2 sect233k1 sect233r1 sect239k1 sect283k1 sect283r1 sect409k1
sect409r1 sect571k1 sect571r1 secp160k1 secp160r1 secp160r2 secp192k1 secp192r1 secp224k1 secp224r1 secp256k1
secp256r1 secp384r1 secp521r1 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1 x25519 x448 brainpoolP256r1tls13
brainpoolP384r1tls13 brainpoolP512r1tls13
"""
GROUPS: dict[int, str] = {
    **dict(enumerate(_CURVES.split(), 1)),
    41: "curveSM2",
    **dict(enumerate(("ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"), 256)),
    **dict(enumerate(("MLKEM512", "MLKEM768", "MLKEM1024"), 512)),
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
    0x11EE: "curveSM2MLKEM768",
    0x6399: "X25519Kyber768Draft00",
}

QUANTUM_SAFE = tuple(n for n in (0x11EC, 0x11EB, 0x11ED, 0x11EE, 513, 512, 514, 0x6399))
# In the order in which clients usually want them. TLS 1.2 knows no key encapsulation, and TLS 1.3 no old curve.
CURVES_1_2 = (29, 23, 24, 25, 30, 26, 27, 28, 22, *(n for n in range(21, 0, -1)))
GROUPS_1_3 = (*QUANTUM_SAFE, 29, 23, 24, 25, 30, 31, 32, 33, 41, 256, 257, 258, 259, 260)


def group_name(number: int) -> str:
    return GROUPS.get(number, f"0x{number:04X}")
