from __future__ import annotations

from batten.facts.fact import Fact
from batten.model import Setting
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
    job: bool = False  # in the image of a CI job, which answers no requests and is gone when the job ends
