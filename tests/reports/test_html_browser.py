"""The HTML report in Chromium, from a file: what its readers can do with it, and that nothing of it is refused or fetched."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from batten.engine.ledger import Ledger, Read, Reason, Unread, Why
from batten.engine.outcome import Outcome
from batten.engine.review import review
from batten.engine.trend import WORST_FIRST, Point
from batten.formats import Workspace
from batten.model import Context, Finding, Location, Severity
from batten.policy import Policy
from batten.reports import render

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "fixes"), str(TESTS / "live")]

from chrome import Browser, Tab, chromium  # noqa: E402
from live_servers import certificate, write_pem  # noqa: E402

PHONE = 390  # CSS pixels
WORD = "averyverylongnamewithoutablank" * 8
SHOWN = "[...document.querySelectorAll('article:not([hidden])')].map(a=>a.querySelector('p.dim code').textContent)"
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("chromium")
    write_pem(folder, certificate(None))
    with chromium(folder, folder / "server.pem") as started:
        yield started


@pytest.fixture
def full(outcome: Outcome) -> Outcome:
    """An outcome with everything that the page can show."""
    test = Finding(
        control="csp-sent",
        severity=Severity.LOW,
        message="a test sends no policy",
        at=Location("tests/nginx.conf", "p"),
        fingerprint="f-test",
        context=Context.TEST,
        counts=False,
        technology="nginx",
    )
    outcome.findings = [replace(f, technology=f.at.source.split(".")[-1]) for f in outcome.findings]
    outcome.findings.append(test)
    outcome.trend = [Point(f"2026-11-2{n}T10:00", dict.fromkeys(WORST_FIRST, n)) for n in range(1, 5)]
    outcome.ledger = Ledger(
        read=(Read("edge/nginx.conf", ("nginx",), Context.PRODUCTION),),
        unread=(Unread("settings.py", "Django settings", Why.NO_READER, Context.PRODUCTION, True),),
        unknown={Reason.VARIABLE: 2},
    )
    return outcome


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    with browser.open() as opened:
        yield opened
        assert opened.trouble == []
        assert [a["url"].partition(":")[0] for a in opened.answers.values()] == ["file"] * len(opened.answers)


def opened(tab: Tab, folder: Path, outcome: Outcome, workspace: Workspace) -> str:
    """Open the report in the tab, and return its text."""
    page = folder / f"report-{len(list(folder.glob('*.html')))}.html"
    page.write_text(render("html", outcome, workspace), "utf-8", "surrogatepass")
    tab.go(page.as_uri())
    assert tab.shown(f"document.readyState==='complete' && location.href==='{page.as_uri()}'", 0)
    return page.read_text("utf-8")


def chosen(tab: Tab, **values: object) -> tuple[list[str], str]:
    """What is shown once the form has these values: the controls of findings, and the sentence about them."""
    script = "const form=document.getElementById('filter');form.reset();"
    for name, value in values.items():
        if name == "severity":
            script += f"form.querySelector('[value={value}]').checked=true;"
        else:
            script += f"form.elements[{name!r}].value={value!r};"
    tab.ask(f"(()=>{{{script}form.dispatchEvent(new Event('input'))}})()")
    return tab.ask(SHOWN), tab.ask("document.getElementById('shown').value")


def test_findings_are_found_by_what_they_are(
    tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace
) -> None:
    opened(tab, tmp_path, full, workspace)
    every, said = chosen(tab)
    assert len(every) == 6 and said == "6 findings"
    assert chosen(tab, severity="high") == (["history-free-of-secrets", "tls-required"], "2 of 6 findings")
    assert chosen(tab, severity="critical", control="tls-required")[0] == []
    assert tab.ask("document.getElementById('nothing').checkVisibility()")
    assert chosen(tab, control="csp-sent")[1] == "1 of 6 findings, and 1 below that do not count"
    assert chosen(tab, technology="yaml")[0] == ["secret-not-inline"]
    assert chosen(tab, where=":staging")[0] == ["banner-hidden"]
    assert chosen(tab, state="regressed")[0] == ["tls-required"]
    assert chosen(tab, context="test") == ([], "0 of 6 findings, and 1 below that do not count")
    assert chosen(tab, text="OVER plain")[0] == ["tls-required"]
    assert tab.ask("[...document.querySelectorAll('#first li:not([hidden])')].length") == 1
    assert tab.ask("document.querySelector('#high h2').textContent.trim()") == "High 1 of 2"
    assert not tab.ask("document.getElementById('critical').checkVisibility()")
    tab.ask("document.querySelector('#filter button').click()")
    assert tab.shown(f"{SHOWN}.length===6", 0)


def test_what_does_not_count_is_found_where_nothing_counts(
    tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace
) -> None:
    full.findings = [replace(f, context=Context.TEST, counts=False) for f in full.findings]
    opened(tab, tmp_path, full, workspace)
    assert chosen(tab, text="plain http") == ([], "0 of 0 findings, and 1 below that do not count")
    assert tab.ask("[...document.querySelectorAll('#apart tbody tr:not([hidden])')].length") == 1


def test_a_cell_shows_the_findings_of_its_control(
    tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace
) -> None:
    opened(tab, tmp_path, full, workspace)
    chosen(tab, severity="critical")
    tab.ask(
        "document.querySelector('#matrix a[data-control=banner-hidden][data-where=\":staging\"]').click()"
    )
    assert tab.shown("document.querySelector('article:target')?.checkVisibility()", 0)
    assert tab.ask(SHOWN) == ["banner-hidden"]
    tab.ask("document.querySelector('.tiles .critical a').click()")
    assert tab.shown("document.querySelector('#critical:target')?.checkVisibility()", 0)


@pytest.mark.parametrize("width", [320, PHONE, 768])
def test_no_width_scrolls_sideways(
    width: int,
    tab: Tab,
    tmp_path: Path,
    full: Outcome,
    workspace: Workspace,
    everywhere: Callable[[str], Outcome],
) -> None:
    size = {"height": 844, "deviceScaleFactor": 2, "mobile": width < 700}
    tab.call("Emulation.setDeviceMetricsOverride", width=width, **size)
    wide = "document.documentElement.scrollWidth<=innerWidth && innerWidth"
    for outcome in (full, everywhere(WORD), Outcome("review", "/r", Severity.LOW, ledger=Ledger())):
        opened(tab, tmp_path, outcome, workspace)
        assert tab.ask(wide) == width
        tab.ask("for(const one of document.querySelectorAll('details'))one.open=true")
        assert tab.ask(wide) == width


def test_all_of_it_can_be_read_without_script(
    tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace
) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    opened(tab, tmp_path, full, workspace)
    assert len(tab.ask(SHOWN)) == 6 and not tab.ask("document.getElementById('filter').checkVisibility()")


HOSTILE = "</pre></td></script><script>document.title='x'</script><img src=x onerror=\"document.title='x'\"><a href='javascript:0'>"


def test_what_is_untrusted_is_text(
    tab: Tab, tmp_path: Path, everywhere: Callable[[str], Outcome], workspace: Workspace
) -> None:
    opened(tab, tmp_path, everywhere(HOSTILE), workspace)
    assert tab.ask("document.querySelectorAll('main script,img,[href^=javascript]').length") == 0
    assert tab.ask("document.title").startswith("batten check: ")
    assert tab.ask("document.querySelector('h3').textContent").endswith(HOSTILE)


def test_print_has_no_controls_and_folds_nothing(
    tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace
) -> None:
    opened(tab, tmp_path, full, workspace)
    chosen(tab, text="a")
    tab.call("Emulation.setEmulatedMedia", media="print", features=[DARK])
    visible = "one=>one.checkVisibility({contentVisibilityAuto:true})"
    assert not tab.ask(f"[...document.querySelectorAll('nav,input,select,button,summary')].some({visible})")
    assert tab.ask(
        f"[...document.querySelectorAll('pre,table')].filter(one=>!one.closest('#trend,[hidden]')).every({visible})"
    )
    assert tab.ask("document.getElementById('shown').checkVisibility()")
    assert tab.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


LIGHT, DARK = ({"name": "prefers-color-scheme", "value": value} for value in ("light", "dark"))


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_contrast(
    scheme: dict[str, str], tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace
) -> None:
    tab.call("Emulation.setEmulatedMedia", features=[scheme])
    opened(tab, tmp_path, full, workspace)
    tab.ask("for(const one of document.querySelectorAll('details'))one.open=true")
    measured: dict[str, float] = tab.ask(CONTRAST)
    assert len(measured) > 30 and {text: ratio for text, ratio in measured.items() if ratio < 4.5} == {}


OUTLINE = """({
levels:[...document.querySelectorAll('h1,h2,h3')].map(one=>+one.tagName[1]),
twice:[...document.querySelectorAll('[id]')].map(one=>one.id).filter((id,index,all)=>all.indexOf(id)!==index),
bare:[...document.querySelectorAll('input,select')].filter(one=>!one.labels.length).length,
landmarks:['header','nav','main','footer','[role=search]'].map(one=>document.querySelectorAll(one).length),
chart:['chart-title','chart-desc'].map(id=>document.getElementById(id).textContent.length>20)})"""


def test_headings_names_and_landmarks(tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace) -> None:
    opened(tab, tmp_path, full, workspace)
    outline: dict[str, Any] = tab.ask(OUTLINE)
    levels = outline["levels"]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert (outline["twice"], outline["bare"]) == ([], 0)
    assert outline["landmarks"] == [1, 1, 1, 1, 1] and outline["chart"] == [True, True]


def test_the_first_key_leads_to_the_findings(
    tab: Tab, tmp_path: Path, full: Outcome, workspace: Workspace
) -> None:
    opened(tab, tmp_path, full, workspace)
    for key, code in (("Tab", 9), ("Enter", 13)):
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code} | (
            {"text": "\r"} if key == "Enter" else {}
        )
        tab.call("Input.dispatchKeyEvent", type="keyDown", **told)
        tab.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)
    assert tab.shown("location.hash==='#findings'", 0)


def test_a_thousand_findings_are_small_and_can_be_filtered(tab: Tab, tmp_path: Path) -> None:
    services = "".join(
        f"  s{n}:\n    image: redis:{n % 3 + 5}\n    privileged: true\n    ports: ['{6000 + n}:6379']\n"
        f"    environment: {{REDIS_PASSWORD: p4ss-of-{n}-longer, API_TOKEN: tok-{n}-abcdef-9999}}\n"
        for n in range(300)
    )
    workspace = Workspace(tmp_path, {"compose.yaml": f"services:\n{services}"})
    outcome = Outcome("review", "/r", Severity.LOW, review(workspace, Policy()).findings, files=1)
    assert len(outcome.causes) >= 1000
    text = opened(tab, tmp_path, outcome, workspace)
    assert len(text.encode()) <= 2_000 * len(outcome.causes)
    assert len(chosen(tab)[0]) == len(outcome.causes)
    found, said = chosen(tab, text="s217 privileged", severity="high")
    assert found == ["container-unprivileged"] and said == f"1 of {len(outcome.causes):,} findings"
