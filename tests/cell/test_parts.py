"""The parts of a cell, each by itself."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from batten.cell import COPY, MIB, ROOM, Answer, Bounds, NotAsked, Order, bubblewrap, keeper, seccomp
from batten.cell.bubblewrap import words
from batten.cell.elf import libraries, read
from batten.cell.landlock import launched
from batten.cell.place import Place, Started, place_for
from batten.cell.programs import installed
from batten.cell.scripts import unwrapped
from batten.cell.seatbelt import profile
from batten.cell.talk import talk
from batten.cell.trust import is_given, trusting
from batten.cell.view import shown as seen
from needs import needs, where, without
from waiting import until

INTRUDER = Path(__file__).with_name("intruder.py")
ALLOWING = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)


@pytest.fixture
def intruder(tmp_path: Path) -> Path:
    program = tmp_path / "intruder"
    program.write_text(f"#!{sys.executable}\n{INTRUDER.read_text()}")
    program.chmod(0o755)
    return program


def said(intruder: Path, attempt: str, about: str, filters: dict[bool, bytes], *, seen: bool) -> str:
    """What comes of an attempt where a wall is taken away: the filter, or (`seen`) the view."""
    order = unwrapped(Order(intruder, (attempt, about), visible=(Path("/"),) if seen else ()))
    assert isinstance(order, Order)
    with place_for() as place:
        started = launched(order, place, None, {"bare": False, "filters": filters})
        assert isinstance(started, Started)
        answer = talk(started.process, b"", b"", order.bounds, place.room)
        os.close(started.status)
        return answer.out.decode().strip()


def filters() -> dict[bool, bytes]:
    machine = platform.machine()
    return {
        True: seccomp.program(machine, seccomp.View.LANDLOCK, forks=False, network=False),
        False: seccomp.program(machine, seccomp.View.LANDLOCK_ALONE, forks=False, network=False),
    }


def test_landlock_hides_files_without_the_filter(intruder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    allowing = dict.fromkeys((True, False), ALLOWING)
    assert said(intruder, "read", str(secret), allowing, seen=False).startswith("HELD PermissionError")
    assert said(intruder, "execute", "/bin/sh", allowing, seen=False).startswith("HELD PermissionError")
    assert said(intruder, "read", str(secret), allowing, seen=True) == "DONE the secret"
    assert said(intruder, "fork", "", allowing, seen=False).startswith("DONE")


def test_the_filter_holds_without_the_view(intruder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    assert said(intruder, "read", str(secret), filters(), seen=True) == "DONE the secret"
    for attempt, about in (
        ("fork", ""),
        ("vfork", ""),
        ("mode", str(secret)),
        ("unix", "@any"),
        ("connect", "9"),
    ):
        assert said(intruder, attempt, about, filters(), seen=True).startswith("HELD PermissionError"), (
            attempt
        )


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("view", seccomp.View)
@pytest.mark.parametrize("forks", [True, False])
def test_every_jump_of_a_filter_lands_in_it_and_ends(machine: str, view: seccomp.View, forks: bool) -> None:
    steps = list(struct.iter_unpack("=HBBI", seccomp.program(machine, view, forks=forks, network=False)))
    for at, (code, then, otherwise, _) in enumerate(steps):
        if code & 7 == 5:
            assert max(then, otherwise) + at + 1 < len(steps)
    assert steps[-1] == (0x06, 0, 0, 0x7FFF0000)
    assert len(steps) < 4096


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        seccomp.program("vax", seccomp.View.MOUNTS, forks=False, network=False)


@pytest.mark.parametrize("name", ["git", "nginx", "haproxy", "apache2", "redis-server"])
def test_libraries_are_those_that_the_loader_finds(name: str) -> None:
    program = installed(name, beside=("/usr/sbin",))
    if program is None:
        without(name)
    ldd = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    listed = {os.path.realpath(word) for word in ldd.split() if word.startswith("/")}
    assert {os.path.realpath(p) for p in libraries(program)} == listed


def test_what_is_no_program_needs_nothing(tmp_path: Path) -> None:
    for text in (
        b"",
        b"\x7fELF",
        b"\x7fELF\x02\x01" + bytes(20),
        b"\x7fELF\x02\x01" + b"\xff" * 100,
        b"#!/bin/sh\n",
    ):
        file = tmp_path / f"file{len(text)}"
        file.write_bytes(text)
        assert libraries(file) == ()
    assert read(str(tmp_path / "none")) is None


def test_a_folder_that_is_not_absolute_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "validator"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}/usr/bin")
    assert installed("validator") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed("validator") == program


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out", "a\0b"])
def test_no_file_is_laid_out_elsewhere(name: str) -> None:
    with pytest.raises(ValueError, match="not a file name"):
        keeper.run(Order(Path("/usr/bin/true"), files={name: b""}))


def test_trust_ends_with_its_block() -> None:
    assert not is_given()
    with trusting(True):
        assert is_given() and [c.started.__module__ for c in keeper.cells()] == ["batten.cell.bare"]
    assert not is_given() and "batten.cell.bare" not in [c.started.__module__ for c in keeper.cells()]


def test_standard_input_and_paths_are_handed_on() -> None:
    order = Order(Path("/usr/bin/cat"), ("-", f"{COPY}/b"), {"b": COPY.encode()}, given=b"a" * 300_000)
    for trusted in (False, True):
        with trusting(trusted):
            answer = keeper.run(order)
        assert isinstance(answer, Answer) and answer.out == b"a" * 300_000 + COPY.encode()


def test_a_program_that_reads_nothing_is_no_failure() -> None:
    answer = keeper.run(Order(Path("/usr/bin/true"), given=b"a" * 300_000))
    assert answer == Answer(0, b"", b"")


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock", "bare"])
def test_no_program_outlives_who_asked_it(kind: str) -> None:
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        without("bubblewrap")
    mark = f"3600.{os.getpid()}{len(kind)}"
    code = (
        "from pathlib import Path\nfrom batten.cell import Order, keeper\n"
        f"keeper.KINDS = {{'linux': ({kind!r},)}}\nkeeper.run(Order(Path('/usr/bin/sleep'), ({mark!r},)))\n"
    )
    asking = subprocess.Popen([sys.executable, "-c", code])
    try:
        until(lambda: any(line.startswith("/usr/bin/sleep") for line in running(mark)), "the program runs")
    finally:
        asking.kill()
        asking.wait()
    until(lambda: not running(mark), "the program has ended")


def running(words: str) -> list[str]:
    """The command lines of processes that hold these words."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = file.read_bytes().decode("utf-8", "replace")
            found += [line] if words in line else []
    return found


