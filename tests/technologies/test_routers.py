"""Routers of Express that are given from file to file: under which paths their routes are."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import Review, review
from batten.facts import AppRoute, UnreadRoutes
from batten.formats import Workspace
from batten.policy import Policy

ROUTER = "const { Router } = require('express')\nconst router = Router()\nrouter.get('/:id', show)\n"
APP = "const express = require('express')\nconst app = express()\n"
MODERN = "import express, { Router } from 'express'\n"


def reviewed(root: Path, files: dict[str, str]) -> Review:
    found = review(Workspace(root, files), Policy())
    assert found.problems == []
    return found


def routes(found: Review) -> list[str]:
    return sorted(f"{' '.join(f.methods)} {f.path}" for f in found.facts if isinstance(f, AppRoute))


def unread(found: Review) -> list[tuple[str, str]]:
    return [(f.at.source, f.why) for f in found.facts if isinstance(f, UnreadRoutes)]


@pytest.mark.parametrize(
    ("app", "others", "meant"),
    [
        ("app.use('/x', require('./routes/x'))", {"routes/x.js": ROUTER + "module.exports = router"}, ["GET /x/{id}"]),
        ("const x = require('./routes')\napp.use('/x', log, x)", {"routes/index.js": ROUTER + "exports = module.exports = router"}, ["GET /x/{id}"]),
        ("app.use(['/x', '/y'], require('./x').own)", {"x.js": ROUTER + "exports.own = router"}, ["GET /x/{id}", "GET /y/{id}"]),
        ("const { own } = require('./x')\napp.use(own)", {"x.js": ROUTER + "module.exports = { own: router, show }"}, ["GET /{id}"]),
        ("app.use('/x', require('./x')(store))", {"x.js": "const express = require('express')\nmodule.exports = (store) => {\n  const router = express.Router()\n  router.post('/', take)\n  return router\n}"}, ["POST /x/"]),
        ("require('./x')(app)\nrequire('./x')(other)", {"x.js": "module.exports = function (server) {\n  server.put('/a', put)\n}\nfunction b(server) { server.put('/b', put) }"}, ["PUT /a"]),
        ("app.use('/x', require('./x'))", {"x.js": ROUTER + "router.use('/y', require('./y'))\nmodule.exports = router", "y.js": ROUTER + "module.exports = router"}, ["GET /x/y/{id}", "GET /x/{id}"]),
        ("app.use('/x', require('./x'))", {"x.js": ROUTER + "router.use('/y', require('./x'))\nmodule.exports = router"}, ["GET /x/{id}"]),
        ("module.exports = app", {"x.js": "const app = require('./app')\nconst cors = require('cors')\napp.delete('/x', drop)\napp.route('/y').get(a).post(b)"}, ["DELETE /x", "GET /y", "POST /y"]),
        ("const P = require('./paths')\napp.get(P.one, one)\napp.get(/^.x$/, two)", {"paths.js": "exports.one = '/one'"}, []),
        ("app.use((app) => app.get('/inner', x))", {}, []),
    ],
)  # fmt: skip
def test_routers_of_other_files(app: str, others: dict[str, str], meant: list[str], tmp_path: Path) -> None:
    assert routes(reviewed(tmp_path, {"app.js": APP + app, **others})) == meant


def test_modules_of_typescript(tmp_path: Path) -> None:
    files = {
        "src/app.ts": MODERN + "import x from './x.js'\nimport { y as z } from '@own/y'\nconst app = express()\napp.use('/x', x)\napp.use('/y', z)\n",
        "src/x.ts": MODERN + "const router = Router()\nrouter.get('/a', show)\nexport default router\n",
        "src/lib/y.ts": MODERN + "export const y = express.Router()\ny.get('/b', show)\n",
        "tsconfig.json": '{"compilerOptions": {"paths": {"@own/*": ["./src/lib/*"]}}}',
    }  # fmt: skip
    assert (routes(reviewed(tmp_path, files)), unread(reviewed(tmp_path, files))) == (
        ["GET /x/a", "GET /y/b"],
        [],
    )


def test_plugins_of_fastify(tmp_path: Path) -> None:
    files = {
        "app.js": "const fastify = require('fastify')()\nfastify.register(require('./x'), { prefix: '/x' })\nfastify.register(require('./x'), options)\n",
        "x.js": "module.exports = async (instance, options) => {\n  instance.get('/a', show)\n}\n",
    }  # fmt: skip
    found = reviewed(tmp_path, files)
    assert routes(found) == ["GET /x/a"]
    assert unread(found) == [("app.js", "the path it is mounted under may be computed")]


@pytest.mark.parametrize(
    ("app", "others", "why"),
    [
        ("app.use('/x', require('./x'))", {}, ("app.js", "its module was not found")),
        ("for (const name of names) app.use('/x', require(name))", {}, ("app.js", "the module it requires is computed")),
        ("app.use(BASE, require('./x'))", {"x.js": ROUTER + "module.exports = router"}, ("app.js", "the path it is mounted under may be computed")),
        ("app.get(BASE, show)", {}, ("app.js", "the path is computed")),
        ("mount(app)", {"x.js": ROUTER + "module.exports = router"}, ("x.js", "no application that was read mounts `router`")),
    ],
)  # fmt: skip
def test_what_is_not_read_is_told(
    app: str, others: dict[str, str], why: tuple[str, str], tmp_path: Path
) -> None:
    found = reviewed(tmp_path, {"app.js": APP + app, **others})
    assert routes(found) == []
    assert why in unread(found)


@pytest.mark.parametrize(
    ("kind", "package"),
    [("*gin.RouterGroup", "github.com/gin-gonic/gin"), ("chi.Router", "github.com/go-chi/chi/v5"), ("*echo.Group", "github.com/labstack/echo/v4")],
)  # fmt: skip
def test_routers_that_functions_of_go_are_given(kind: str, package: str, tmp_path: Path) -> None:
    text = f'package a\nimport "{package}"\nfunc Register(g {kind}) {{\n\tg.GET("/orders", list)\n}}\nfunc other(g {kind}) {{\n\tlog(g)\n}}\n'
    found = reviewed(tmp_path, {"routes.go": text})
    assert routes(found) == []
    assert [(f.part, f.why) for f in found.facts if isinstance(f, UnreadRoutes)] == [
        ("Register", "the callers of a function decide the prefix")
    ]
