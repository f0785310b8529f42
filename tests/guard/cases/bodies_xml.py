"""XML by the `xml` objects of its schema (OpenAPI 3.0.3 and 3.2, XML Object)."""

from __future__ import annotations

from cases.bodies_case import bad, taken, unfit

_XML = "application/xml"


def _order(inner: bytes = b"<o:name>mug</o:name>", attributes: bytes = b"") -> bytes:
    return b'<o:order xmlns:o="urn:shop"' + attributes + b">" + inner + b"</o:order>"


_NAME = b"<o:name>mug</o:name>"
_LINES = b"<lines><line><price>1.5</price></line><line><price>2</price></line></lines>"
_TAKEN = (
    ("minimal", _order()),
    ("attribute", _order(attributes=b' id="7"')),
    ("declaration", b'<?xml version="1.0" encoding="UTF-8"?>' + _order()),
    ("declaration without an encoding", b'<?xml version="1.0"?>' + _order()),
    ("byte order mark", b"\xef\xbb\xbf" + _order()),
    ("white space and a comment", _order(b"\r\n " + _NAME + b"<!-- two -->\t")),
    ("another prefix", _order().replace(b"o:", b"p:").replace(b":o=", b":p=")),
    ("default namespace", b'<order xmlns="urn:shop"><name>mug</name><fresh>true</fresh></order>'),
    ("boolean", _order(_NAME + b"<fresh>true</fresh>")),
    ("array", _order(_NAME + b"<tags>a</tags><tags>b</tags>")),
    ("wrapped array", _order(_NAME + _LINES)),
    ("wrapped array without items", _order(_NAME + b"<lines/>")),
    ("any order", _order(b"<fresh>false</fresh>" + _NAME)),
    ("CDATA", _order(b"<o:name><![CDATA[<mug>]]></o:name>")),
    ("escapes", _order(b"<o:name>&lt;&#109;ug&gt;</o:name>")),
    ("empty element", _order(b"<o:name/>")),
)
_BAD = (
    ("required element missing", _order(b"")),
    ("wrong namespace", b'<o:order xmlns:o="urn:else"><o:name>mug</o:name></o:order>'),
    ("no namespace", b"<order><name>mug</name></order>"),
    ("another root", b'<o:item xmlns:o="urn:shop"><o:name>mug</o:name></o:item>'),
    ("undeclared element", _order(_NAME + b"<admin>true</admin>")),
    ("undeclared attribute", _order(attributes=b' admin="true"')),
    ("attribute as an element", _order(_NAME + b"<id>7</id>")),
    ("element as an attribute", _order(attributes=b' fresh="true"')),
    ("attribute of wrong type", _order(attributes=b' id="x"')),
    ("boolean of wrong text", _order(_NAME + b"<fresh>yes</fresh>")),
    ("boolean with blanks", _order(_NAME + b"<fresh> true </fresh>")),
    ("too long", _order(b"<o:name>01234567890</o:name>")),
    ("too many items", _order(_NAME + b"<tags>a</tags>" * 3)),
    ("element twice", _order(_NAME + _NAME)),
    ("wrapped array twice", _order(_NAME + _LINES + _LINES)),
    ("wrong item", _order(_NAME + b"<lines><row/></lines>")),
    ("item without what it needs", _order(_NAME + b"<lines><line/></lines>")),
    ("item of wrong type", _order(_NAME + _LINES.replace(b"1.5", b"x"))),
    ("text between elements", _order(b"mug" + _NAME)),
    ("text in an array", _order(_NAME + b"<lines>x</lines>")),
    ("elements in a text", _order(b"<o:name>m<b>u</b>g</o:name>")),
    ("attribute in a text", _order(b'<o:name lang="en">mug</o:name>')),
    ("document type", b"<!DOCTYPE order>" + _order()),
    ("entity", b'<!DOCTYPE o [<!ENTITY x "mug">]>' + _order(b"<o:name>&x;</o:name>")),
    ("external entity", b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + _order(b"<o:name>&x;</o:name>")),
    ("parameter entity", b'<!DOCTYPE o [<!ENTITY % x SYSTEM "http://127.0.0.1/">%x;]>' + _order()),
    ("unknown entity", _order(b"<o:name>&x;</o:name>")),
    ("external document type", b'<!DOCTYPE o SYSTEM "http://127.0.0.1/o.dtd">' + _order()),
    ("processing instruction", b'<?xml-stylesheet href="a.xsl"?>' + _order()),
    ("XInclude", _order(_NAME + b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname"/>')),
    ("schema location", _order(attributes=b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:shop http://127.0.0.1/"')),
    ("UTF-16", b"\xff\xfe" + _order().decode().encode("utf-16-le")),
    ("UTF-7 by the declaration", b'<?xml version="1.0" encoding="UTF-7"?>' + _order()),
    ("Latin-1 by the declaration", b'<?xml version="1.0" encoding="ISO-8859-1"?>' + _order(b"<o:name>\xe9</o:name>")),
    ("not UTF-8", _order(b"<o:name>\xe9</o:name>")),
    ("version 1.1", b'<?xml version="1.1"?>' + _order()),
    ("two roots", _order() + _order()),
    ("text behind", _order() + b"x"),
    ("half", _order()[:-3]),
    ("undeclared prefix", b"<o:order><o:name>mug</o:name></o:order>"),
    ("attribute twice", _order(attributes=b' id="7" id="8"')),
    ("attribute twice by two prefixes", b'<o:order xmlns:o="urn:shop" xmlns:p="urn:shop" o:a="1" p:a="2"><o:name>mug</o:name></o:order>'),
    ("deep", b"<a>" * 5_000 + b"</a>" * 5_000),
    ("many elements", _order(b"<a/>" * 60_000)),
    ("JSON", b'{"name":"mug"}'),
)  # fmt: skip
CASES = (
    *(taken(f"XML, {name}", "xml", body, _XML) for name, body in _TAKEN),
    *(bad(f"XML, {name}", "xml", body, _XML) for name, body in _BAD),
    taken("XML by a suffix", "xml", _order(), "application/soap+xml"),
    taken("XML, UTF-8", "xml", _order(), "application/xml; charset=utf-8"),
    unfit("XML, UTF-7", "xml", _order(), "Content-Type: application/xml; charset=utf-7"),
    unfit("XML, UTF-16", "xml", _order().decode().encode("utf-16"), "Content-Type: application/xml; charset=utf-16"),
    unfit("XML called text", "xml", _order(), "Content-Type: text/xml"),
)  # fmt: skip
