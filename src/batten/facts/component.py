from __future__ import annotations

from batten.facts.fact import Fact
from batten.model import Setting, Severity
from batten.model.record import record


@record(kw_only=True)
class Component(Fact):
    """A product with a version, wherever it was named: an image tag, a banner, a lock file.

    `product` is the name of its release-cycle table (endoflife.date's product names). `backported`: a
    distribution patches it without changing the version, so the version alone proves little.
    """

    product: str
    version: Setting[str]
    backported: bool = False
    evidence: str = ""
    doubt: str = ""  # what else was seen that contradicts the version, as a clause
    beneath: bool = False  # the distribution that another product's image is built on, as its tag names it
    job: bool = False  # in the image of a job or of an init container, which answers no requests and is gone when it ends


@record(kw_only=True)
class Package(Fact):
    """A package of an ecosystem, at one version: a line of a lock file, of a bill of materials, of an image's list.

    `ecosystem` and `name` are spelled as OSV spells them (`PyPI` with the normalised name of PEP 503, `Maven` with
    `group:artifact`, `Debian:12`, `Alpine:v3.20`): https://ossf.github.io/osv-schema/#affectedpackage-field.
    """

    ecosystem: str
    name: str
    version: Setting[str]
    direct: bool = False  # declared by a person; otherwise what another package requires
    development: bool = False  # for tests and builds only: not in what is deployed
    locked: bool = False  # a tool writes the file, so that no fix may edit it
    command: str = ""  # of the tool, which updates this package; "": not known
    source: str = (
        ""  # the distribution's source package, by which OSV names its advisories; "": the same name
    )


@record(kw_only=True)
class Flaw:
    """A published vulnerability that a version has, one for all the ids that databases give it. `severity` is None where no
    database rates it, `notice` says that it is no vulnerability: the package is not maintained any more."""

    name: str  # the id that people know it by: the CVE's, if it has one
    ids: tuple[str, ...]
    severity: Severity | None
    fixed: str = ""  # the smallest later version without it; "": none is published
    malicious: bool = False  # the package itself is the attack
    notice: bool = False


@record
class KnownFlaws(Fact):
    """What advisories say of a package at its version. A package that was not compared with any has no such fact.

    `fixed` is the smallest later version that has none of the flaws that any version fixes; "" where none fixes any.
    """

    package: Package
    flaws: tuple[Flaw, ...]
    fixed: str = ""
