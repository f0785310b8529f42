"""Wikis that anyone may write: pages are scripts in the browsers of everyone who reads them."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, both, keys, page, text

PRODUCTS = (
    Product(
        name="TiddlyWiki server",
        sign=page(r'<meta name="application-name" content="TiddlyWiki"'),
        reads=(Read("/status", both(keys("tiddlywiki_version", "space"), text(r'"read_only"\s*:\s*false'))),),
        gains="read, change and delete every page, and run scripts in the browsers of its readers",
        close="Start it with `username=` and `password=`, or with `credentials=`, and name who may read and write in `readers=` and `writers=`.",
        source="https://tiddlywiki.com/static/WebServer%2520Authorization.html",
        holds=Holds.DATA,
        version=r'"tiddlywiki_version":\s*"(\d[\w.]+)"',
    ),
)  # fmt: skip
