"""MySQL and MariaDB: options as the real server takes them, which files belong together, and what is found."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from batten.facts import ConnectionString, Fact, Feature, Secret, Store
from batten.formats import SyntaxProblem, Workspace
from batten.formats.mysql import OptionLine, parse_options
from batten.model import UNKNOWN, Location, Problem
from batten.technologies import Unit, named_like, recognised
from batten.technologies.stores.mysql import adapter, validator
from batten.technologies.stores.mysql.options import command_options, files, normal
from batten.technologies.stores.mysql.store import OPTIONS, Product, store
from needs import needs, program

FILES = {
    "defaults": "[mariadb]\nmax_connections = 10\n",
    "bind": "[mysqld]\nbind-address = 0.0.0.0 # everywhere\nport=3307\n",
    "underscores": "[mysqld]\nbind_address=10.0.0.5\nlocal_infile = 0\nrequire_secure_transport=ON\n",
    "modifiers": "[server]\nloose-local-infile=0\nskip-symbolic-links\nloose-no-such-option = 1\n",
    "alone": "[mariadbd]\nlocal-infile\ngeneral-log\nlog-bin-trust-function-creators\n",
    "quotes": "[mysqld]\nsecure-file-priv = \"/var/lib/\"\nbind-address='127.0.0.1'\n",
    "last counts": "[mysqld]\nport = 1\n[mariadb-11.8]\nport = 3309\n[mysqld-5.7]\nport = 2\n",
    "warnings": "[mysqld]\nlog_warnings = 0\nold_passwords=1\nsecure-auth = OFF\n",
    "tls": "[mysqld]\ntls_version = TLSv1.1,TLSv1.2\nssl-cipher = ECDHE-RSA-AES128-GCM-SHA256\n",
    "comments": "# one\n; two\n[mysqld]\n# port = 1\nport = 3310   ; three is part of the value\n".replace(
        "   ; three is part of the value", ""
    ),
    "other groups": "[client]\nport = 1\n[mysqldump]\nquick\n[mysqld]\nport = 3311\n",
    "no networking": "[mysqld]\nskip-networking\nskip_name_resolve\n",
    "several addresses": "[mysqld]\nbind-address = 127.0.0.1,::1\nallow-suspicious-udfs\n",
    "root": "[mysqld]\nuser = mysql\nskip-grant-tables\ngdb\n",
}
_TRUE = {"TRUE": "on", "FALSE": "off", "ON": "on", "OFF": "off", "(No default value)": ""}


def said(tmp_path: Path, text: str) -> dict[str, str]:
    """What the server says of each of its variables when it has read the file."""
    path = tmp_path / "my.cnf"
    path.write_text(text)
    command = [program("mariadbd"), f"--defaults-file={path}", "--user=root", "--verbose", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    table = done.stdout.partition("\nVariables (")[2].partition("-\n")[2]
    rows = (re.split(r"\s{2,}|\s+(?=\S+$)", line, maxsplit=1) for line in table.splitlines() if line.strip())
    return {row[0].replace("-", "_"): row[1].strip() for row in rows if len(row) == 2}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_options_are_those_that_the_server_takes(text: str, tmp_path: Path) -> None:
    told = said(tmp_path, text)
    found = files("my.cnf", Workspace(tmp_path, {"my.cnf": text})).server
    version = Product("mariadb", "11.8")
    own = tuple(g for g in found.entries if "5.7" not in g.at.pointer)  # of another server's version
    read = store(found.with_entries(own), version, found.at)
    assert str(read.port.known(0)) == told["port"] or told["port"] == "0"  # without a network
    off = told["skip_networking"] == "TRUE"
    address = told["bind_address"]
    wanted = () if off else tuple(address.split(",")) if address[0] != "(" else ("*",)
    assert read.addresses.known(()) == wanted
    assert read.plain is not None and read.plain.known(False) is (told["require_secure_transport"] == "FALSE")
    assert (read.authentication.known(True) is False) is (told["skip_grant_tables"] == "TRUE")
    for name, (_, default) in OPTIONS.items():
        if default is not None:
            value = told.get(name, "FALSE")
            assert _TRUE.get(read.options[name].known(""), read.options[name].known("")) == _TRUE.get(
                value, value
            ), name
    assert read.protocols is not None
    assert ",".join(read.protocols.known(())) in told["tls_version"]


@pytest.mark.parametrize("text", ["[mysqld\nport=1\n", "port = 1\n[mysqld]\n"])
def test_what_the_server_refuses_is_a_problem(text: str, tmp_path: Path) -> None:
    (tmp_path / "my.cnf").write_text(text)
    command = [program("mariadbd"), f"--defaults-file={tmp_path}/my.cnf", "--print-defaults"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    with pytest.raises(SyntaxProblem):
        parse_options(text)


@pytest.mark.parametrize(
    "line",
    [
        "a=b",
        "a = 'b c'",
        'a="#b" # c',
        "a=b#c",
        "a",
        "a=",
        "a = b\\tc",
        '  a = \\"b\\" ',
        "a='b\\'c'",
        'a="b',
    ],
)
def test_lines_are_what_the_server_makes_of_them(line: str, tmp_path: Path) -> None:
    (tmp_path / "my.cnf").write_text(f"[mysqld]\n{line}\n")
    command = [
        program("my_print_defaults", "mariadb-print-defaults"),
        f"--defaults-file={tmp_path}/my.cnf",
        "mysqld",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    option = parse_options(f"[mysqld]\n{line}\n")[1].lines[0]
    assert isinstance(option, OptionLine)
    written = f"--{option.name}" if option.value is None else f"--{option.name}={option.value}"
    assert done.stdout.rstrip("\n") == written


def facts(workspace: Workspace, *paths: str) -> list[Fact | Problem]:
    return list(adapter.read(Unit("mysql", paths), workspace))


def read(workspace: Workspace) -> Store:
    path = next(iter(workspace.overlay))
    return next(f for f in facts(workspace, path) if isinstance(f, Store))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("my.cnf", "[mysqld]\nport=1\n", True),
        ("etc/mysql/mariadb.conf.d/50-server.cnf", "[mariadbd]\n", True),
        ("etc/mysql/my.cnf", "!includedir /etc/mysql/conf.d/\n", True),
        ("openssl.cnf", "[req]\ndistinguished_name = dn\n[server]\nx = y\n", False),
        ("openssl.cnf", "[ ca ]\ndefault_ca = CA\n", False),
        ("my.cnf", "# nothing\n", False),
    ],
)
def test_what_is_recognised(path: str, text: str, expected: bool) -> None:
    assert ("mysql" in [t.name for t in recognised(named_like(path), text)]) is expected


@pytest.mark.parametrize(
    ("path", "text", "product"),
    [
        ("my.cnf", "[mysqld]\nport=1\n", Product("mysql", sure=False)),
        ("my.cnf", "[mysqld]\n[mariadb-10.6]\n", Product("mariadb", "10.6")),
        ("mariadb/my.cnf", "[mysqld]\n", Product("mariadb")),
        ("my.cnf", "[mysqld-8.4]\nport=1\n", Product("mysql", "8.4")),
        ("my.cnf", "[mysqld]\nmysqlx=0\n", Product("mysql")),
        ("my.cnf", "[mysqld]\nlog_warnings=1\n", Product("mariadb")),
    ],
)
def test_which_server_a_file_is_for(path: str, text: str, product: Product, tmp_path: Path) -> None:
    found = read(Workspace(tmp_path, {path: text}))
    assert (found.product, found.version) == (product.name, product.version)
    unsure = found.options["local_infile"].effective is UNKNOWN
    assert unsure is not product.sure


def test_a_file_that_is_included_stands_in_its_place_and_is_no_unit_of_its_own(tmp_path: Path) -> None:
    laid = {
        "etc/mysql/my.cnf": "[mysqld]\nport = 1\n!includedir /etc/mysql/conf.d/\n",
        "etc/mysql/conf.d/a.cnf": "[mysqld]\nport = 2\n",
        "etc/mysql/conf.d/b.txt": "[mysqld]\nport = 3\n",
    }
    workspace = Workspace(tmp_path, laid)
    assert read(workspace).port.value == 2
    assert [u.main for u in adapter.units([p for p in laid if p.endswith(".cnf")], workspace)] == [
        "etc/mysql/my.cnf"
    ]


def test_a_part_of_a_configuration_leaves_what_is_absent_unknown(tmp_path: Path) -> None:
    found = read(Workspace(tmp_path, {"conf.d/app.cnf": "[mysqld]\nmax_connections = 9\n"}))
    assert found.addresses.effective is UNKNOWN and found.options["general_log"].effective is UNKNOWN


def test_a_file_for_clients_makes_no_store(tmp_path: Path) -> None:
    text = "[client]\nhost = db.example.com\npassword = hunter2hunter2\nssl-mode = DISABLED\n"
    found = facts(Workspace(tmp_path, {".my.cnf": text}), ".my.cnf")
    assert not [f for f in found if isinstance(f, Store)]
    assert [s.name for s in found if isinstance(s, Secret)] == ["password"] and "hunter2" not in repr(found)
    connection = next(f for f in found if isinstance(f, ConnectionString))
    assert (connection.host, connection.encrypted.value, connection.verified.value) == (
        "db.example.com",
        False,
        False,
    )


def test_who_runs_it(tmp_path: Path) -> None:
    found = facts(Workspace(tmp_path, {"my.cnf": "[mysqld]\nuser=root\n"}), "my.cnf")
    assert [f.what for f in found if isinstance(f, Feature)] == ["mysql runs"]


HERE = Location("compose.yaml", "services[db]/command")


def test_words_of_a_command() -> None:
    words = [
        "--local-infile=1",
        "--skip-ssl",
        "-P",
        "3307",
        "-uroot",
        "--bind-address=10.0.0.1",
        "--general-log",
    ]
    said = [(g.key, g.value) for g in command_options((w, HERE) for w in words)]
    assert said == [
        ("local_infile", "1"), ("ssl", "0"), ("port", "3307"), ("user", "root"), ("bind_address", "10.0.0.1"), ("general_log", "1"),
    ]  # fmt: skip


@needs("mariadbd", validator.server("mariadb"))
def test_the_server_is_asked(tmp_path: Path) -> None:
    unit = Unit("mysql", ("my.cnf",))
    good = "[mariadb]\nport = 3310\nssl-cert = /nowhere.pem\ndatadir = /nowhere\nplugin-load-add = none\n[client]\nx = y\n"
    assert validator.validate(unit, Workspace(tmp_path, {"my.cnf": good})) is True
    problem = validator.validate(unit, Workspace(tmp_path, {"my.cnf": "[mariadb]\nbogus-option = 1\n"}))
    assert isinstance(problem, Problem) and "bogus-option" in problem.message
    assert validator.validate(unit, Workspace(tmp_path, {"my.cnf": "[mysqld]\nmysqlx=0\n"})) is False


@pytest.mark.parametrize(
    ("written", "variable"),
    [
        ("allow-suspicious-udfs", "allow_suspicious_udfs=1"),
        ("skip-log-bin-trust-function-creators", "log_bin_trust_function_creators=0"),
        ("loose-proxy-protocol-networks", "proxy_protocol_networks=1"),
        ("disable-strict-password-validation", "strict_password_validation=0"),
        ("ssl-mode", "ssl_mode=1"),
        ("enable-ssl-verify-server-cert", "ssl_verify_server_cert=1"),
        ("skip-networking", "skip_networking=1"),
        ("skip-symbolic-links", "symbolic_links=0"),
        ("maximum-max-connections", "max_connections=1"),
    ],
)
def test_an_option_is_known_by_its_variable(written: str, variable: str) -> None:
    assert "=".join(normal(written, None)) == variable
