"""The HTML report's only script; the page's policy allows it by its hash. It hides what does not match, and adds nothing."""

from __future__ import annotations

import json

from batten.reports.html_filter import USUAL

_SCRIPT = """
"use strict";(()=>{
const form=document.getElementById("filter");
const folded=()=>document.querySelectorAll("details:not([open])");
let opened=[];
addEventListener("beforeprint",()=>{opened=[...folded()];for(const one of opened)one.open=true});
addEventListener("afterprint",()=>{for(const one of opened)one.open=false;opened=[]});
if(!form)return;
const items=[...document.querySelectorAll("[data-severity]")];
const articles=items.filter(one=>one.matches("article"));
const briefs=[...document.querySelectorAll("[data-of]")];
const parts=[...document.querySelectorAll("main section")].filter(one=>one.querySelector("[data-severity],[data-of]"));
const usual=__USUAL__;
const texts=new Map();
const said=one=>one.matches("tr")?[one]:[...one.querySelectorAll("h3,p,dd,pre,li")].filter(part=>!part.closest(".fix details"));
const text=one=>{
if(!texts.has(one))texts.set(one,said(one).map(part=>part.textContent).join("\\n").toLowerCase());
return texts.get(one)};
const named=count=>count.toLocaleString("en");
const has=(one,name,value)=>{
const held=one.dataset[name]??usual[name]??"";
return name==="where"?held===value:held.split(" ").includes(value)};
const apply=()=>{
const data=new FormData(form);
const words=data.get("text").toLowerCase().split(/\\s+/).filter(Boolean);
const severities=data.getAll("severity");
const wanted=[...form.querySelectorAll("select")].filter(one=>one.value).map(one=>[one.name,one.value]);
const all=!(words.length||severities.length||wanted.length);
for(const one of items)one.hidden=!all&&!(
(!severities.length||severities.includes(one.dataset.severity))&&
wanted.every(([name,value])=>has(one,name,value))&&words.every(word=>text(one).includes(word)));
for(const one of briefs)one.hidden=document.getElementById(one.dataset.of).hidden;
for(const part of parts){
part.hidden=!part.querySelector("[data-severity]:not([hidden]),[data-of]:not([hidden])");
const count=part.querySelector("h2 span"),every=part.querySelectorAll("article");
if(count)count.textContent=all?named(every.length):`${named([...every].filter(one=>!one.hidden).length)} of ${named(every.length)}`}
const shown=articles.filter(one=>!one.hidden).length,beside=items.filter(one=>!one.hidden).length-shown;
const nothing=document.getElementById("nothing");
if(nothing)nothing.hidden=shown>0;
document.getElementById("shown").value=all?`${named(articles.length)} findings`:
`${named(shown)} of ${named(articles.length)} findings`+(beside?`, and ${named(beside)} below that do not count`:"");
form.classList.toggle("active",!all)};
const go=()=>{
const target=document.getElementById(decodeURIComponent(location.hash.slice(1)));
if(!target)return;
if(target.hidden||target.closest("[hidden]")){form.reset();apply()}
target.scrollIntoView()};
form.addEventListener("input",apply);
form.addEventListener("submit",event=>event.preventDefault());
form.addEventListener("reset",()=>setTimeout(apply));
addEventListener("hashchange",go);
document.addEventListener("click",event=>{
const link=event.target.closest("a[data-control]");
if(!link)return;
form.reset();
for(const name of["control","where"]){
const choice=form.elements[name];
if(choice)choice.value=link.dataset[name]}
apply()});
form.hidden=false;apply();
if(location.hash)go();
})();
"""

SCRIPT = _SCRIPT.replace("__USUAL__", json.dumps(USUAL))
