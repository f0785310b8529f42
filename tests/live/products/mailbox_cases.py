"""Mail catchers, by the programs that their vendors ship."""

from __future__ import annotations

from node_programs import starts
from product_cases import PASSWORD, Case, doubled, html, json_of

_MAILDEV = ("maildev", "maildev", "--web", "{port}", "--smtp", "{other}", "--ip", "127.0.0.1")
_FAKE = ("fake-smtp-server", "fake-smtp-server", "--http-port", "{port}", "--smtp-port", "{other}")

CASES = (
    Case(
        product="MailDev",
        opened=starts(*_MAILDEV),
        locked=starts(*_MAILDEV, "--web-user", "u", "--web-pass", PASSWORD),
        weak=(
            "cors-credentials-narrow",
            "cors-origin-not-reflected",
        ),  # it echoes every origin, with credentials
    ),
    Case(
        product="Fake SMTP Server",
        opened=starts(*_FAKE),
        locked=starts(*_FAKE, "--auth", f"u:{PASSWORD}"),
        ci=True,
    ),
    Case(
        product="aws-ses-v2-local",
        opened=starts("aws-ses-v2-local", "aws-ses-v2-local", "--port", "{port}", "--host", "127.0.0.1"),
    ),
    Case(
        product="MailHog",
        double=True,
        source="https://github.com/mailhog/MailHog/blob/master/docs/APIv2.md",
        opened=doubled(
            {
                "GET /": html("<html><head><title>MailHog</title></head><body></body></html>"),
                "GET /api/v2/messages": json_of({"total": 0, "count": 0, "start": 0, "items": []}),
            }
        ),
        locked=doubled({}, (401, {"WWW-Authenticate": 'Basic realm="Restricted"'}, "")),
    ),
    Case(
        product="Mailpit",
        double=True,
        source="https://mailpit.axllent.org/docs/api-v1/",
        opened=doubled(
            {
                "GET /": html("<html><head><title>Mailpit</title></head><body></body></html>"),
                "GET /api/v1/messages": json_of(
                    {"total": 1, "unread": 0, "count": 1, "messages": [{"ID": "a"}]}
                ),
                "GET /api/v1/info": json_of({"Version": "v1.21.5", "Messages": 1}),
            }
        ),
        locked=doubled({}, (401, {"WWW-Authenticate": 'Basic realm="Login"'}, "Unauthorised.")),
    ),
)
