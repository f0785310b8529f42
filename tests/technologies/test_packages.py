"""Lock files as their own tools wrote them, held against what the tools list; see packages/README.md."""

from __future__ import annotations

import random
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest

from batten.facts import Component, Package
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import Problem
from batten.technologies import Unit
from batten.technologies.dependencies.packages import adapter
from batten.technologies.dependencies.packages.forms import FORMS, form_of

FIXTURES = Path(__file__).parent / "packages"
FILES = {
    **dict.fromkeys(("npm1", "npm2", "npm3"), "package-lock.json"),
    **dict.fromkeys(("pnpm7", "pnpm8", "pnpm9"), "pnpm-lock.yaml"),
    **dict.fromkeys(("yarn1", "yarn4"), "yarn.lock"),
    **dict.fromkeys(("uv-export", "uv-compile"), "requirements.txt"),
    "bun": "bun.lock",
    "uv": "uv.lock",
    "pylock": "pylock.toml",
    "poetry": "poetry.lock",
    "pdm": "pdm.lock",
    "pipenv": "Pipfile.lock",
    "go": "go.mod",
    "bundler": "Gemfile.lock",
    "maven": "service/pom.xml",
}
_SILENT = ("bun", "yarn4")  # they do not list what is deployed


def packages(workspace: Workspace, path: str) -> list[Package]:
    workspace.packages = True
    return [one for one in adapter.read(Unit("packages", (path,)), workspace) if isinstance(one, Package)]


def test_every_folder_is_read() -> None:
    assert {p.name for p in FIXTURES.iterdir() if p.is_dir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_packages_are_those_that_the_tool_lists(name: str) -> None:
    found = packages(Workspace(FIXTURES / name), FILES[name])
    told = {
        f"{p.name} {p.version.known('')}{' dev' if p.development and name not in _SILENT else ''}".strip()
        for p in found
    }
    assert told == set((FIXTURES / name / "listed.txt").read_text().splitlines())
    assert len(found) == len(told)


@pytest.mark.parametrize("name", FILES)
def test_versions_are_at_their_places(name: str) -> None:
    workspace = Workspace(FIXTURES / name)
    for one in packages(workspace, FILES[name]):
        span = one.version.at.span
        assert span is not None
        written = workspace.text(FILES[name]).text[span.start : span.end]
        if one.version.is_known and name != "maven":  # there a parent may give the version
            assert written.removeprefix("v").removesuffix("+incompatible") == one.version.known("")


_DECLARED = {
    **dict.fromkeys(
        ("npm1", "npm2", "npm3", "pnpm7", "pnpm8", "pnpm9", "yarn1", "yarn4", "bun"),
        "debug @hapi/boom send semver",
    ),
    **dict.fromkeys(("uv", "poetry", "pdm"), "django typing-extensions tzdata pytest"),
    "pylock": "django typing-extensions tzdata",
    "pipenv": "django typing-extensions pytest",
    "uv-compile": "django typing-extensions",
    "go": "example.com/shared github.com/gin-contrib/cors github.com/go-chi/chi/v5 github.com/ours/one",
    "bundler": "ledger nokogiri rack sinatra sqlite3",
}


@pytest.mark.parametrize("name", _DECLARED)
def test_what_people_declared_is_direct(name: str) -> None:
    assert {p.name for p in packages(Workspace(FIXTURES / name), FILES[name]) if p.direct} == set(
        _DECLARED[name].split()
    )


def read(path: str, text: str, root: Path, **others: str) -> list[object]:
    workspace = Workspace(root, {path: text, **others})
    workspace.packages = True
    return list(adapter.read(Unit("packages", (path,)), workspace))


def named(outcomes: list[object]) -> dict[str, str]:
    return {p.name: p.version.known("?") for p in outcomes if isinstance(p, Package)}


def test_without_advisories_no_package_is_listed() -> None:
    outcomes = list(adapter.read(Unit("packages", ("uv.lock",)), Workspace(FIXTURES / "uv")))
    assert [(type(one), one.product) for one in outcomes if isinstance(one, Component)] == [
        (Component, "django")
    ]
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", "version = 2\n"),
        ("poetry.lock", '[metadata]\nlock-version = "3.0"\n'),
        ("pdm.lock", '[metadata]\nlock_version = "9"\n'),
        ("pylock.toml", 'lock-version = "2.0"\n'),
        ("Pipfile.lock", '{"_meta": {"pipfile-spec": 7}}'),
        ("package-lock.json", '{"lockfileVersion": 4}'),
        ("pnpm-lock.yaml", "lockfileVersion: '10.0'\n"),
        ("yarn.lock", "# yarn lockfile v2\n"),
        ("yarn.lock", "__metadata:\n  version: 99\n"),
        ("bun.lock", '{"lockfileVersion": 9}'),
        ("Cargo.lock", "version = 9\n"),
        ("packages.lock.json", '{"version": 9}'),
        ("Package.resolved", '{"version": 9}'),
    ],
)
def test_an_unknown_version_of_a_lock_file_is_named(path: str, text: str, tmp_path: Path) -> None:
    [problem] = read(path, text, tmp_path)
    assert isinstance(problem, Problem)
    assert "is not known" in problem.message
    assert problem.hint.startswith("batten reads")


