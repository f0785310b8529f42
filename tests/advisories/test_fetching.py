"""The database: fetched whole and by what changed, resumed, atomic, and bounded whatever an export holds."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batten.advisories import archive as archives
from batten.advisories.database import FILE, Database, NoDatabase, kept, opened
from batten.advisories.exports import Local, Online
from batten.advisories.fetching import MOST_CHANGES, Failed, Fetched, fetch
from batten.advisories.web import Unavailable, Web, address
from osv import NEEDED, Answer, Served, archive, before, changes, lay_out, record, serving

pytestmark = NEEDED
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SHOP = record("PYSEC-1", "shop", "PyPI", *before("1.2"))
CART = record("PYSEC-2", "Cart.Core", "PyPI", *before("3.0"), modified="2026-11-20T10:00:00.5Z")


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving(Served()) as served:
        yield served


@pytest.fixture
def web(server: Served) -> Served:
    """The server as if it were new: with an export of two records."""
    server.files, server.records, server.asked, server.bodies = {}, {}, [], []
    server.spoil = lambda path, times: None
    server.page = 1000
    server.export("PyPI", [SHOP, CART])
    return server


def fetched(
    folder: Path, served: Served, *names: str, now: datetime = NOW, waited: list[float] | None = None
) -> list[Fetched | Failed]:
    pauses = waited if waited is not None else []
    with kept(folder) as database:
        export = Online(Web(served.url, 60, pause=pauses.append), folder)
        return list(fetch(database, export, names or ("PyPI",), now))


def local(
    folder: Path, place: Path, *names: str, single: bool = False, now: datetime = NOW
) -> list[Fetched | Failed]:
    with kept(folder) as database:
        return list(fetch(database, Local(place, single), names or ("PyPI",), now))


def known(folder: Path, name: str, ecosystem: str = "PyPI") -> list[str]:
    with opened(folder) as database:
        return [entry.id for entry in database.about(ecosystem, name)]


def test_an_ecosystem_is_fetched_whole_and_then_by_what_changed(tmp_path: Path, web: Served) -> None:
    (first,) = fetched(tmp_path, web)
    assert first == Fetched("PyPI", 2, 2, (), True)
    assert known(tmp_path, "shop") == ["PYSEC-1"] and known(tmp_path, "cart-core") == ["PYSEC-2"]
    assert web.asked == ["/PyPI/all.zip"]
    web.asked.clear()
    assert fetched(tmp_path, web) == [Fetched("PyPI", 0, 2, (), False)]
    assert web.asked == ["/PyPI/modified_id.csv"]
    new = record("PYSEC-3", "shop", "PyPI", *before("1.4"), modified="2026-11-26T00:00:00Z")
    gone = CART | {"withdrawn": "2026-11-26T00:00:00Z", "modified": "2026-11-26T01:00:00Z"}
    late = record("PYSEC-4", "shop", modified="2026-11-19T10:00:00Z")  # published after a newer one
    web.export("PyPI", [SHOP, gone, new, late])
    web.asked.clear()
    assert fetched(tmp_path, web) == [Fetched("PyPI", 3, 3, (), False)]
    assert "/PyPI/all.zip" not in web.asked and "/PyPI/PYSEC-1.json" not in web.asked
    assert known(tmp_path, "shop") == ["PYSEC-1", "PYSEC-3", "PYSEC-4"] and known(tmp_path, "cart-core") == []


def test_the_age_is_kept_inside(tmp_path: Path, web: Served) -> None:
    fetched(tmp_path, web)
    later = NOW + timedelta(days=3)
    fetched(tmp_path, web, now=later)
    with opened(tmp_path) as database:
        assert database.ecosystems()["PyPI"].dated == later
    offline = tmp_path / "offline"
    offline.mkdir()
    local(
        offline,
        lay_out(
            tmp_path / "export" if (tmp_path / "export").mkdir() is None else tmp_path, {"PyPI": [SHOP, CART]}
        ),
    )
    with opened(offline) as database:  # a copy is as old as its newest record, whenever it is read
        assert database.ecosystems()["PyPI"].dated == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_many_changes_are_fetched_as_the_archive(tmp_path: Path, web: Served) -> None:
    fetched(tmp_path, web)
    many = [record(f"PYSEC-{n}", modified="2026-11-26T00:00:00Z") for n in range(3, MOST_CHANGES + 4)]
    web.export("PyPI", [SHOP, CART, *many])
    web.asked.clear()
    assert fetched(tmp_path, web) == [Fetched("PyPI", len(many) + 2, len(many) + 2, (), True)]
    assert web.asked == ["/PyPI/modified_id.csv", "/PyPI/all.zip"]


def test_a_download_that_was_cut_off_is_continued(tmp_path: Path, web: Served) -> None:
    whole = web.files["/PyPI/all.zip"]
    tag = {"ETag": f'"{len(whole)}"'}
    web.spoil = lambda path, times: (
        (200, tag | {"Content-Length": str(len(whole))}, whole[:100]) if times == 1 else None
    )
    (failed,) = fetched(tmp_path, web)
    assert isinstance(failed, Failed) and "connection failed" in failed.why
    part = tmp_path / "PyPI.zip.part"
    assert part.read_bytes() == whole[:100]
    served: list[Answer] = []
    answer = web.answer
    web.answer = lambda path, body: served.append(answer(path, body)) or served[-1]  # type: ignore[method-assign,func-returns-value]
    assert fetched(tmp_path, web) == [Fetched("PyPI", 2, 2, (), True)]
    assert not part.exists() and not (tmp_path / "PyPI.zip.tag").exists()
    del web.answer


def test_what_was_cut_off_and_is_another_archive_now_is_fetched_anew(tmp_path: Path, web: Served) -> None:
    (tmp_path / "PyPI.zip.part").write_bytes(b"x" * 50)
    (tmp_path / "PyPI.zip.tag").write_text('"of before"')
    assert fetched(tmp_path, web) == [Fetched("PyPI", 2, 2, (), True)]


def test_a_busy_server_is_waited_for_as_long_as_it_says(tmp_path: Path, web: Served) -> None:
    web.spoil = lambda path, times: (429, {"Retry-After": "7"}, b"") if times == 1 else None
    waited: list[float] = []
    assert fetched(tmp_path, web, waited=waited) == [Fetched("PyPI", 2, 2, (), True)]
    assert waited == [7.0]
    web.spoil = lambda path, times: (503, {"Retry-After": "Fri, 27 Nov 1998 12:00:00 GMT"}, b"")
    (failed,) = fetched(tmp_path, web, waited=waited)
    assert isinstance(failed, Failed) and "HTTP 503" in failed.why
    assert known(tmp_path, "shop") == ["PYSEC-1"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "redirects"),
        ((404, {}, b""), "HTTP 404"),
        ((200, {}, b"<html>"), "not a zip archive"),
        ((200, {}, archive([])), "holds no record"),
        ((200, {}, archive([("a.json", b"{"), ("b.json", b"[]")])), "none of its records"),
    ],
)
def test_what_is_no_export_changes_nothing(tmp_path: Path, web: Served, answer: Answer, said: str) -> None:
    fetched(tmp_path, web)
    web.spoil = lambda path, times: (
        answer
        if path.endswith(".zip")
        else (
            200,
            {},
            changes([record(f"P-{n}", modified="2026-11-26T00:00:00Z") for n in range(MOST_CHANGES + 1)]),
        )
    )
    (failed,) = fetched(tmp_path, web)
    assert isinstance(failed, Failed) and said in failed.why
    assert known(tmp_path, "shop") == ["PYSEC-1"]


def test_records_that_cannot_be_read_keep_what_was_known_and_are_tried_again(
    tmp_path: Path, web: Served
) -> None:
    fetched(tmp_path, web)
    broken = SHOP | {"modified": "2026-11-26T00:00:00Z"}
    web.export("PyPI", [broken, CART])
    web.files["/PyPI/PYSEC-1.json"] = b'{"id": "PYSEC-1", "affected": 5}'
    (done,) = fetched(tmp_path, web)
    assert isinstance(done, Fetched) and [bad.name for bad in done.unread] == ["PYSEC-1"]
    assert known(tmp_path, "shop") == ["PYSEC-1"]
    web.export("PyPI", [record("PYSEC-1", "other", modified="2026-11-26T00:00:00Z"), CART])
    fetched(tmp_path, web)
    assert known(tmp_path, "shop") == [] and known(tmp_path, "other") == ["PYSEC-1"]


def test_damaged_records_of_an_archive_keep_what_was_known(tmp_path: Path) -> None:
    place = tmp_path / "all.zip"
    place.write_bytes(archive([SHOP, CART]))
    local(tmp_path, place, single=True)
    place.write_bytes(archive([("PYSEC-1.json", b"{"), CART, ("README", b"not a record")]))
    (done,) = local(tmp_path, place, single=True)
    assert isinstance(done, Fetched) and [bad.name for bad in done.unread] == ["PYSEC-1"]
    assert (done.read, done.kept) == (1, 2) and known(tmp_path, "shop") == ["PYSEC-1"]


def test_a_bomb_is_unpacked_no_further_than_a_record_may_be_large(tmp_path: Path) -> None:
    place = tmp_path / "all.zip"
    place.write_bytes(archive([("bomb.json", b"[" * (archives.LARGEST + 100)), CART]))
    assert place.stat().st_size < 200_000
    (done,) = local(tmp_path, place, single=True)
    assert isinstance(done, Fetched) and [(bad.name, "MiB" in bad.why) for bad in done.unread] == [
        ("bomb", True)
    ]


def test_an_archive_of_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "all.zip"
    place.write_bytes(archive([SHOP, CART]))
    local(tmp_path, place, single=True)
    for name, value, said in (("MOST_RECORDS", 1, "more than 1 records"), ("MOST_BYTES", 100, "more than")):
        with monkeypatch.context() as patch:
            patch.setattr(archives, name, value)
            (failed,) = local(tmp_path, place, single=True)
            assert isinstance(failed, Failed) and said in failed.why
    assert known(tmp_path, "shop") == ["PYSEC-1"]


def test_damaged_archives_are_refused_wherever_they_are_cut(tmp_path: Path) -> None:
    data = archive([SHOP, CART])
    place = tmp_path / "all.zip"
    for end in range(0, len(data), 7):
        place.write_bytes(data[:end])
        (failed,) = local(tmp_path, place, single=True)
        assert isinstance(failed, Failed)
    central = data.rindex(b"PK\x01\x02")
    encrypted = bytearray(data)
    encrypted[central + 8] |= 1
    struct.pack_into("<H", encrypted, data.index(b"PK\x03\x04") + 6, 1)
    place.write_bytes(bytes(encrypted))
    assert all(isinstance(one, Fetched | Failed) for one in local(tmp_path, place, single=True))


def test_only_an_ecosystems_own_packages_are_kept_of_its_records(tmp_path: Path) -> None:
    both = record("GHSA-1", "shop", "PyPI")
    both["affected"] += record("GHSA-1", "shop", "npm")["affected"]
    place = tmp_path / "all.zip"
    place.write_bytes(archive([both]))
    local(tmp_path, place, single=True)
    assert known(tmp_path, "shop") == ["GHSA-1"] and known(tmp_path, "shop", "npm") == []
    local(tmp_path, place, "npm", single=True)
    assert known(tmp_path, "shop") == ["GHSA-1"] and known(tmp_path, "shop", "npm") == ["GHSA-1"]


def test_releases_of_a_distribution_are_kept_apart(tmp_path: Path) -> None:
    place = tmp_path / "all.zip"
    rows = [record(f"D-{n}", "openssl", f"Debian:{n}") for n in (11, 12)]
    rows += [record("U-1", "openssl", "Ubuntu:24.04:LTS"), record("U-2", "openssl", "Ubuntu:Pro:24.04:LTS")]
    place.write_bytes(archive(rows))
    local(tmp_path, place, "Debian", "Ubuntu", single=True)
    assert known(tmp_path, "openssl", "Debian:12") == ["D-12"] and known(tmp_path, "openssl", "Debian") == []
    assert known(tmp_path, "openssl", "Ubuntu:24.04") == ["U-1"]


@contextmanager
def interrupted(folder: Path) -> Iterator[Database]:
    with kept(folder) as database:
        yield database


def test_an_import_that_is_interrupted_leaves_the_one_before(tmp_path: Path) -> None:
    place = tmp_path / "all.zip"
    place.write_bytes(archive([SHOP]))
    local(tmp_path, place, single=True)
    with kept(tmp_path) as database, pytest.raises(KeyboardInterrupt), database.changing():
        database.stage()
        database.put("PyPI", ())
        database.settle("PyPI", ())
        raise KeyboardInterrupt
    assert known(tmp_path, "shop") == ["PYSEC-1"]


@pytest.mark.parametrize(
    "line",
    [
        b"yesterday,PYSEC-9\n",
        b"2026-11-26T00:00:00Z\n",
        b"2026-13-99T99:99:99Z,PYSEC-9\n",
        b"2026-11-26T00:00:00Z,../../x\n",
        b"\xff\xfe\n",
    ],
)
def test_a_list_of_changes_in_another_form_is_refused(tmp_path: Path, web: Served, line: bytes) -> None:
    fetched(tmp_path, web)
    web.files["/PyPI/modified_id.csv"] = line
    (failed,) = fetched(tmp_path, web)
    assert isinstance(failed, Failed) and "list of changes" in failed.why


def test_a_database_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    def said(data: bytes | None) -> str:
        path = tmp_path / FILE
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(NoDatabase) as told, opened(tmp_path) as database:
            database.ecosystems()
        return str(told.value)

    assert "there is no database" in said(None)
    assert "cannot be read" in said(b"not a database at all" * 100)
    made = sqlite3.connect(tmp_path / "other.db")
    made.executescript(
        "CREATE TABLE about (key, value); CREATE VIEW ecosystem AS SELECT 1; CREATE TABLE affected (a); CREATE TABLE failed (a);"
    )
    made.close()
    assert "no table `ecosystem`" in said((tmp_path / "other.db").read_bytes())
    with kept(tmp_path / "new" if (tmp_path / "new").mkdir() is None else tmp_path):
        pass
    db = sqlite3.connect(tmp_path / "new" / FILE)
    db.execute("UPDATE about SET value = '99'")
    db.commit()
    db.close()
    assert "another version" in said((tmp_path / "new" / FILE).read_bytes())


def test_a_database_is_read_where_it_cannot_be_written(tmp_path: Path) -> None:
    place = tmp_path / "all.zip"
    place.write_bytes(archive([SHOP]))
    local(tmp_path, place, single=True)
    before_it = (tmp_path / FILE).read_bytes()
    os.chmod(tmp_path / FILE, 0o400)
    assert known(tmp_path, "shop") == ["PYSEC-1"]
    assert (tmp_path / FILE).read_bytes() == before_it


@pytest.mark.parametrize(
    "url",
    [
        "http://mirror.example/osv",
        "https://user:secret@mirror.example",
        "ftp://mirror.example",
        "https://",
        "https://a.example/?q=1",
    ],
)
def test_addresses_that_are_not_safe_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not|has a"):
        address(url)


def test_a_server_that_goes_on_for_ever_is_left(web: Served) -> None:
    web.files["/big"] = b"x" * 5000
    with pytest.raises(Unavailable, match="more than"):
        Web(web.url, 60).get("/big", 4096)
    with pytest.raises(Unavailable, match="is over"):
        Web(web.url, 0.0).get("/big", 8192)


def test_records_of_any_size_of_json_are_kept_small(tmp_path: Path) -> None:
    """What is kept of a record is what is compared; descriptions are not."""
    place = tmp_path / "all.zip"
    place.write_bytes(archive([SHOP | {"id": f"PYSEC-{n}", "details": "x" * 10_000} for n in range(200)]))
    local(tmp_path, place, single=True)
    assert (tmp_path / FILE).stat().st_size < 200_000


def test_sources_of_databases_say_when_a_record_was_published(tmp_path: Path) -> None:
    place = tmp_path / "all.zip"
    zero = "0001-01-01T00:00:00Z"
    place.write_bytes(archive([SHOP | {"modified": zero, "published": "2026-11-10T00:00:00Z"}]))
    local(tmp_path, place, single=True)
    with opened(tmp_path) as database:
        assert database.ecosystems()["PyPI"].dated == datetime(2026, 11, 10, tzinfo=UTC)
    place.write_bytes(archive([SHOP | {"modified": zero}]))
    (failed,) = local(tmp_path, place, single=True)
    assert isinstance(failed, Failed) and "age is not known" in failed.why


@pytest.mark.parametrize("when", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "soon"])
def test_a_record_of_an_impossible_time_hides_no_change(tmp_path: Path, web: Served, when: str) -> None:
    web.export("PyPI", [SHOP, CART | {"modified": when}])
    fetched(tmp_path, web)
    new = record("PYSEC-3", "shop", modified="2026-11-27T11:00:00Z")
    web.export("PyPI", [SHOP, CART, new])
    (done,) = fetched(tmp_path, web, now=NOW + timedelta(hours=1))
    assert isinstance(done, Fetched) and "PYSEC-3" in known(tmp_path, "shop")


def test_what_a_killed_run_left_is_put_right_by_the_next(tmp_path: Path) -> None:
    place, copy = tmp_path / "all.zip", tmp_path / "copy"
    place.write_bytes(archive([SHOP, *(record(f"P-{n}") for n in range(300))]))
    local(tmp_path, place, single=True)
    copy.mkdir()
    writing = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    writing.executescript(
        "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE affected SET modified = 'x', name = 'y';"
    )
    for name in (
        FILE,
        f"{FILE}-journal",
    ):  # what a kill would leave: pages written, and the journal of what they were
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    writing.execute("ROLLBACK")
    writing.close()
    with pytest.raises(NoDatabase, match="an interrupted"):
        known(copy, "shop")
    with kept(copy):
        pass
    assert "PYSEC-1" in known(copy, "shop")
