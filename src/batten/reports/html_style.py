"""The HTML report's only style sheet; the page's policy allows it by its hash."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2330;--dim:#566072;--line:#d9dee7;--link:#0b57a8;
--critical:#8b0d2e;--high:#b3261e;--medium:#8a5200;--low:#0b6378;--info:#4d5869;--good:#1a6b38;
--add:#e3f6e8;--cut:#fdeaea;--code:#f1f3f7}
@media (prefers-color-scheme:dark){:root{--bg:#12161d;--card:#1a202a;--ink:#e6eaf1;--dim:#a3aec0;--line:#323c4b;
--link:#86bdff;--critical:#ff8fa8;--high:#ff9a90;--medium:#f2bb66;--low:#74cfe6;--info:#b3bdcd;--good:#7fd79c;
--add:#143322;--cut:#42201f;--code:#11161e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main{max-width:72rem;margin:0 auto;padding:.75rem 1.25rem}main{padding-top:0}main h2:first-child{margin-top:.5rem}
h1{font-size:1.5rem;margin:.5rem 0 0}h2{font-size:1.2rem;margin:2rem 0 .6rem}h3{font-size:1rem;margin:0}
a{color:var(--link)}p{margin:.4rem 0}.dim{color:var(--dim)}
.verdict{font-weight:600}.verdict.clean{color:var(--good)}.verdict.findings{color:var(--high)}
.verdict.incomplete{color:var(--medium)}
nav a{margin-right:1rem}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;list-style:none;padding:0;margin:1rem 0}
.tiles li{background:var(--card);border:1px solid var(--line);border-top:4px solid currentColor;border-radius:6px;
padding:.5rem 1rem;min-width:7rem}.tiles b{display:block;font-size:1.7rem;line-height:1.2}
.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}
.info{color:var(--info)}.good{color:var(--good)}.none{color:var(--dim)}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;width:100%}th,td{padding:.4rem .7rem;text-align:left;border-top:1px solid var(--line);
vertical-align:top}thead th{border-top:0;color:var(--dim);font-weight:600}tbody th{font-weight:600}
td b{white-space:nowrap}td small,th small{display:block;font-weight:400;color:var(--dim)}
article{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--line);border-radius:6px;
padding:.8rem 1rem;margin:.75rem 0}
article.critical,article.high,article.medium,article.low,article.info{border-left-color:currentColor}
article>*{color:var(--ink)}article h3 .badge{margin-right:.5rem}
.badge{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:0 .6rem;font-size:.8rem;
font-weight:700}
.place{overflow-wrap:anywhere}code,pre{font:.875rem/1.5 ui-monospace,monospace}
pre{background:var(--code);border:1px solid var(--line);border-radius:4px;padding:.5rem .7rem;overflow-x:auto;
margin:.5rem 0}mark{background:none;color:inherit;font-weight:700;text-decoration:underline 2px var(--high);
text-underline-offset:3px}
.again+pre{white-space:pre-wrap;overflow-wrap:anywhere}
pre span{display:block;min-height:1.5em}.add{background:var(--add)}.cut{background:var(--cut)}.hunk{color:var(--dim)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem .9rem;margin:.5rem 0}dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
summary{cursor:pointer;padding:.2rem 0;color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
@media print{body{background:#fff}details{break-inside:avoid}}
"""