@pytest.mark.parametrize(
    ("path", "text", "offset"),
    [
        ("uv.lock", "version = 1\n[[package]\n", 22),
        ("package-lock.json", '{"lockfileVersion": 3,}', 22),
        ("pnpm-lock.yaml", "- a\n", 0),
        ("yarn.lock", "# yarn lockfile v1\n\na@1:\n  resolved b\n", 20),
        ("go.mod", "module a\nrequire (\n\tb v1.0.0\n", 9),
        ("pom.xml", "<project>\n<a></b></project>", 15),
        ("pom.xml", '<!DOCTYPE p [<!ENTITY a "b">]><project>&a;</project>', 24),
        ("Gemfile.lock", "  rails\n", 0),
        ("mix.lock", "[]", 0),
        ("composer.lock", "[]", 0),
    ],
)
def test_a_malformed_file_is_told_with_its_place(path: str, text: str, offset: int, tmp_path: Path) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        read(path, text, tmp_path)
    assert abs(raised.value.offset - offset) <= 2


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        ("Flask==3.0.0", "flask", "3.0.0"),
        ("zope.interface == 6.1 # pinned", "zope-interface", "6.1"),
        ("requests[socks,security]==2.31.0; python_version>'3'", "requests", "2.31.0"),
        ("django===4.2.1.post1", "django", "4.2.1.post1"),
        ("torch==2.1.0+cpu --hash=sha256:aa", "torch", "2.1.0+cpu"),
        ("uvicorn(==0.24.0)", "uvicorn", "0.24.0"),
        ("gunicorn==21.*", "gunicorn", "?"),
        ("gunicorn>=21", "gunicorn", "?"),
        ("gunicorn", "gunicorn", "?"),
        ("orders @ https://example.com/orders-1.0.tar.gz", "orders", "?"),
        ("attrs==23.1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb", "attrs", "23.1.0"),
    ],
)
def test_a_requirement_has_the_version_that_alone_is_admitted(
    line: str, name: str, version: str, tmp_path: Path
) -> None:
    assert named(read("requirements.txt", line + "\n", tmp_path)) == {name: version}


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "./orders",
        "git+https://example.com/a.git",
        "# a==1",
        "--no-binary :all:",
        "https://example.com/a.whl",
        "",
    ],
)
def test_what_is_no_requirement_names_no_package(line: str, tmp_path: Path) -> None:
    assert read("requirements.txt", line + "\n", tmp_path) == []


def test_included_requirements_are_read_once(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r deps/app.txt\n-c deps/app.txt\n",
        "deps/app.txt": "-r app.txt\n-r ../up.txt\na==1\n",
        "up.txt": "b==2\n",
    }
    found = list(adapter.units(["requirements.txt"], Workspace(tmp_path, files)))
    assert [unit.main for unit in found] == ["requirements.txt", "deps/app.txt", "up.txt"]


def test_every_kind_of_file_has_a_form() -> None:
    from batten.technologies.dependencies.packages import technology

    names = {glob.replace("*", "x") for glob in technology.files}
    assert {form_of(name) for name in names} == set(FORMS)


CARGO = """version = 4

[[package]]
name = "orders"
version = "1.4.0"
dependencies = ["hex", "log", "serde 1.0.190"]

[[package]]
name = "serde"
version = "1.0.190"
source = "registry+https://packages.example.com/index"
dependencies = ["itoa"]

[[package]]
name = "itoa"
version = "1.0.9"
source = "registry+https://packages.example.com/index"

[[package]]
name = "log"
version = "0.4.20"
source = "registry+https://packages.example.com/index"

[[package]]
name = "hex"
version = "0.4.3"
source = "registry+https://packages.example.com/index"
"""


