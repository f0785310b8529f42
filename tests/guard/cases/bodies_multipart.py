"""Multipart forms (RFC 7578, RFC 2046), and what two readers split into two."""

from __future__ import annotations

from cases.bodies_case import bad, taken, unfit

_B = "AaB03x"
_TYPE = f"multipart/form-data; boundary={_B}"


def _part(name: bytes, body: bytes, *headers: bytes, filename: bytes | None = None) -> bytes:
    file = b"" if filename is None else b'; filename="' + filename + b'"'
    lines = (b'Content-Disposition: form-data; name="' + name + b'"' + file, *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _form(*parts: bytes, end: bytes = b"\r\n--AaB03x--\r\n") -> bytes:
    return b"\r\n".join(b"--AaB03x\r\n" + part for part in parts) + end


_NAME = _part(b"name", b"mug")
_PNG = b"Content-Type: image/png"
_TEXT = b"Content-Type: text/plain"


def _photo(filename: bytes = b"a.png", body: bytes = b"\x89PNG", *headers: bytes) -> bytes:
    return _form(_NAME, _part(b"photo", body, *(headers or (_PNG,)), filename=filename))


def _raw(disposition: bytes, body: bytes = b"mug") -> bytes:
    return _form(b"Content-Disposition: " + disposition + b"\r\n\r\n" + body)


_TAKEN = (
    ("field", _form(_NAME)),
    ("without the last line end", _form(_NAME, end=b"\r\n--AaB03x--")),
    ("integer", _form(_NAME, _part(b"size", b"7"))),
    ("text/plain named", _form(_part(b"name", b"mug", _TEXT))),
    ("UTF-8 named", _form(_part(b"name", b"m\xc3\xbcg", b"Content-Type: text/plain; charset=utf-8"))),
    ("array", _form(_NAME, _part(b"tags", b"a"), _part(b"tags", b"b"))),
    ("array of one", _form(_NAME, _part(b"tags", b"a"))),
    ("object as JSON", _form(_NAME, _part(b"place", b'{"x":1}', b"Content-Type: application/json"))),
    ("object as JSON of a script", _form(_NAME, _part(b"place", b'{"x":1}', b"Content-Type: application/json", filename=b"blob"))),
    ("object without a media type", _form(_NAME, _part(b"place", b'{"x":1}'))),
    ("file", _photo()),
    ("file of another declared type", _photo(b"a.jpg", b"\xff\xd8", b"Content-Type: image/jpeg")),
    ("empty file", _photo(b"", b"")),
    ("file name in UTF-8", _photo("bücher.png".encode())),
    ("file name with blanks and dots", _photo(b"my photo.tar.png")),
    ("files", _form(_NAME, *(_part(b"notes", b"\x00", b"Content-Type: application/pdf", filename=b"n") for _ in range(2)))),
    ("binary transfer encoding", _form(_part(b"name", b"mug", b"Content-Transfer-Encoding: binary"))),
    ("declared transfer encoding", _form(_NAME, _part(b"coded", b"AAEC", b"Content-Transfer-Encoding: base64"))),
    ("unknown header", _form(_part(b"name", b"mug", b"X-Anything: 1"))),
    ("required header", _form(_NAME, _part(b"label", b"a", _TEXT, b"X-Lang: en"))),
    ("header names in any case", _form(b'content-disposition:form-data;name="name"\r\n\r\nmug')),
    ("name without quotes", _raw(b"form-data; name=name")),
    ("_charset_", _form(_NAME).replace(b'name="name"', b'name="name"')),
    ("something like a boundary", _form(_part(b"name", b"a--AaB03"))),
)  # fmt: skip
_BAD = (
    ("required part missing", _form(_part(b"size", b"7"))),
    ("no parts", b"--AaB03x--\r\n"),
    ("undeclared part", _form(_NAME, _part(b"admin", b"true"))),
    ("integer of wrong text", _form(_NAME, _part(b"size", b"big"))),
    ("too long", _form(_part(b"name", b"01234567890"))),
    ("field twice", _form(_NAME, _NAME)),
    ("item too long", _form(_NAME, _part(b"tags", b"abcde"))),
    ("object of wrong JSON", _form(_NAME, _part(b"place", b'{"x":"y"}', b"Content-Type: application/json"))),
    ("object with a key twice", _form(_NAME, _part(b"place", b'{"x":1,"x":2}', b"Content-Type: application/json"))),
    ("object as XML", _form(_NAME, _part(b"place", b"<x>1</x>", b"Content-Type: application/xml"))),
    ("JSON in UTF-7", _form(_NAME, _part(b"place", b'{"x":1}', b"Content-Type: application/json; charset=utf-7"))),
    ("file too large", _photo(b"a.png", b"\x89" * 9)),
    ("file of another type", _photo(b"a.svg", b"<svg/>", b"Content-Type: image/svg+xml")),
    ("file of no type", _form(_NAME, _part(b"photo", b"\x89", filename=b"a.png"))),
    ("too many files", _form(_NAME, *(_part(b"notes", b"\x00", filename=b"n") for _ in range(3)))),
    ("two files for one", _form(_NAME, _part(b"photo", b"a", _PNG, filename=b"a"), _part(b"photo", b"b", _PNG, filename=b"b"))),
    ("a file for a field", _form(_part(b"name", b"mug", filename=b"a"))),
    ("field as HTML", _form(_part(b"name", b"mug", b"Content-Type: text/html"), _part(b"name", b"x"))),
    ("field as JSON", _form(_part(b"name", b'"mug"', b"Content-Type: application/json"))),
    ("field in Latin-1", _form(_part(b"name", b"m\xfcg"))),
    ("field in a Latin-1 named", _form(_part(b"name", b"m\xfcg", b"Content-Type: text/plain; charset=iso-8859-1"))),
    ("field in UTF-16", _form(_part(b"name", "mug".encode("utf-16"), b"Content-Type: text/plain; charset=utf-16"))),
    ("another charset for all", _form(_NAME, _part(b"_charset_", b"utf-7"))),
    ("required header missing", _form(_NAME, _part(b"label", b"a", _TEXT))),
    ("path in a file name", _photo(b"../../etc/passwd")),
    ("backslash in a file name", _photo(b"..\\\\a.png")),
    ("drive in a file name", _photo(b"C:\\a.png")),
    ("escaped slash in a file name", _photo(b"..%2fa.png")),
    ("dots as a file name", _photo(b"..")),
    ("NUL in a file name", _photo(b"a.php\x00.png")),
    ("escaped NUL in a file name", _photo(b"a.php%00.png")),
    ("reversed file name", _photo("a\u202egnp.exe".encode())),
    ("file name too long", _photo(b"a" * 300)),
    ("file name not UTF-8", _photo(b"\xff.png")),
    ("escaped quote in a file name", _photo(b'a\\".png')),
    ("filename*", _form(_NAME, b"Content-Disposition: form-data; name=\"photo\"; filename*=UTF-8''a.png\r\nContent-Type: image/png\r\n\r\n\x89")),
    ("filename and filename*", _form(_NAME, b"Content-Disposition: form-data; name=\"photo\"; filename=\"a.png\"; filename*=UTF-8''b.php\r\nContent-Type: image/png\r\n\r\n\x89")),
    ("two file names", _form(_NAME, b'Content-Disposition: form-data; name="photo"; filename="a.png"; filename="b.php"\r\nContent-Type: image/png\r\n\r\n\x89')),
    ("two names", _raw(b'form-data; name="name"; name="admin"')),
    ("two names in other cases", _raw(b'form-data; name="name"; NAME="admin"')),
    ("no name", _raw(b"form-data")),
    ("attachment", _raw(b'attachment; name="name"')),
    ("another parameter", _raw(b'form-data; name="name"; size=3')),
    ("no semicolon", _raw(b'form-data name="name"')),
    ("unended quote", _raw(b'form-data; name="name')),
    ("blanks around =", _raw(b'form-data; name = "name"')),
    ("folded header", _raw(b'form-data;\r\n name="name"')),
    ("no Content-Disposition", _form(b"Content-Type: text/plain\r\n\r\nmug")),
    ("Content-Disposition twice", _form(b'Content-Disposition: form-data; name="name"\r\nContent-Disposition: form-data; name="size"\r\n\r\n7')),
    ("Content-Type twice", _form(_part(b"name", b"mug", _TEXT, b"Content-Type: text/html"))),
    ("malformed Content-Type", _form(_part(b"name", b"mug", b"Content-Type: text"))),
    ("header without a colon", _form(_part(b"name", b"mug", b"X-Anything"))),
    ("space before a colon", _form(b'Content-Disposition : form-data; name="name"\r\n\r\nmug')),
    ("NUL in a header", _form(_part(b"name", b"mug", b"X-A: \x00"))),
    ("headers not ended", _form(b'Content-Disposition: form-data; name="name"\r\nmug')),
    ("headers with bare LF", _form(_NAME.replace(b"\r\n", b"\n"))),
    ("headers too long", _form(_part(b"name", b"mug", b"X-A: " + b"a" * 5_000))),
    ("too many headers", _form(_part(b"name", b"mug", *(b"X-A: b" for _ in range(20))))),
    ("base64 that is not declared", _form(_part(b"name", b"bXVn", b"Content-Transfer-Encoding: base64"))),
    ("quoted-printable", _form(_part(b"name", b"m=75g", b"Content-Transfer-Encoding: quoted-printable"))),
    ("base64 that is none", _form(_NAME, _part(b"coded", b"A!", b"Content-Type: application/octet-stream", b"Content-Transfer-Encoding: base64"))),
    ("nested", _form(_NAME, _part(b"notes", b"--x\r\n\r\n\r\n--x--", b"Content-Type: multipart/mixed; boundary=x"))),
    ("message in a part", _form(_NAME, _part(b"notes", b"Subject: x\r\n\r\n", b"Content-Type: message/rfc822"))),
    ("no end", _form(_NAME, end=b"")),
    ("end without its dashes", _form(_NAME, end=b"\r\n--AaB03x")),
    ("end with one dash", _form(_NAME, end=b"\r\n--AaB03x-")),
    ("text before", b"hello\r\n" + _form(_NAME)),
    ("line end before", b"\r\n" + _form(_NAME)),
    ("text behind", _form(_NAME) + b"hello"),
    ("a form behind", _form(_NAME) + _form(_part(b"size", b"7"))),
    ("blank behind a boundary", _form(_NAME).replace(b"--AaB03x\r\n", b"--AaB03x \r\n", 1)),
    ("longer boundary within", _form(_part(b"name", b"a\r\n--AaB03xy"))),
    ("boundary behind a bare LF", _form(_part(b"name", b"a\n--AaB03x\nb"))),
    ("boundary behind a bare CR", _form(_part(b"name", b"a\r--AaB03x\rb"))),
    ("boundary at the beginning of a body", _form(_part(b"name", b"--AaB03x"))),
    ("boundary in another case", _form(_NAME).lower()),
    ("bare LF everywhere", _form(_NAME).replace(b"\r\n", b"\n")),
    ("JSON", b'{"name":"mug"}'),
    ("too many parts", _form(_NAME, *(_part(b"tags", b"a") for _ in range(1_001)))),
)  # fmt: skip
_BOUNDARIES = (
    ("none", "multipart/form-data"),
    ("empty", "multipart/form-data; boundary="),
    ("empty in quotes", 'multipart/form-data; boundary=""'),
    ("twice", f"multipart/form-data; boundary={_B}; boundary=x"),
    ("twice in other cases", f"multipart/form-data; boundary={_B}; Boundary=x"),
    ("with a blank", f'multipart/form-data; boundary="{_B} x"'),
    ("too long", f"multipart/form-data; boundary={'a' * 71}"),
    ("with a backslash", f'multipart/form-data; boundary="{_B}\\x"'),
    ("continued", f"multipart/form-data; boundary*0={_B}"),
    ("extended", f"multipart/form-data; boundary*=utf-8''{_B}"),
    ("behind a comma", f"multipart/form-data, boundary={_B}"),
)
CASES = (
    *(taken(f"multipart, {name}", "upload", body, _TYPE) for name, body in _TAKEN),
    *(bad(f"multipart, {name}", "upload", body, _TYPE) for name, body in _BAD),
    taken("multipart, boundary in quotes", "upload", _form(_NAME), f'multipart/form-data; boundary="{_B}"'),
    taken("multipart, name in another case", "upload", _form(_NAME), f"Multipart/Form-Data; BOUNDARY={_B}"),
    *(unfit(f"boundary, {name}", "upload", _form(_NAME), f"Content-Type: {media_type}") for name, media_type in _BOUNDARIES),
    bad("multipart, another boundary", "upload", _form(_NAME), "multipart/form-data; boundary=other"),
    unfit("multipart/mixed", "upload", _form(_NAME), f"Content-Type: multipart/mixed; boundary={_B}"),
    unfit("multipart, Latin-1", "upload", _form(_NAME), f"Content-Type: {_TYPE}; charset=iso-8859-1"),
    unfit("form for multipart", "upload", b"name=mug", "Content-Type: application/x-www-form-urlencoded"),
)  # fmt: skip
