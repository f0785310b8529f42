"""The licences of what batten runs with, as installed: each must suit an Apache-2.0 product.

`python tools/licences.py` lists them; with `--check` it ends with 1 when one is unknown or not allowed, or when
constraints.txt (of which the SBOM is made) tells another licence or another release.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, metadata, version

RUN = ("batten", "batten[advisories,guard,extproc,watch,fleet,alerts]")
# Permissive, or weak in a way that asks nothing of who imports it (MPL-2.0: certifi's list of authorities; LGPL-3.0:
# psycopg and cvss, of extras that users install and can replace); no copyleft that reaches batten's own code.
ALLOWED = frozenset(
    ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense", "0BSD")
)  # fmt: skip
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: The Unlicense (Unlicense)": "Unlicense",
}
# Packages whose metadata is silent or vague, and what their licence files say.
READ = {
    "certifi": "MPL-2.0",
    "cronsim": "BSD-3-Clause",
    "google-re2": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "semantic-version": "BSD-2-Clause",
    "univers": "Apache-2.0 AND BSD-3-Clause AND MIT",
}
# What packages write in prose where an expression is meant.
WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "bsd-3-clause": "BSD-3-Clause",
    "mit": "MIT",
    "mit license": "MIT",
}


def licence_of(name: str) -> str:
    """The SPDX expression that a package's metadata tells; "" when it tells none that is known."""
    return told(metadata(name)) or READ.get(name, "")


def told(about: PackageMetadata) -> str:
    """The expression field, else the classifiers when they agree, else known words of the old field."""
    expression = about.get("License-Expression")
    if expression:
        return str(expression).strip()
    classified = {CLASSIFIERS[c] for c in about.get_all("Classifier") or () if c in CLASSIFIERS}
    if len(classified) == 1:
        return classified.pop()
    written = str(about.get("License") or "").strip()
    return WORDS.get(written.lower(), written if written in ALLOWED else "")


def allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met with allowed licences only: of OR one side, of AND both."""
    words = re.findall(r"\(|\)|[^\s()]+", expression)
    try:
        return bool(words) and _either(words) and not words
    except IndexError:
        return False


def _either(words: list[str]) -> bool:
    fits = _both(words)
    while words and words[0].upper() == "OR":
        words.pop(0)
        fits = _both(words) or fits
    return fits


def _both(words: list[str]) -> bool:
    fits = _one(words)
    while words and words[0].upper() == "AND":
        words.pop(0)
        fits = _one(words) and fits
    return fits


def _one(words: list[str]) -> bool:
    word = words.pop(0)
    if word != "(":
        if words and words[0].upper() == "WITH":  # an exception is another licence until somebody has read it
            del words[:2]
            return False
        return word in ALLOWED
    fits = _either(words)
    return words.pop(0) == ")" and fits


def complaints(installed: dict[str, tuple[str, str]], pinned: dict[str, tuple[str, str]]) -> list[str]:
    """What is wrong with what is installed (name -> version, licence), beside what is pinned."""
    found = []
    for name, (release, licence) in sorted(installed.items()):
        if not licence:
            found.append(
                f"{name} {release}: its metadata tells no licence that is known; read it, and add its words"
            )
        elif not allowed(licence):
            found.append(f"{name} {release}: {licence} is not allowed for what batten runs with")
        if pinned.get(name) != (release, licence):
            found.append(
                f"{name} {release} ({licence}): constraints.txt has {pinned.get(name)}; run tools/pins.py"
            )
    return found + [
        f"{name}: constraints.txt names it, and nobody needs it" for name in pinned.keys() - installed
    ]


def main(arguments: list[str]) -> int:
    from pinned import PLACE, read
    from pins import closure

    installed = {name: (version(name), licence_of(name)) for name in closure(RUN)}
    if "--check" not in arguments:
        for name, (release, licence) in sorted(installed.items()):
            print(f"{name} {release}  {licence or 'unknown'}")
        return 0
    pinned = {p.normal: (p.version, p.licence) for p in read(PLACE.read_text("utf-8")) if p.licence}
    found = complaints(installed, pinned)
    for complaint in found:
        print(complaint, file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
