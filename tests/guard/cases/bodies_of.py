"""Bodies by every media type."""

from __future__ import annotations

from cases import bodies_form, bodies_json, bodies_multipart, bodies_plain, bodies_xml

CASES = bodies_form.CASES + bodies_json.CASES + bodies_plain.CASES + bodies_multipart.CASES + bodies_xml.CASES
