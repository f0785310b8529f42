"""Administration of databases, where the login of the database is in the configuration."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, page

PRODUCTS = (
    Product(
        name="phpMyAdmin",
        sign=page(r"<title>[^<]*phpMyAdmin|<title>Access denied!</title>[\s\S]*phpMyAdmin"),
        reads=(Read("/", page(r"<title>[^<]*phpMyAdmin", r"logged_in:\s*\"?(?:true|1)\b"), anywhere=True),),
        gains="read, change and delete all databases, with the login of its configuration",
        close="Set `$cfg['Servers'][$i]['auth_type']` to `cookie`, and remove `user` and `password` there.",
        source="https://docs.phpmyadmin.net/en/latest/setup.html#authentication-modes",
        holds=Holds.DATA,
        mounts=("/phpmyadmin/",),
        version=r"phpMyAdmin (\d[\d.]*)",
    ),
)  # fmt: skip