def flagged(outcomes: list[object]) -> dict[str, str]:
    found = [p for p in outcomes if isinstance(p, Package)]
    return {p.name: f"{p.version.known('?')}{' direct' * p.direct}{' dev' * p.development}" for p in found}


def test_crates(tmp_path: Path) -> None:
    manifest = '[dependencies]\nserde = "1"\nlogging = { package = "log", version = "0.4" }\n[dev-dependencies]\nhex = "0.4"\n'
    assert flagged(read("Cargo.lock", CARGO, tmp_path, **{"Cargo.toml": manifest})) == {
        "serde": "1.0.190 direct", "itoa": "1.0.9", "log": "0.4.20 direct", "hex": "0.4.3 direct dev",
    }  # fmt: skip


GRADLE = """
val kotlinVersion = "1.9.20"
dependencies {
    implementation("io.ktor:ktor-server-core:2.3.5")
    api 'com.google.guava:guava:32.1.2-jre@jar'
    implementation("org.jetbrains.kotlin:kotlin-stdlib:$kotlinVersion")
    implementation "org.example:unknown:$elsewhere"
    runtimeOnly group: 'org.postgresql', name: 'postgresql', version: '42.6.0'
    implementation(platform("org.springframework.boot:spring-boot-dependencies:3.5.8"))
    testImplementation("io.mockk:mockk:1.13.8")
    implementation("io.netty:netty-handler:${nettyVersion}")
    implementation(project(":core"))
    // implementation("com.example:gone:1.0")
}
"""


def test_gradle(tmp_path: Path) -> None:
    outcomes = read(
        "build.gradle.kts", GRADLE, tmp_path, **{"gradle.properties": "nettyVersion=4.1.100.Final\n"}
    )
    assert flagged(outcomes) == {
        "io.ktor:ktor-server-core": "2.3.5 direct",
        "com.google.guava:guava": "32.1.2-jre direct",
        "org.jetbrains.kotlin:kotlin-stdlib": "1.9.20 direct",
        "org.example:unknown": "? direct",
        "org.postgresql:postgresql": "42.6.0 direct",
        "org.springframework.boot:spring-boot-dependencies": "3.5.8 direct",
        "io.mockk:mockk": "1.13.8 direct dev",
        "io.netty:netty-handler": "4.1.100.Final direct",
    }
    locked = "# written by Gradle\ncom.google.guava:guava:32.1.2-jre=compileClasspath,runtimeClasspath\njunit:junit:4.13.2=testCompileClasspath\nempty=annotationProcessor\n"
    assert flagged(read("gradle.lockfile", locked, tmp_path)) == {
        "com.google.guava:guava": "32.1.2-jre",
        "junit:junit": "4.13.2 dev",
    }
    catalog = '[versions]\nktor = "2.3.5"\nnetty = {strictly = "4.1.100.Final"}\n[libraries]\na = "com.a:a:1.0"\nk = {module = "io.ktor:ktor", version.ref = "ktor"}\n'
    catalog += 'n = {group = "io.netty", name = "netty", version.ref = "netty"}\nb = {module = "com.a:b"}\n'
    found = flagged(read("gradle/libs.versions.toml", catalog, tmp_path))
    assert found == {
        "com.a:a": "1.0 direct",
        "io.ktor:ktor": "2.3.5 direct",
        "io.netty:netty": "4.1.100.Final direct",
        "com.a:b": "? direct",
    }


PROJECT = """<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><SerilogVersion>3.1.1</SerilogVersion></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Newtonsoft.Json" Version="12.0.3" />
    <PackageReference Include="Serilog"><Version>$(SerilogVersion)</Version></PackageReference>
    <PackageReference Include="Central" />
    <PackageReference Include="Floating" Version="2.*" />
    <PackageReference Include="Analyzers" Version="[1.2.0]" PrivateAssets="all" />
  </ItemGroup>
</Project>
"""


