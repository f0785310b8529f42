"""MinIO and other stores of S3's protocol: whether anonymous clients may list the buckets, or what is in the one
that was named. MinIO's first password only where the policy lets vendors' passwords be tried, in a signed request
that lists buckets (AWS Signature Version 4).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Generator
from datetime import UTC, datetime
from urllib.parse import quote

from batten.facts import Fact, Listing
from batten.live.exchange import Answer, Headers, Question, Response, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, at_door, facts
from batten.live.stores.web import REFUSED, fetch, first, other, unclear
from batten.model import Setting

_BUCKETS, _OBJECTS = "<ListAllMyBucketsResult", "<ListBucketResult"
_REFUSAL = re.compile(
    r"<Code>(?:AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|AuthorizationHeaderMalformed)<"
)
_EMPTY = hashlib.sha256(b"").hexdigest()
FIRST = ("minioadmin", "minioadmin")


def recognised(response: Response) -> bool:
    text = response.text[:4000]
    return _BUCKETS in text or _OBJECTS in text or ("<Error>" in text and "<Code>" in text)


def probe(door: Door) -> Steps:
    door, root = yield from first(door, "/")
    if not recognised(root):
        raise other("an S3-compatible store")
    opened = root.status == 200 and _BUCKETS in root.text
    if not opened and root.status not in REFUSED and not _REFUSAL.search(root.text):
        raise unclear("the store", root)
    product = "minio" if "MinIO" in root.header("server") or door.scheme == "minio" else "s3"
    known: bool | None = None
    if door.credentials and not opened:
        signed = yield from fetch(door, "/", signature(door.place, *FIRST, datetime.now(UTC)))
        known = signed.status == 200 and _BUCKETS in signed.text
    seen = Sighting(
        product,
        opened,
        "GET / (lists buckets), unsigned"
        + (", then signed with MinIO's default credentials" if known is not None else ""),
        f"{root.text.count('<Bucket>')} buckets" if opened else f"{root.status}",
        address=root.address,
        tls=bool(door.tls),
        plain=not door.tls,
        default_credentials=known,
    )
    listed = yield from _listing(door)
    return [*facts(door, seen), *listed]


def _listing(door: Door) -> Generator[Question, Answer, list[Fact]]:
    """What is in the bucket that the entry names, as far as strangers are told."""
    bucket = door.path.partition("/")[0]
    if not bucket:
        return []
    path = f"/{quote(bucket)}"
    response = yield from fetch(door, f"{path}?list-type=2&max-keys=1")
    on = response.status == 200 and _OBJECTS in response.text
    at = at_door(
        door, f"bucket {bucket}", f"GET {path}?list-type=2&max-keys=1, unsigned", str(response.status)
    )
    return [Listing(at, path=path, on=Setting(on, at))]


def signature(host: str, key: str, secret: str, now: datetime, region: str = "us-east-1") -> Headers:
    """The headers of a signed GET /."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = (
        f"GET\n/\n\nhost:{host}\nx-amz-content-sha256:{_EMPTY}\nx-amz-date:{stamp}\n\n{names}\n{_EMPTY}"
    )
    scope = f"{day}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    made = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request", f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"):
        made = hmac.new(made, part.encode(), "sha256").digest()
    signed = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={made.hex()}"
    return (("x-amz-date", stamp), ("x-amz-content-sha256", _EMPTY), ("Authorization", signed))
