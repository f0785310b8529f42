"""Routes of NestJS: those that Nest's own rules make of a program's files, and what is said of the others. No package that tests install has
NestJS: the paths were compared by hand with the router of NestJS 11.2 on Express, which registers the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.account import accounted
from batten.engine.ledger import Why
from batten.engine.review import Review, review
from batten.facts import AppRoute, Feature, UnreadRoutes
from batten.formats import Workspace
from batten.model import Switch
from batten.policy import Policy

MAIN = """import { NestFactory } from '@nestjs/core'
import { VersioningType, VERSION_NEUTRAL, RequestMethod } from '@nestjs/common'
import { AppModule } from './app.module'
import { prepare } from './prepare'

async function start() {
  const app = await NestFactory.create(AppModule)
  %s
  await app.listen(3000)
}
start()
"""
MODULE = """import { Module } from '@nestjs/common'
import { ShopController } from './shop/shop.controller'
@Module({ controllers: [ShopController] })
export class AppModule {}
"""
CONTROLLER = """import { All, Controller, Get, Head, Post, Sse, UseGuards, Version, VERSION_NEUTRAL } from '@nestjs/common'
import { PATHS } from '../paths'
import { Rows } from './rows'
const NAME = 'named'
@Controller(%s)
export class ShopController%s {
  %s
}
"""


def reviewed(root: Path, *, setup: str = "", at: str = "", base: str = "", methods: str = "@Get() all() {}", **more: str) -> Review:  # fmt: skip
    files = {
        "src/main.ts": MAIN % setup,
        "src/app.module.ts": MODULE,
        "src/shop/shop.controller.ts": CONTROLLER % (at, base, methods),
        **{f"src/{name}.ts": text for name, text in more.items()},
    }
    found = review(Workspace(root, files), Policy())
    assert found.problems == []
    return found


def routes(found: Review) -> list[str]:
    return [f"{' '.join(f.methods)} {f.path}" for f in found.facts if isinstance(f, AppRoute)]


def unread(found: Review) -> list[str]:
    return [f.why for f in found.facts if isinstance(f, UnreadRoutes)]


@pytest.mark.parametrize(
    ("setup", "at", "methods", "meant"),
    [
        ("", "", "@Get() all() {}", ["GET /"]),
        ("", "'shop'", "@Get() all() {}", ["GET /shop"]),
        ("", "'/shop/'", "@Get('/:id/') one() {}", ["GET /shop/{id}"]),
        ("", "['a', 'b']", "@Post(['x', 'y']) put() {}", ["POST /a/x", "POST /a/y", "POST /b/x", "POST /b/y"]),
        ("", "{ path: 'shop', host: 'shop.example' }", "@Head(NAME) look() {}", ["HEAD /shop/named"]),
        ("", "'shop'", "@Sse('news') news() {}", ["GET /shop/news"]),
        ("", "'shop'", "@All('any') any() {}", ["GET POST PUT PATCH DELETE /shop/any"]),
        ("app.setGlobalPrefix('/api/')", "'shop'", "@Get() all() {}", ["GET /api/shop"]),
        ("app.setGlobalPrefix('api')", "", "@Get() all() {}", ["GET /api"]),
        ("app.setGlobalPrefix('api', { exclude: ['shop'] })", "'shop'", "@Get() a() {} @Get('x') b() {}", ["GET /shop", "GET /api/shop/x"]),
        ("app.setGlobalPrefix('api', { exclude: [{ path: 'shop', method: RequestMethod.GET }] })", "'shop'", "@Get() a() {} @Post() b() {}", ["GET /shop", "POST /api/shop"]),
        ("app.setGlobalPrefix('api', { exclude: ['shop/:x'] })", "'shop'", "@Get(':id') a() {}", ["GET /shop/{id}"]),
        ("app.setGlobalPrefix('api', { exclude: ['shop{/*rest}', 'sh{/*rest}'] })", "'shop'", "@Get() a() {} @Get('x') b() {}", ["GET /shop", "GET /shop/x"]),
        ("app.setGlobalPrefix('api', { exclude: ['shop/*rest'] })", "'shop'", "@Get() a() {} @Get('x') b() {}", ["GET /api/shop", "GET /shop/x"]),
        ("app.setGlobalPrefix('api', { exclude: ['sh{/*rest}'] })", "'shop'", "@Get() a() {}", ["GET /api/shop"]),
        ("app.setGlobalPrefix('api', { exclude: ['pages{/*rest}'] })", "'shop'", "@Get() a() {}", ["GET /api/shop"]),
        ("app.enableVersioning()", "{ path: 'shop', version: '1' }", "@Get() a() {}", ["GET /v1/shop"]),
        ("app.enableVersioning({ type: VersioningType.URI })", "'shop'", "@Get() a() {} @Version('2') @Get('x') b() {}", ["GET /shop", "GET /v2/shop/x"]),
        ("app.enableVersioning({ type: VersioningType.URI, prefix: false, defaultVersion: ['1', VERSION_NEUTRAL] })", "'shop'", "@Get() a() {}", ["GET /1/shop", "GET /shop"]),
        ("app.enableVersioning({ type: VersioningType.HEADER, header: 'X' })", "{ path: 'shop', version: '1' }", "@Get() a() {}", ["GET /shop"]),
        ("app.enableVersioning(); app.setGlobalPrefix('api', { exclude: ['shop'] })", "{ path: 'shop', version: '1' }", "@Get() a() {} @Version(VERSION_NEUTRAL) @Get('x') b() {}", ["GET /v1/shop", "GET /api/shop/x"]),
        ("", "'shop'", "@Get('*rest') a() {} @Get('{/:id}') b() {}", []),
    ],
)  # fmt: skip
def test_paths(setup: str, at: str, methods: str, meant: list[str], tmp_path: Path) -> None:
    found = reviewed(tmp_path, setup=setup, at=at, methods=methods)
    assert (routes(found), unread(found)) == (meant, [])


@pytest.mark.parametrize(
    ("setup", "at", "methods", "why"),
    [
        ("app.setGlobalPrefix(process.env.PREFIX)", "", "@Get() a() {}", "the global prefix is computed"),
        ("if (PREFIXED) app.setGlobalPrefix('api')", "", "@Get() a() {}", "`setGlobalPrefix` depends on more than one place"),
        ("app.setGlobalPrefix('api', { exclude: open })", "", "@Get() a() {}", "the routes without the global prefix are computed"),
        ("app.setGlobalPrefix('api', { exclude: ['sh*'] })", "'shop'", "@Get() a() {}", "a pattern may leave out the global prefix"),
        ("app.enableVersioning({ type: VersioningType.URI, defaultVersion: VERSION })", "", "@Get() a() {}", "the default version is computed"),
        ("app.enableVersioning()", "{ path: 'a', version: PATHS.version }", "@Get() a() {}", "the version is computed"),
        ("", "PATHS.shop", "@Get() a() {}", "the path is computed"),
        ("", "'shop'", "@Get(PATHS.one) a() {}", "the path is computed"),
        ("", "{ ...PATHS, path: 'shop' }", "@Get('a') a() {}", "the path is computed"),
    ],
)  # fmt: skip
def test_what_is_computed_is_told_and_not_compared(
    setup: str, at: str, methods: str, why: str, tmp_path: Path
) -> None:
    found = reviewed(tmp_path, setup=setup, at=at, methods=methods)
    assert (routes(found), unread(found)) == ([], [why])
    [one] = [row for row in accounted(found).unread if row.why is Why.COMPUTED]
    assert (one.path, one.kind, one.part) == (
        "src/shop/shop.controller.ts", f"NestJS routes ({why})", "ShopController"
    )  # fmt: skip


KEPT = "@UseGuards(JwtAuthGuard) @Get('a') a() {} @UseGuards(JwtAuthGuard) @Get('b') b() {} @UseGuards(JwtAuthGuard) @Get('c') c() {} "


@pytest.mark.parametrize(
    ("methods", "base", "setup", "lacking"),
    [
        (KEPT + "@Post('d') d() {}", "", "", ["/d"]),
        (KEPT + "@UseGuards(ThrottlerGuard) @Post('d') d() {}", "", "", ["/d"]),
        (KEPT + "@UseGuards(OptionalJwtGuard) @Post('d') d() {}", "", "", []),
        (KEPT + "@UseGuards(Tenants) @Post('d') d() {}", "", "", []),
        (KEPT + "@Auth() @Post('d') d() {}", "", "", []),
        (KEPT + "@Post('login') d() {}", "", "", []),
        (KEPT + "@Post('d') d() {} @Post('e') e() {}", "", "", []),
        (KEPT + "@Post('d') d() {}", " extends Rows", "", []),
        (KEPT + "@Post('d') d() {}", "", "app.useGlobalGuards(new TenantGuard())", []),
        (KEPT + "@Post('d') d() {}", "", "app.use(requireToken)", []),
        (KEPT + "@Post('d') d() {}", "", "app.use(cookieParser())", ["/d"]),
    ],
)
def test_guards(methods: str, base: str, setup: str, lacking: list[str], tmp_path: Path) -> None:
    more = {"shop/rows": "export class Rows {}\n"} if base else {}
    found = reviewed(tmp_path, methods=methods, base=base, setup=setup, **more)
    assert [f.what for f in found.facts if isinstance(f, Feature) and f.name is Switch.LOGIN] == lacking


def test_constants_of_other_files(tmp_path: Path) -> None:
    names = "export const PATHS = { shop: 'shop', version: Versions.Two } as const\nexport enum Versions { Two = '2' }\n"
    setup = "app.enableVersioning(); app.setGlobalPrefix(BASE.substring(1), { exclude: [...LANGUAGES.map((one) => `/${one}{/*rest}`)] })"
    main = f"const BASE = '/api'\nconst LANGUAGES = ['de', 'sh']\n{MAIN % setup}"
    both = {"main": main, "paths": names}
    found = reviewed(
        tmp_path,
        at="{ path: PATHS.shop, version: PATHS.version }",
        methods="@Get(`a/${PATHS.shop}`) a() {}",
        **both,
    )
    assert (routes(found), unread(found)) == (["GET /api/v2/shop/a/shop"], [])


def test_names_of_tsconfig(tmp_path: Path) -> None:
    files = {
        "tsconfig.json": '{ // ours\n"compilerOptions": {"baseUrl": ".", "paths": {"@shop/*": ["lib/*"], "@shop/names": ["lib/other"]}}}',
        "lib/paths.ts": "export const PATHS = { shop: 'shop' }\n",
        "lib/other.ts": "export const NAME = 'x'\n",
        "src/main.ts": MAIN % "",
        "src/app.module.ts": MODULE,
        "src/shop.ts": (CONTROLLER % ("PATHS.shop", "", "@Get(NAME) a() {}"))
        .replace("'../paths'", "'@shop/paths'")
        .replace("const NAME = 'named'", "import { NAME } from '@shop/names'"),
    }
    assert routes(review(Workspace(tmp_path, files), Policy())) == ["GET /shop/x"]


def test_what_decides_elsewhere(tmp_path: Path) -> None:
    modules = {"a/prefixes": "import { RouterModule } from '@nestjs/core'\nRouterModule.register([])\n"}
    found = reviewed(tmp_path, **modules)
    assert (routes(found), unread(found)) == ([], ["`RouterModule` decides their prefixes"])
    within = {"prepare": "export const prepare = (app) => app.setGlobalPrefix('api')\n"}
    assert routes(reviewed(tmp_path, setup="prepare(app)", **within)) == ["GET /api"]
    other = {"main": MAIN.replace("'./prepare'", "'../../lib/prepare'") % "prepare(app)"}
    assert unread(reviewed(tmp_path, **other)) == ["`prepare` is given the application and was not read"]


def test_classes_that_no_module_lists(tmp_path: Path) -> None:
    found = reviewed(tmp_path, **{"app.module": MODULE.replace("[ShopController]", "every")})
    assert (routes(found), unread(found)) == ([], ["no `controllers:` of a module lists the class"])


def test_classes_that_controllers_extend(tmp_path: Path) -> None:
    rows = "import { Get } from '@nestjs/common'\nexport class Rows extends Plain { %s }\nclass Plain {}\n"
    bare = reviewed(tmp_path, base=" extends Rows", **{"shop/rows": rows % "one() {}"})
    assert (routes(bare), unread(bare)) == (["GET /"], [])
    for more in ({"shop/rows": rows % "@Get('x') one() {}"}, {}):
        found = reviewed(tmp_path, base=" extends Rows", **more)
        assert (routes(found), unread(found)) == (["GET /"], ["it extends a class that may have routes"])


def test_controllers_without_a_program(tmp_path: Path) -> None:
    files = {
        "lib/shop.controller.ts": CONTROLLER % ("'shop'", "", "@Get() a() {}"),
        "app/src/main.ts": MAIN % "",
    }
    found = review(Workspace(tmp_path, files), Policy())
    assert routes(found) == []
    assert unread(found) == ["no application (`NestFactory.create`) in a folder above"]
