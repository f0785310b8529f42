"""Mail catchers of development and staging: they keep what was meant for people, with links that reset passwords."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, rows, titled

PRODUCTS = (
    Product(
        name="MailDev",
        sign=titled(r"MailDev"),
        reads=(Read("/api/email", rows("id", "subject", "headers")), Read("/email", rows("id", "subject", "headers"))),
        gains="read and delete every message, with the links in it that reset passwords, and relay mail where that is set up",
        close="Set `--web-user` and `--web-pass` (`MAILDEV_WEB_USER`, `MAILDEV_WEB_PASS`), and bind it with `--web-ip 127.0.0.1`.",
        source="https://github.com/maildev/maildev#usage",
        holds=Holds.DATA,
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/api/config",
    ),
    Product(
        name="Fake SMTP Server",
        sign=titled(r"Fake SMTP Server"),
        reads=(Read("/api/emails", rows("from", "to", "subject")),),
        gains="read and delete every message, with the links in it that reset passwords",
        close="Start it with `--auth USER:PASSWORD`, and bind it with `--http-ip 127.0.0.1`.",
        source="https://github.com/ReachFive/fake-smtp-server#usage",
        holds=Holds.DATA,
    ),
    Product(
        name="aws-ses-v2-local",
        sign=titled(r"aws-ses-v2-local viewer"),
        reads=(Read("/store", keys("emails")),),
        gains="read and clear every message that the application sent through SES",
        close="Bind it with `--host 127.0.0.1`, or put a proxy that requires a login in front of it.",
        source="https://github.com/domdomegg/aws-ses-v2-local/blob/HEAD/src/cli.ts",
        holds=Holds.DATA,
    ),
    Product(
        name="MailHog",
        sign=titled(r"MailHog"),
        reads=(Read("/api/v2/messages?limit=1", keys("total", "count", "items")),),
        gains="read and delete every message, with the links in it that reset passwords",
        close="Start it with `-auth-file`, and bind it with `-ui-bind-addr 127.0.0.1:8025` and `-api-bind-addr`.",
        source="https://github.com/mailhog/MailHog/blob/master/docs/Auth.md",
        holds=Holds.DATA,
    ),
    Product(
        name="Mailpit",
        sign=titled(r"Mailpit"),
        reads=(Read("/api/v1/messages?limit=1", keys("total", "messages")),),
        gains="read and delete every message, with the links in it that reset passwords",
        close="Start it with `--ui-auth-file` (`MP_UI_AUTH_FILE`), and bind it with `--listen 127.0.0.1:8025`.",
        source="https://mailpit.axllent.org/docs/configuration/http/",
        holds=Holds.DATA,
        version=r'"Version":\s*"v?(\d[\w.]+)"',
        tells="/api/v1/info",
    ),
)  # fmt: skip
