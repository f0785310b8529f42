"""What is read of source files of C#: as far as they show it, and no further. No server of .NET is among what tests install: what
ASP.NET Core makes of it is read from Microsoft's documentation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from batten.engine.review import Review, review
from batten.facts import AppRoute, Fact
from batten.formats import Workspace
from batten.formats.csharp import unquoted, whole_number
from batten.model import UNKNOWN
from batten.policy import Policy
from batten.technologies.frameworks.aspnet.code.module import LARGEST, arguments, load, method_of
from batten.technologies.frameworks.aspnet.code.reach import Reach, reached

HEAD = "var builder = WebApplication.CreateBuilder(args);\nvar app = builder.Build();\n"


def reviewed(files: dict[str, str], root: Path) -> Review:
    found = review(Workspace(root, files), Policy())
    assert found.problems == []
    return found


def facts(files: dict[str, str], root: Path, kind: type[Fact]) -> list[Fact]:
    return [f for f in reviewed(files, root).facts if isinstance(f, kind)]


def routes(files: dict[str, str], root: Path) -> set[tuple[str, str]]:
    return {(f.methods[0], f.path) for f in facts(files, root, AppRoute) if isinstance(f, AppRoute)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r'"a\tb\u0041\"c"', 'a\tbA"c'),
        ('@"C:\\a""b"', 'C:\\a"b'),
        ('"""raw "text" """', 'raw "text" '),
        ('"bytes"u8', "bytes"),
        (r'"\UFFFFFFFF"', ""),
    ],
)
def test_string_literals(written: str, meant: str) -> None:
    assert unquoted(written) == meant


def test_numbers() -> None:
    assert [whole_number(n) for n in ("30_000_000", "0x1F", "0b101", "4L", "1UL", "1.5", "")] == [
        30_000_000, 31, 5, 4, 1, None, None
    ]  # fmt: skip


def test_values_of_expressions(tmp_path: Path) -> None:
    text = """const string shop = "https://shop" + ".example.com";
var twice = "a"; twice = "b";
F(shop, twice, 10 * 1024, 1 << 20, TimeSpan.FromMinutes(2), Timeout.InfiniteTimeSpan, long.MaxValue, null, new[] { "a", "b" }, ["c"],
  new List<string> { "d" }, $"plain", $"/{shop}", (long)5, int.Parse("1"), TimeSpan.FromSeconds(count), long.MaxValue - 1, 2 - 1, true);
"""
    module = load("a.cs", Workspace(tmp_path, {"a.cs": text}))
    (call,) = [c for c in module.calls if method_of(module, c) == "F"]
    assert [module.plain(a) for a in arguments(call)] == [
        "https://shop.example.com", UNKNOWN, 10240, 1 << 20, 120, LARGEST, LARGEST, None, ("a", "b"), ("c",),
        ("d",), "plain", UNKNOWN, 5, UNKNOWN, UNKNOWN, UNKNOWN, 1, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("M();", Reach.ALWAYS),
        ("if (app.Environment.IsDevelopment()) { M(); }", Reach.DEVELOPMENT),
        ("if (app.Environment.IsDevelopment()) { } else { M(); }", Reach.PRODUCTION),
        ("if (!app.Environment.IsDevelopment()) M();", Reach.PRODUCTION),
        ("if (!app.Environment.IsDevelopment()) { } else M();", Reach.DEVELOPMENT),
        ("if (env.IsDevelopment() || env.IsStaging()) M();", Reach.DEVELOPMENT),
        ("if (env.IsDevelopment() && settings.Verbose) M();", Reach.DEVELOPMENT),
        ("if (env.IsDevelopment() || settings.Verbose) M();", Reach.SOMETIMES),
        ("if (env.IsDevelopment() && settings.Verbose) { } else { M(); }", Reach.SOMETIMES),
        ("if (env.IsProduction()) M();", Reach.PRODUCTION),
        ("if (!env.IsProduction()) M();", Reach.DEVELOPMENT),
        ('if (env.IsEnvironment("Local")) M();', Reach.DEVELOPMENT),
        ('if (env.IsEnvironment("Live")) M();', Reach.SOMETIMES),
        ("if (settings.Verbose) M();", Reach.SOMETIMES),
        ("var local = app.Environment.IsDevelopment(); if (!local) M();", Reach.PRODUCTION),
        ("#if DEBUG\nM();\n#endif\n", Reach.DEVELOPMENT),
        ("#if DEBUG\n#else\nM();\n#endif\n", Reach.PRODUCTION),
        ("#if CLOUD\nM();\n#endif\n", Reach.SOMETIMES),
        ("try { M(); } catch { }", Reach.ALWAYS),
        ("static void Unused() { M(); }", Reach.UNSEEN),
        ("static void Used() { M(); } if (app.Environment.IsDevelopment()) Used();", Reach.DEVELOPMENT),
        ("static void Used() { M(); } Used(); Used();", Reach.UNSEEN),
        ("static void A() { B(); } static void B() { A(); M(); }", Reach.UNSEEN),
    ],
)
def test_where_a_statement_is_reached(text: str, meant: Reach, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"Program.cs": f"{HEAD}{text}\n"})
    module = load("Program.cs", workspace)
    (call,) = [c for c in module.calls if module.text(c) == "M()"]
    assert reached(module, call, workspace) is meant


def test_routes_are_under_their_groups_in_other_files(tmp_path: Path) -> None:
    """Through extensions and methods, over several files; a project is what is beside its `.csproj`."""
    files = {
        "api/Api.csproj": "<Project/>",
        "api/Program.cs": f'{HEAD}var v1 = app.MapGroup("/v1").WithTags("v1");\nv1.MapGroup("orders").MapOrders();\n'
        "Stock.Map(v1);\nItems.MapItems(app);\nmissing.MapOthers();\n",
        "api/Routes/Orders.cs": "public static class Orders {\n public static RouteGroupBuilder MapOrders(this RouteGroupBuilder group) {\n"
        '  group.MapGet("/{id:int:min(1)}", Show); group.MapPost("", Take).RequireAuthorization(); return group;\n }\n}\n',
        "api/Routes/Stock.cs": "public static class Stock {\n public static void Map(IEndpointRouteBuilder routes) =>\n"
        '  routes.MapDelete("stock/{name:regex(^\\\\d{{3}}$)}/{*rest}", Remove);\n}\n',
        "api/Routes/Items.cs": "public static class Items {\n public static void MapItems(this WebApplication app) {\n"
        '  app.MapPut("/items/{id?}", Put); app.MapPatch($"/items/{Name}", Patch); app.MapMethods("/any", Verbs, Any);\n'
        '  app.MapGroup("/items").MapGroup("{item}").MapGet("/parts", Parts);\n }\n}\n',
        "api/Routes/Others.cs": "public static class Others {\n public static void MapOthers(this IEndpointRouteBuilder app) {\n"
        '  app.MapGet("/others", Others);\n }\n}\n',
        "other/Other.csproj": "<Project/>",
        "other/Other.cs": 'public static class Other {\n public static void MapOrders(this IEndpointRouteBuilder app) { app.MapGet("/elsewhere", A); }\n}\n',
    }
    assert routes(files, tmp_path) == {
        ("GET", "/v1/orders/{id}"),
        ("POST", "/v1/orders"),
        ("DELETE", "/v1/stock/{name}/{rest}"),
        ("GET", "/items/{item}/parts"),
    }


def test_routes_of_controllers(tmp_path: Path) -> None:
    text = """[ApiController, Route("api/[controller]/[action]")]
