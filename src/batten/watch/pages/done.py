"""What a page says after an act; the word is in its address, never a sentence."""

from __future__ import annotations

from types import MappingProxyType

DONE = MappingProxyType(
    {
        "queued": "The run is queued.",
        "pending": "A run is pending already.",
        "paused": "The environment is paused: it is assessed only when someone runs it.",
        "resumed": "The environment is assessed by its schedule again.",
        "cancelled": "The run is cancelled.",
        "waived": "The finding is waived.",
        "proposed": "The waiver waits for the approval of a second person.",
        "approved": "The waiver is approved.",
        "extended": "The waiver is extended.",
        "revoked": "The waiver is revoked.",
        "saved": "Saved.",
        "revoked_token": "The token is revoked.",
        "removed": "Removed.",
        "sent": "The test message was sent.",
    }
)