def test_nuget(tmp_path: Path) -> None:
    assert flagged(read("Api.csproj", PROJECT, tmp_path)) == {
        "Newtonsoft.Json": "12.0.3 direct", "Serilog": "3.1.1 direct", "Floating": "? direct", "Analyzers": "1.2.0 direct dev",
    }  # fmt: skip
    config = '<packages><package id="NLog" version="4.7.0" targetFramework="net48"/><package id="T" version="1.0" developmentDependency="true"/></packages>'
    assert flagged(read("packages.config", config, tmp_path)) == {
        "NLog": "4.7.0 direct",
        "T": "1.0 direct dev",
    }
    locked = '{"version": 1, "dependencies": {"net8.0": {"NLog": {"type": "Direct", "resolved": "5.2.5"}, "A": {"type": "Transitive", "resolved": "1.0.0"}, "core": {"type": "Project"}}}}'
    assert flagged(read("packages.lock.json", locked, tmp_path)) == {"NLog": "5.2.5 direct", "A": "1.0.0"}


def test_composer(tmp_path: Path) -> None:
    text = '{"packages": [{"name": "Guzzlehttp/guzzle", "version": "v7.4.0"}, {"name": "a/b", "version": "dev-main"}], "packages-dev": [{"name": "c/d", "version": "1.0"}]}'
    found = read("composer.lock", text, tmp_path, **{"composer.json": '{"require": {"a/b": "*"}}'})
    assert flagged(found) == {"guzzlehttp/guzzle": "7.4.0", "a/b": "? direct", "c/d": "1.0 dev"}


def test_mix_pub_and_swift(tmp_path: Path) -> None:
    mix = '%{\n  "plug": {:hex, :plug, "1.15.1", "b7ef", [:mix], [], "hexpm", "459c"},\n  "own": {:git, "https://git.example.com/own.git", "5f2a", []},\n}\n'
    assert flagged(read("mix.lock", mix, tmp_path)) == {"plug": "1.15.1", "own": "?"}
    pub = 'packages:\n  http:\n    dependency: "direct main"\n    source: hosted\n    version: "1.1.0"\n  flutter:\n    source: sdk\n    version: "0.0.0"\n'
    assert flagged(read("pubspec.lock", pub, tmp_path)) == {"http": "1.1.0 direct"}
    pins = '{"version": 2, "pins": [{"identity": "nio", "location": "https://git.example.com/apple/nio.git", "state": {"version": "2.59.0"}}, {"identity": "m", "location": "git@git.example.com:a/m.git", "state": {"branch": "main"}}]}'
    assert flagged(read("Package.resolved", pins, tmp_path)) == {
        "git.example.com/apple/nio": "2.59.0",
        "m": "?",
    }


def test_older_modules_take_what_they_require_indirectly_from_the_checksums(tmp_path: Path) -> None:
    sums = "example.com/a v1.0.0 h1:x=\nexample.com/b v1.9.0 h1:x=\nexample.com/b v1.10.0 h1:x=\nexample.com/c v1.0.0/go.mod h1:x=\n"
    module = "module example.com/m\n\ngo 1.{}\n\nrequire example.com/a v1.0.0\n"
    assert flagged(read("go.mod", module.format(16), tmp_path, **{"go.sum": sums})) == {
        "example.com/a": "1.0.0 direct",
        "example.com/b": "1.10.0",
    }
    assert flagged(read("go.mod", module.format(17), tmp_path, **{"go.sum": sums})) == {
        "example.com/a": "1.0.0 direct"
    }


def test_commands_name_only_what_a_shell_takes_as_a_word(tmp_path: Path) -> None:
    text = '{"lockfileVersion": 3, "packages": {"node_modules/a; rm -rf .": {"version": "1.0.0"}, "node_modules/@s/b": {"version": "1.0.0"}}}'
    found = {p.name: p.command for p in read("package-lock.json", text, tmp_path) if isinstance(p, Package)}
    assert found == {"a; rm -rf .": "", "@s/b": "npm update @s/b"}


def _spoiled(text: str, chance: random.Random) -> str:
    """The text, cut, doubled or with a sign or another value in it."""
    at = chance.randrange(len(text))
    end = at + chance.randint(1, 40)
    match chance.randrange(5):
        case 0:
            return text[:at] + text[end:]
        case 1:
            return text[:at]
        case 2:
            return text[:at] + text[at:end] * 3 + text[end:]
        case 3:
            return text[:at] + chance.choice('{}[]":,\n\\<>&/@=()\0é 0v-*') + text[at:]
        case _:
            values = list(re.finditer(r'"[^"\n]*"|\d+', text))
            found = chance.choice(values)
            return (
                text[: found.start()]
                + chance.choice(("null", "1", "[]", "{}", '"a"', "-1"))
                + text[found.end() :]
            )


