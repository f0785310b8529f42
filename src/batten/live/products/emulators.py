"""Emulators of clouds: they check no signature, so whoever reaches one owns what it holds."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.exchange import Headers
from batten.live.products.product import Product, Read, keys, page, says, text, titled


def _signed_by_nobody(service: str, operation: str, version: str) -> Headers:
    """What the protocol of AWS requires of a call: a name, and a signature, which is none here and which the real service refuses."""
    scope = f"none/20260101/us-east-1/{service}/aws4_request"
    return (
        ("X-Amz-Target", operation),
        ("X-Amz-Date", "20260101T000000Z"),
        ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        ("Content-Type", f"application/x-amz-json-{version}"),
    )


PRODUCTS = (
    Product(
        name="DynamoDB emulator",
        sign=says(r"\Ahealthy: dynamodb\."),
        reads=(Read("/", keys("TableNames"), "POST", _signed_by_nobody("dynamodb", "DynamoDB_20120810.ListTables", "1.0"), b"{}"),),
        gains="read, change and delete every table: no signature is checked",
        close="Start Dynalite with `--host 127.0.0.1`; it has no login.",
        source="https://github.com/architect/dynalite#readme",
        holds=Holds.DATA,
    ),
    Product(
        name="Kinesis emulator",
        sign=says(r"\A<AccessDeniedException>\s*<Message>Unable to determine service/operation name"),
        reads=(Read("/", keys("StreamNames"), "POST", _signed_by_nobody("kinesis", "Kinesis_20131202.ListStreams", "1.1"), b"{}"),),
        gains="read, write and delete every stream: no signature is checked",
        close="Publish the port of Kinesalite on loopback only; it has no login.",
        source="https://github.com/mhart/kinesalite#readme",
        holds=Holds.DATA,
    ),
    Product(
        name="S3rver",
        sign=text(r"<ListAllMyBucketsResult", r"<DisplayName>S3rver<"),
        reads=(Read("/", text(r"<Buckets[ />]")),),
        gains="list, read, change and delete every bucket and object",
        close="Start S3rver with `--address localhost`: it accepts requests without a signature.",
        source="https://github.com/jamhall/s3rver#quick-start",
        holds=Holds.DATA,
    ),
    Product(
        name="DynamoDB Admin",
        sign=titled(r"DynamoDB Admin"),
        reads=(Read("/", page(r"(?i)<title>DynamoDB Admin", r"href=['\"][^'\"]*/create-table")),),
        gains="read, change and delete every table with the credentials of the console",
        close="Start it with `--host 127.0.0.1`, or put a proxy that requires a login in front of it; it has no login.",
        source="https://github.com/aaronshaf/dynamodb-admin#usage",
        holds=Holds.DATA,
    ),
)  # fmt: skip
