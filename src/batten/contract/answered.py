"""What the answers of an operation are, by the media types that its contract declares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.contract.contract import Operation
from batten.facts import Content

# Scripts with the pages that load them: a worker has the policy that its own script was sent with (HTML, 10.2.4).
_PAGES = re.compile(r"text/html|application/xhtml\+xml|(?:text|application)/(?:x-)?(?:java|ecma)script")
_FILES = re.compile(
    r"(?:image|font|audio|video|model)/.+|text/(?:css|csv|tab-separated-values|calendar|vcard)"
    r"|application/(?:pdf|octet-stream|wasm|epub\+zip|zip|gzip|zstd|x-tar|x-bzip2?|x-xz|x-7z-compressed|rtf|postscript|font-.+"
    r"|msword|vnd\.ms-.+|vnd\.openxmlformats-.+|vnd\.oasis\.opendocument\..+|vnd\.android\.package-archive)"
)
_DISPOSITION = "content-disposition"
# Where answers of several kinds come from one path, the first of these: its headers suit those after it, too.
_ORDER = (Content.PAGE, Content.ASSET, Content.API)


def content_of(operations: Iterable[Operation]) -> Content:
    """UNKNOWN where no answer with a body is declared."""
    found = {kind for operation in operations for kind in _kinds(operation)}
    return next((kind for kind in _ORDER if kind in found), Content.UNKNOWN)


def _kinds(operation: Operation) -> Iterator[Content]:
    for response in operation.responses.values():
        if response.known and not response.of_edge:
            is_file = any(name.lower() == _DISPOSITION for name in response.headers)
            for name in response.media:
                media = name.partition(";")[0].strip().lower()
                if media not in ("*/*", "text/*"):
                    yield Content.ASSET if is_file and not _PAGES.fullmatch(media) else of_media(media)


def of_media(media: str) -> Content:
    """Of a media type in lower case, or a range; what is neither a page nor a file is data."""
    if _PAGES.fullmatch(media):
        return Content.PAGE
    return Content.ASSET if _FILES.fullmatch(media) else Content.API
