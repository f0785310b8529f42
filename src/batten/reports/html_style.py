"""The HTML report's only style sheet; the page's policy allows it by its hash. Every color of text has a contrast of 4.5
against what it is on (WCAG 2.2, 1.4.3), in light, dark and print."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

_LIGHT = """color-scheme:light;--bg:#f6f7f9;--card:#fff;--ink:#1b2330;--dim:#566072;--line:#d9dee7;--edge:#7b8698;--link:#0b57a8;
--critical:#8b0d2e;--high:#b3261e;--medium:#8a5200;--low:#0b6378;--info:#4d5869;--good:#1a6b38;
--add:#dff4e5;--cut:#fce6e6;--code:#f1f3f7;--mark:#fff0c2"""
_DARK = """color-scheme:dark;--bg:#12161d;--card:#1a202a;--ink:#e6eaf1;--dim:#a3aec0;--line:#323c4b;--edge:#7f8ba0;--link:#86bdff;
--critical:#ff86bd;--high:#ff9d82;--medium:#efc565;--low:#74cfe6;--info:#b3bdcd;--good:#7fd79c;
--add:#143322;--cut:#42201f;--code:#11161e;--mark:#4a3d14"""

_PAGE = """
*{box-sizing:border-box}[hidden]{display:none!important}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:72rem;margin:0 auto;padding:.75rem 1.25rem}main{padding-top:0}footer{padding-block:2rem 3rem}main>:first-child>h2{margin-top:.75rem}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .6rem}h3{font-size:1rem;line-height:1.5;margin:0}
a{color:var(--link)}p{margin:.4rem 0}small{font-size:.875rem}.dim,small{color:var(--dim)}
.skip{position:absolute;left:-99rem;padding:.5rem 1rem;background:var(--card)}.skip:focus{left:1rem;top:1rem;z-index:2}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.verdict,.calm{background:var(--card);border:1px solid var(--line);border-left:5px solid currentColor;border-radius:6px;
padding:.6rem 1rem}.verdict{font-weight:600}
.verdict.clean{color:var(--good)}.verdict.findings{color:var(--high)}.verdict.incomplete{color:var(--medium)}
.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}
.info{color:var(--info)}.good{color:var(--good)}.none{color:var(--dim)}
.tiles{display:grid;grid-template-columns:repeat(5,minmax(0,9rem));gap:.75rem;list-style:none;padding:0;margin:1rem 0}
.tiles li{background:var(--card);border:1px solid var(--line);border-top:4px solid currentColor;border-radius:6px}
.tiles a{display:block;color:inherit;text-decoration:none}.tiles li,.tiles a{padding:.4rem .75rem}.tiles li:has(a){padding:0}
.tiles a:hover{text-decoration:underline}.tiles b{display:block;font-size:1.7rem;line-height:1.2}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;list-style:none;padding:0;margin:.6rem 0}nav a{padding:.15rem 0}
code,pre{font:.875rem/1.5 ui-monospace,monospace}
pre{background:var(--code);border:1px solid var(--line);border-radius:4px;padding:.5rem .7rem;margin:.5rem 0;
white-space:pre-wrap}pre b{color:var(--dim);font-weight:400;margin-right:.75rem}
pre ins,pre del,pre i{display:block;text-decoration:none;font-style:normal;min-height:1.5em}
ins{background:var(--add)}del{background:var(--cut)}pre i{color:var(--dim)}
mark{background:var(--mark);color:inherit;font-weight:700;border-radius:2px}
.badge{display:inline-block;border-radius:4px;padding:0 .5rem;font-size:.8rem;font-weight:700;margin-right:.25rem}
.badge.critical{background:var(--critical)}.badge.high{background:var(--high)}.badge.medium{background:var(--medium)}
.badge.low{background:var(--low)}.badge.info{background:var(--info)}.badge.badge{color:var(--card)}
#first ol{background:var(--card);border:1px solid var(--line);border-radius:6px;margin:0;padding:.5rem 1rem .5rem 2.75rem}
#first li{padding:.35rem 0}#first li p{margin:.1rem 0}#first li::marker{color:var(--dim)}
article{background:var(--card);border:1px solid var(--line);border-left:5px solid currentColor;border-radius:6px;
padding:.8rem 1rem;margin:.75rem 0;content-visibility:auto;contain-intrinsic-size:auto 20rem;scroll-margin-top:1rem}
article:target{outline:3px solid var(--link)}article>*{color:var(--ink)}article>.dim{color:var(--dim)}
.place{margin-top:.7rem}.place code{font-weight:600}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.2rem .9rem;margin:.6rem 0}dt{color:var(--dim)}dd{margin:0}
.fix{border-top:1px solid var(--line);margin-top:.7rem;padding-top:.3rem}details .fix{border:0;margin:0;padding:0}
summary{cursor:pointer;padding:.2rem 0;color:var(--link)}
"""
_FILTER = """
#filter{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;background:var(--card);border:1px solid var(--line);
border-radius:6px;padding:.75rem 1rem;margin:1.5rem 0 0}
#filter.active{border-color:var(--link);box-shadow:0 0 0 1px var(--link)}
#filter>label{display:grid;gap:.15rem;color:var(--dim);font-size:.875rem;min-width:8rem;flex:1 1 8rem;max-width:16rem}
#filter>label:first-child{flex:2 1 14rem;max-width:none}
#filter input[type=search],select,button{font:inherit;font-size:1rem;color:var(--ink);background:var(--bg);
border:1px solid var(--edge);border-radius:4px;padding:.35rem .5rem;min-height:2.5rem;width:100%}
#filter button{width:auto;cursor:pointer;margin-left:.75rem;padding-inline:.9rem}::placeholder{color:var(--dim);opacity:1}
fieldset{border:0;padding:0;margin:0;min-width:0;display:flex;flex-wrap:wrap;gap:.15rem .9rem;flex:1 1 32rem}
legend{padding:.25rem 0;color:var(--dim);font-size:.875rem;float:left;margin-right:.9rem}
fieldset label{font-weight:600;padding:.2rem 0;cursor:pointer}
#filter p{flex:0 1 auto;margin:0 0 0 auto;display:flex;flex-wrap:wrap;align-items:center}
"""
_TABLES = """
.sheet,.scroll{background:var(--card);border:1px solid var(--line);border-radius:6px}.scroll{overflow-x:auto;position:relative}
table{border-collapse:collapse;width:100%}th,td{padding:.4rem .7rem;text-align:left;border-top:1px solid var(--line);
vertical-align:top}thead th{border-top:0;color:var(--dim);font-weight:600;font-size:.875rem}tbody th{font-weight:600}
td small,th small{display:block;font-weight:400}td.critical a,td.high a,td.medium a,td.low a,td.info a,td.good a{color:inherit}
.scroll td,.scroll thead th{overflow-wrap:normal}.scroll tbody th{min-width:10rem}.scroll tr>:first-child{position:sticky;left:0;background:var(--card)}.sheet tbody th{min-width:9rem}.scroll td b{white-space:nowrap}
#trend figure{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;margin:.5rem 0;max-width:40rem}
#trend svg{display:block;width:100%;height:7rem;border-bottom:1px solid var(--edge)}
rect{fill:currentColor;stroke:var(--card);stroke-width:1.5;vector-effect:non-scaling-stroke}
figcaption{display:flex;justify-content:space-between;font-size:.875rem;margin-top:.3rem}
#trend #figures h2{display:none}
"""
_PHONE = """
@media (max-width:45rem){
header,main,footer{padding-inline:.85rem}h1{font-size:1.25rem}h2{margin-top:1.5rem}
.tiles{gap:.4rem;grid-template-columns:repeat(5,minmax(0,1fr))}.tiles li,.tiles a{padding:.3rem .4rem;font-size:.8rem}
.tiles b{font-size:1.3rem}nav a{display:inline-block;padding:.35rem 0}
#first ol{padding:.25rem .75rem .25rem 2rem}article{padding:.7rem .75rem}
dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:.4rem}
#filter>label{flex:1 1 9rem;max-width:none}
.sheet thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.sheet tr,.sheet th,.sheet td{display:block;border:0;padding:.1rem 0}.sheet tr{padding:.6rem .8rem;border-top:1px solid var(--line)}
.sheet tbody tr:first-child{border-top:0}.sheet td::before{content:attr(data-h) ": ";color:var(--dim)}}
"""
_PRINT = f"""
@media print{{:root{{{_LIGHT};--bg:#fff}}
@page{{margin:15mm}}body{{font-size:10pt}}header,main,footer{{max-width:none;padding-inline:0}}
nav,.skip,summary,#filter button,#filter label,fieldset{{display:none}}
#filter{{border:0;box-shadow:none!important;padding:0;display:none}}#filter.active{{display:block}}
*{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
details::details-content{{content-visibility:visible;display:block;block-size:auto;opacity:1}}
#trend details{{display:none}}article{{content-visibility:visible}}article:target{{outline:0}}
h1,h2,h3,.place{{break-after:avoid}}pre{{orphans:4;widows:4}}tr,.tiles,figure,#first li{{break-inside:avoid}}thead{{display:table-header-group}}
.scroll{{overflow:visible}}.scroll tr>:first-child{{position:static}}.scroll table,.sheet table{{font-size:9pt}}a{{color:inherit;text-decoration:none}}}}
"""

STYLE = "".join(
    (
        f"\n:root{{{_LIGHT}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}",
        _PAGE,
        _FILTER,
        _TABLES,
        _PHONE,
        _PRINT,
    )
)


def inline_hash(inline: str) -> str:
    """How a page's policy names a style sheet or script of its own."""
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"