def test_what_prints_what_is_waited_for_is_ended() -> None:
    answer = keeper.run(
        Order(Path("/usr/bin/tail"), ("-f", f"{COPY}/log"), {"log": b"it is ready\n"}, until=b"ready")
    )
    assert isinstance(answer, Answer) and answer.code == 0 and b"ready" in answer.out


def test_a_program_that_is_not_there_is_not_asked() -> None:
    answer = keeper.run(Order(Path("/nowhere/validator")))
    assert isinstance(answer, NotAsked) and "validator did not run" in str(answer)


def test_a_machine_without_a_temporary_folder_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**given: object) -> object:
        raise FileNotFoundError("no usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    answer = keeper.run(Order(Path("/usr/bin/true")))
    assert isinstance(answer, NotAsked) and "set TMPDIR" in str(answer)
    with keeper.running(Order(Path("/usr/bin/true")), ()) as at_work:
        assert isinstance(at_work, NotAsked) and "set TMPDIR" in str(at_work)


def test_macos_rules_deny_all_but_the_order(tmp_path: Path) -> None:
    place = Place(tmp_path / "copy", tmp_path / "room")
    order = Order(Path("/usr/bin/true"), visible=(Path('/opt/a "b"'),), bounds=Bounds(memory=64 * MIB))
    rules = profile(order, place).splitlines()
    assert rules[:2] == ["(version 1)", "(deny default)"]
    assert not any("network" in rule or "process-fork" in rule for rule in rules)
    assert any('(subpath "/opt/a \\"b\\"")' in rule and "write" not in rule for rule in rules)
    assert [r for r in rules if "file-write*" in r] == [
        f'(allow file-read* file-write* (subpath "{place.room}"))'
    ]
    shared = profile(Order(Path("/usr/bin/true"), forks=True, network=True), place)
    assert "(allow network*)" in shared and "(allow process-fork)" in shared
    assert all(rule.count("(") == rule.count(")") for rule in rules)


def test_bubblewrap_is_told_to_show_no_more(tmp_path: Path) -> None:
    order = Order(Path("/usr/bin/true"))
    made = words(order, tmp_path)
    assert "--bind" not in made and "--share-net" not in made and made[-3:] == ["/", "--chdir", ROOM]
    assert made[made.index("--tmpfs") + 1] == ROOM
    shown = [made[at + 2] for at, word in enumerate(made) if word == "--ro-bind"]
    assert {os.path.realpath(p) for p in shown} == {os.path.realpath(p) for p in (*seen(order), COPY)}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("view", list(seccomp.View))
def test_shared_memory_of_system_v_is_open_where_a_namespace_keeps_it_apart(
    machine: str, view: seccomp.View
) -> None:
    number = {"x86_64": 29, "aarch64": 194}[machine]  # shmget

    def asks(segments: bool) -> bool:
        made = seccomp.program(machine, view, forks=True, network=True, segments=segments)
        return (0x15, 0, 1, number) in struct.iter_unpack("=HBBI", made)

    assert asks(False)
    assert asks(True) == (view is seccomp.View.LANDLOCK_ALONE)


@needs("bubblewrap", where("bwrap"))
@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.9])
def test_a_cell_whose_view_was_not_told_to_the_end_runs_nothing(
    share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when batten is killed while it tells."""
    told = bubblewrap.words(Order(Path("/usr/bin/touch"), (f"{ROOM}/x",)), tmp_path)
    monkeypatch.setattr(bubblewrap, "words", lambda order, copy: told[: int(len(told) * share)])
    monkeypatch.setattr(keeper, "KINDS", {"linux": ("bubblewrap",)})
    trap = tmp_path / "trap"
    answer = keeper.run(Order(Path("/usr/bin/touch"), (str(trap),)))
    assert not trap.exists() and (isinstance(answer, NotAsked) or answer.code != 0)


@needs("bubblewrap", where("bwrap"))
def test_review_loads_nothing_that_starts_programs(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("events {}\nhttp { server { listen 80; } }\n")
    code = (
        "import sys\nfrom batten.cli import main\n"
        "try:\n    main(['review', '.', '--no-cache'])\nexcept SystemExit:\n    pass\n"
        "print(sorted(m for m in sys.modules if m in ('subprocess', 'selectors') or m.startswith('batten.cell.')), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip().splitlines()[-1] == "['batten.cell.order', 'batten.cell.trust']"
