"""The style sheet of the page of a trace: light, dark, narrow, and on paper.

Rules of the file: text on its background has a contrast of at least 4.5 to 1, and colour never
says what no word says. Nothing is loaded: fonts are the reader's own.
"""

from __future__ import annotations

from typing import Final

STYLE: Final = """\
:root{color-scheme:light dark;
--page:#ffffff;--panel:#f5f6f8;--ink:#1c2430;--soft:#556070;--line:#d5dae2;--link:#1f55a8;
--good:#106b3c;--good-back:#e9f6ee;--bad:#ad211a;--bad-back:#fdeeec;
--unsure:#805300;--unsure-back:#fdf4df;--tunnel:#2a559e;--tunnel-back:#e9f0fb;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
--mono:ui-monospace,"Cascadia Mono",Consolas,Menlo,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{
--page:#12161d;--panel:#1a2029;--ink:#e3e8ef;--soft:#a2adbb;--line:#343d4a;--link:#92b8ff;
--good:#74d39c;--good-back:#14291d;--bad:#ff9188;--bad-back:#361a19;
--unsure:#eec161;--unsure-back:#30260f;--tunnel:#93b8ff;--tunnel-back:#182540}}

*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 var(--sans);
overflow-wrap:anywhere}
.in{max-width:1120px;margin:0 auto;padding:0 20px}
h1,h2,h3,h4,h5,h6,p,ol,ul,dl,pre,figure{margin:0}
h2{font-size:1.3rem;line-height:1.3;margin:2.6rem 0 .8rem}
h3{font-size:1.05rem;line-height:1.4;margin:1.6rem 0 .5rem}
h4,h5,h6{font-size:1rem;margin:1.2rem 0 .4rem}
h3 small,h4 small,h5 small{font-weight:400;color:var(--soft)}
a{color:var(--link)}
code,pre,.mono{font-family:var(--mono);font-size:.875em}
code{white-space:pre-wrap}
.soft{color:var(--soft)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}

.verdict{border-left:6px solid var(--tone);background:var(--back);padding:18px 22px 16px;
border-radius:0 10px 10px 0}
header .verdict{margin:28px 0 0}
.good{--tone:var(--good);--back:var(--good-back)}
.bad{--tone:var(--bad);--back:var(--bad-back)}
.unsure{--tone:var(--unsure);--back:var(--unsure-back)}
.verdict h1,.verdict h2,.verdict h3,.verdict h4,.verdict h5,.verdict h6{margin:0;
font-size:1.55rem;line-height:1.25;display:flex;flex-wrap:wrap;align-items:center;gap:.15em .5em}
.verdict h3,.verdict h4,.verdict h5,.verdict h6{font-size:1.15rem}
.verdict .word{color:var(--tone);letter-spacing:.02em}
.verdict .why{font:600 .72em var(--mono)}
.verdict .title{flex-basis:100%;font-weight:600;font-size:.6em;color:var(--soft);
letter-spacing:.04em}
.verdict h3 .title,.verdict h4 .title,.verdict h5 .title{font-size:.8em}
.verdict svg{width:1.15em;height:1.15em;flex:none}
.verdict p{margin-top:.45rem}
.ends{font-size:1.12rem;font-weight:600}
.part{margin-top:3.4rem}
.copy{border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:0 10px 10px 0;
margin-top:10px}
.copy>summary{padding:9px 16px}
.copy>summary>:first-child{display:inline-flex;flex-wrap:wrap;align-items:center;gap:.1em .6em;
margin:0;font-size:1.02rem;max-width:calc(100% - 1.4em);vertical-align:top}
.copy>summary svg{width:1.2em;height:1.2em;flex:none}
.copy>summary .word{color:var(--tone)}
.copy>summary .why{font:600 .875em var(--mono)}
.copy>summary .ends{font-size:1em;font-weight:400}
.inside{padding:0 18px 16px}

nav{margin:16px 0 0}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:4px 20px}
nav a{display:inline-block;padding:4px 0}

.way{margin:1.8rem 0 0;padding:22px 16px;border:1px solid var(--line);border-radius:10px}
.way svg{display:block;margin:0 auto;max-width:100%;height:auto}
.way .wide{display:none}
@media (min-width:1000px){.way .wide{display:block}.way .narrow{display:none}}
svg text{fill:var(--ink);font-family:var(--sans)}
svg .mid{text-anchor:middle}
svg .name{font-size:15px;font-weight:600}
svg .about,svg .strong,svg .word{font-size:12.5px}
svg .about{fill:var(--soft)}
svg .strong{font-weight:600}
svg .strong,.pipe{--tone:var(--tunnel)}
svg .strong{fill:var(--tone)}
svg .word,svg .name.bad,svg .name.unsure{fill:var(--tone);font-weight:700;letter-spacing:.02em}
.icon{fill:none;stroke:var(--tone,var(--soft));stroke-width:1.6;stroke-linecap:round;
stroke-linejoin:round}
.icon.bad,.icon.unsure{fill:var(--back);stroke-width:2}
.box{fill:var(--back,var(--panel));stroke:var(--tone,var(--line));stroke-width:1.3}
.ghost{--tone:var(--soft)}
.box.ghost{fill:none;stroke-dasharray:5 4}
svg .name.ghost{fill:var(--soft)}
.cable,.tunnel,.unused,.back{fill:none;stroke:var(--soft);stroke-width:1.6}
.unused{stroke-dasharray:5 4}
.tunnel,.pipe+.cable{stroke:var(--tunnel)}
.pipe{fill:var(--tunnel-back);stroke:var(--tunnel);stroke-width:1.6}
.head{fill:var(--soft)}

.hop{margin:0 0 1.4rem}
.steps{list-style:none;padding:0;border:1px solid var(--line);border-radius:10px}
.steps>li+li{border-top:1px solid var(--line)}
summary{cursor:pointer;border-radius:9px}
.steps summary{list-style:none;display:grid;grid-template-columns:14px 7.2em 6.2em 1fr auto;
gap:0 14px;padding:9px 16px;align-items:baseline}
.steps summary::-webkit-details-marker{display:none}
.steps summary::before,.frames summary::before{content:"";width:7px;height:7px;
border:solid var(--soft);border-width:0 2px 2px 0;transform:rotate(-45deg);
align-self:start;margin-top:.5em}
.steps details[open]>summary::before,.frames details[open]>summary::before{
transform:rotate(45deg)}
.steps summary:hover,.frames summary:hover{background:var(--panel)}
.stage,.minor .detail{color:var(--soft)}
.action{font-weight:600}
.minor .action{font-weight:400;color:var(--soft)}
.place{font:.8125em var(--mono);color:var(--soft);text-align:right}
.end>details>summary{background:var(--back)}
.end .action{color:var(--tone)}
.end .action::before{content:"✓ "}
.end.bad .action::before{content:"✗ "}
.end.unsure .action::before{content:"? "}
.facts{padding:4px 16px 14px 44px}
.facts dl,.about-page dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;
font-size:.925em}
.facts dt,.about-page dt{color:var(--soft)}
.facts dd,.about-page dd{margin:0;min-width:0}
.facts dl dl{padding:2px 0 4px 14px;border-left:2px solid var(--line);font-size:1em}
.facts .applied{margin-bottom:9px}
.facts ul{list-style:none;padding:0}

.layers{display:grid;grid-template-columns:auto 1fr;gap:8px 22px;align-items:center;
margin:1rem 0 1.6rem}
.layers ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;justify-content:flex-end;gap:3px}
.layers li{padding:3px 12px;border:1px solid var(--line);background:var(--panel);border-radius:4px;
font-size:.875em}
.layers .outer{border-color:var(--tunnel);background:var(--tunnel-back);color:var(--tunnel)}
table{border-collapse:collapse;width:100%;font-size:.925em}
caption{text-align:left;color:var(--soft);padding:0 0 8px}
th,td{text-align:left;vertical-align:baseline;padding:4px 12px 4px 0}
thead th{border-bottom:2px solid var(--line);font-weight:600;padding-bottom:7px}
thead small{display:block;font-weight:400;color:var(--soft)}
tbody th{font-weight:400;color:var(--soft);width:11.5em}
tbody th[scope=rowgroup]{font-weight:600;color:var(--ink);padding-top:14px;
border-bottom:1px solid var(--line)}
tbody.outer th[scope=rowgroup]{color:var(--tunnel)}
td{font-family:var(--mono);font-size:.92em}
td.same,td.none{color:var(--soft);font-family:var(--sans)}
mark{background:var(--unsure-back);color:var(--ink);border-bottom:2px solid var(--unsure);
padding:1px 4px;border-radius:3px 3px 0 0}
.flag{font:600 .85em var(--sans);color:var(--unsure);white-space:nowrap}
.frames{margin-top:1.2rem;display:grid;gap:8px}
.frames summary{display:flex;gap:14px;list-style:none;padding:6px 16px}
.frames summary::-webkit-details-marker{display:none}
.frames summary::before{flex:none}
.frames details{border:1px solid var(--line);border-radius:10px;min-width:0}
pre{overflow-x:auto;padding:4px 16px 14px 38px;line-height:1.5}
pre b{font-family:var(--sans)}
.remarks{padding-left:1.2em}
.remarks li+li{margin-top:.35rem}
.rules{font-family:var(--mono);font-size:.8125em;color:var(--soft)}
.entry{margin-bottom:.9rem}
.entry .remarks{margin-top:.3rem}
.listing{margin:.5rem 0;border:1px solid var(--line);border-radius:10px;min-width:0}
.listing figcaption{color:var(--soft);padding:7px 16px 0;font-size:.925em}
.listing pre{padding:4px 16px 10px;white-space:pre-wrap}
ins,del{text-decoration:none}
ins{color:var(--good);background:var(--good-back)}
del{color:var(--bad);background:var(--bad-back)}

footer{margin:3.6rem 0 0;border-top:1px solid var(--line);padding:16px 0 32px}

@media screen and (max-width:719px){
.in{padding:0 16px}
.verdict{padding:14px 16px;margin-left:-4px}
.verdict h1{font-size:1.3rem}
.verdict h2{font-size:1.2rem}
.way{border:0;padding:0}
.steps summary{grid-template-columns:14px auto 1fr;gap:0 10px;padding:9px 12px}
.steps summary .detail,.steps summary .place{grid-column:2/-1;text-align:left}
.facts{padding:2px 12px 12px 36px}
.facts dl{grid-template-columns:1fr;gap:0}
.facts dl dl{grid-template-columns:max-content 1fr;gap:2px 12px}
.facts dd{margin-bottom:5px}
.about-page dl{grid-template-columns:1fr;gap:0}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.layers{grid-template-columns:1fr;gap:4px}
.layers ul{justify-content:flex-start;margin-bottom:8px}
.frame-table,.frame-table tbody{display:block}
.frame-table caption{display:block}
.frame-table tr{display:grid;grid-template-columns:9.5em 1fr;padding:3px 0}
.frame-table th,.frame-table td{padding:0 8px 0 0;width:auto}
.frame-table th[scope=rowgroup]{grid-column:1/-1;padding-top:14px}
.frame-table td.same,.frame-table td.none{display:none}
.frame-table td{grid-column:2}
.frame-table td[data-at]::before{content:attr(data-at) " ";font:.9em var(--sans);
color:var(--soft);display:block}
pre{font-size:.72em;padding:4px 12px 12px}
}

@media print{
:root{--page:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#aaa;--link:#000;
--good:#0a5229;--good-back:#fff;--bad:#8c0f0a;--bad-back:#fff;
--unsure:#654200;--unsure-back:#fff;--tunnel:#1d3f7a;--tunnel-back:#fff}
body{font-size:10pt}
.in{max-width:none;padding:0}
nav,.hint,.way .narrow{display:none}
.way .wide{display:block}
.verdict,.way,.steps>li,tr,.facts{break-inside:avoid}
h2,h3,h4{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}
.steps summary::before,.frames summary::before{display:none}
.steps summary{grid-template-columns:7.2em 6.2em 1fr auto;padding:5px 10px}
.facts{padding:0 10px 8px 10px;font-size:.9em}
pre{white-space:pre-wrap;overflow:visible;font-size:7.5pt}
a{text-decoration:none}
}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media (forced-colors:active){.box,.pipe,.icon,.cable,.tunnel,.unused{stroke:CanvasText}
svg text,.head{fill:CanvasText}}
"""
