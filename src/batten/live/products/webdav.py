"""Folders that are served by WebDAV (RFC 4918), by whichever server."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, answered, both, headed

_DEPTH = (("Depth", "1"),)

PRODUCTS = (
    Product(
        name="WebDAV",
        sign=headed("dav", r"1\b(?!.*subversion)"),  # public repositories of Subversion are meant to be read
        at=("/",),
        verb="OPTIONS",
        reads=(
            Read(
                "/",
                both(
                    answered(207, r"(?i)<(?:\w+:)?multistatus"),
                    answered(207, r"(?i)<(?:\w+:)?(?:getcontentlength|getlastmodified)"),
                ),
                method="PROPFIND",
                headers=_DEPTH,
            ),
        ),
        gains="list and read all of its files, and write and delete them where no rule forbids it",
        close="Require a login for its folder (`AuthType` and `Require valid-user`, `auth.require`, `auth_basic`), for all verbs.",
        source="https://httpd.apache.org/docs/2.4/mod/mod_dav.html#security",
        holds=Holds.INSIGHT,
    ),
)