public class OrdersController : ControllerBase {
  [HttpGet, Route("all")] public IActionResult List() => Ok();
  [HttpGet("{id}")] public Task<IActionResult> ShowAsync(int id) => Ok();
  [HttpPost(Name = "take")] public IActionResult Take() => Ok();
  [HttpDelete("~/orders/{id}")] public IActionResult Remove() => Ok();
  [HttpPut(Paths.One)] public IActionResult Put() => Ok();
  [HttpPatch("[area]/x")] public IActionResult Patch() => Ok();
  public IActionResult Plain() => Ok();
}
public class HomeController : Controller { [HttpGet] public IActionResult Index() => View(); }
public class Service { [HttpGet("/no")] public void No() { } }
"""
    assert routes({"OrdersController.cs": text}, tmp_path) == {
        ("GET", "/api/Orders/List/all"),
        ("GET", "/api/Orders/Show/{id}"),
        ("POST", "/api/Orders/Take"),
        ("DELETE", "/orders/{id}"),
    }


def test_text_that_is_no_program_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    for text in (
        "app.MapGet(",
        f'{HEAD}app.MapGet("/a", ;}}',
        "[ApiController] class {",
        "new CookieOptions {{{",
        "\0WebApplication",
    ):
        reviewed({"Program.cs": text}, tmp_path)
    deep = HEAD + "F" + "(" * 500
    assert [p.message for p in review(Workspace(tmp_path, {"Program.cs": deep}), Policy()).problems] != []


@pytest.mark.parametrize(
    "line",
    [
        'app.MapGet("/a{n}", A).RequireAuthorization();',
        'x{n}.MapGet("/a", A); var x{n} = x{m}.MapGroup("/a");',
        "static void M{n}(this WebApplication app) {{ app.UseSwagger(); app.M{m}(); }}",
        'builder.Services.AddCors(o => o.AddPolicy("a{n}", p => p.AllowAnyOrigin()));',
        'app.Response.Cookies.Append("session{n}", "a", new CookieOptions {{ Secure = false }});',
    ],
)
def test_time_is_linear(line: str, tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        text = HEAD + "\n".join(line.format(n=n, m=max(n - 1, 0)) for n in range(count))
        started = time.process_time()
        review(Workspace(tmp_path, {"Program.cs": text}), Policy())
        return time.process_time() - started

    small, large = seconds(50), seconds(400)
    assert large < 8 * max(small, 0.05) * 2.5, (small, large)
