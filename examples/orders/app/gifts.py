from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from app import contract
from app.models import GiftOption, GiftOptions

PATH = "/v1/gift-options"
WRAPPINGS = [
    GiftOption(name="Brown paper with a linen ribbon", price=250),
    GiftOption(name="Box with tissue paper and a hand-written card", price=690),
    GiftOption(name="Cotton cloth, folded and knotted", price=890),
]

router = APIRouter()


@router.get(PATH, response_model=GiftOptions)
def gift_options(wanted: Literal["yes", "no"]) -> Response:
    """What can be wrapped around an order that is a present."""
    options = WRAPPINGS if wanted == "yes" else []
    body = GiftOptions(wanted=wanted, options=options).model_dump_json().encode()
    return Response(_filled_up(body, contract.padding("get", PATH)), media_type="application/json")


def _filled_up(body: bytes, bucket: int) -> bytes:
    """Spaces after a JSON value mean nothing to its reader (RFC 8259, section 2)."""
    return body if bucket <= 0 else body.ljust(-(-len(body) // bucket) * bucket)