@pytest.mark.parametrize("name", FILES)
def test_a_spoiled_file_is_a_problem_or_has_its_packages_at_their_places(name: str, tmp_path: Path) -> None:
    text = (FIXTURES / name / FILES[name]).read_text()
    chance = random.Random(name)
    for _ in range(40):
        spoiled = _spoiled(text, chance)
        with suppress(SyntaxProblem, Unreadable):
            for one in read(FILES[name], spoiled, tmp_path):
                assert isinstance(one, (Package, Component, Problem))
                span = None if isinstance(one, Problem) else one.at.span
                assert span is None or 0 <= span.start <= span.end <= len(spoiled)


_ROWS = {
    "requirements.txt": ("", "a{n}==1.{n} \\\n    --hash=sha256:{n}\n", ""),
    "constraints.txt": ("a==1", " \\\n  --hash=sha256:aa", ""),
    "uv.lock": (
        "version = 1\n",
        '[[package]]\nname = "a{n}"\nversion = "1"\nsource = {{ registry = "x" }}\ndependencies = [{{ name = "a{m}" }}]\n',
        "",
    ),
    "Cargo.lock": (
        "version = 4\n",
        '[[package]]\nname = "a{n}"\nversion = "1"\nsource = "r"\ndependencies = ["a{m}"]\n',
        "",
    ),
    "package-lock.json": (
        '{"lockfileVersion": 3, "packages": {',
        '"node_modules/a{n}": {{"version": "1.0.{n}"}}, ',
        '"": {}}}',
    ),
    "npm-shrinkwrap.json": (
        '{"lockfileVersion": 1, "dependencies": {',
        '"a{n}": {{"version": "1.0.0", "dependencies": {{"b": {{"version": "1.0.{n}"}}}}}}, ',
        '"z": {}}}',
    ),
    "pnpm-lock.yaml": (
        "lockfileVersion: '9.0'\npackages:\n",
        "  a{n}@1.0.0:\n    resolution: {{integrity: x}}\n",
        "",
    ),
    "yarn.lock": (
        "# yarn lockfile v1\n",
        'a{n}@^1, a{n}@^2:\n  version "1.0.0"\n  dependencies:\n    a{m} "^1"\n',
        "",
    ),
    "bun.lock": (
        '{"lockfileVersion": 1, "packages": {',
        '"a{n}": ["a{n}@1.0.0", "", {{"dependencies": {{"a{m}": "1"}}}}], /* a */ ',
        "}}",
    ),
    "go.mod": (
        "module m\n\ngo 1.16\n\n",
        "require a.b/c{n} v1.0.0 // indirect\nreplace a.b/c{n} => a.b/d{n} v1.0.0\n",
        "",
    ),
    "pom.xml": (
        "<project><properties>",
        "<p{n}>${{p{m}}}</p{n}>",
        "</properties><dependencies><dependency><version>${p9}</version></dependency></dependencies></project>",
    ),
    "build.gradle": ("", "def v{n} = '1'\nimplementation 'a:b{n}:$v{n}'\n", ""),
    "build.gradle.kts": ("", "a = 'b\n/* ", ""),
    "Gemfile.lock": ("GEM\n  specs:\n", "    a{n} (1.{n})\n", ""),
    "A.csproj": (
        "<Project><ItemGroup>",
        '<PackageReference Include="a{n}" Version="1.{n}.0" />\n',
        "</ItemGroup></Project>",
    ),
}


@pytest.mark.parametrize("path", _ROWS)
def test_a_lock_file_costs_what_it_is_long(path: str, tmp_path: Path) -> None:
    head, row, tail = _ROWS[path]

    def cost(count: int) -> float:
        return min(
            once(count) for _ in range(3)
        )  # of which two may meet the collector of garbage, or other work

    def once(count: int) -> float:
        text = head + "".join(row.format(n=n, m=n + 1) for n in range(count)) + tail
        start = time.process_time()
        read(path, text, tmp_path)
        return time.process_time() - start

    cost(10)
    large = cost(2000)
    assert large < 0.5 or large < 10 * cost(500)
