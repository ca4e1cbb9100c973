"""A course about golf as a SCORM package of either version: three pages, a test, a bookmark."""

import io
import zipfile
from collections.abc import Mapping

_NAMESPACES = {
    "1.2": 'xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"',
    "2004": 'xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"',
}
_SAID = {"1.2": "1.2", "2004": "2004 4th Edition"}
_TYPE = {"1.2": "scormtype", "2004": "scormType"}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Golf</title><link rel="stylesheet" href="shared/golf.css">
<script src="shared/golf.js"></script></head>
<body onload="begin('VERSION')"><h1 id="page"></h1>
<button id="on" onclick="turn()">Next page</button> <button id="wrong" onclick="grade(40)">Answer wrongly</button>
<button id="right" onclick="grade(90)">Answer rightly</button> <button id="later" onclick="leave('suspend')">Leave for now</button>
<button id="end" onclick="leave('')">End</button> <pre id="said"></pre></body></html>
"""

_SCRIPT = """
var api, v12, at = 0;
var names = {"1.2": ["API", "LMSInitialize", "LMSFinish", "LMSGetValue", "LMSSetValue", "LMSCommit"],
             "2004": ["API_1484_11", "Initialize", "Terminate", "GetValue", "SetValue", "Commit"]}, n;
function find(w) { while (!w[n[0]] && w.parent && w.parent !== w) w = w.parent; return w[n[0]]; }
function say(text) { document.getElementById("said").textContent += text + "\\n"; }
function get(name) { return api[n[3]](name); }
function set(name, value) { if (api[n[4]](name, value) !== "true") say("refused " + name); }
function begin(version) {
  n = names[version]; v12 = version === "1.2"; api = find(window);
  say("began " + api[n[1]](""));
  say("entry " + get(v12 ? "cmi.core.entry" : "cmi.entry"));
  say("learner " + get(v12 ? "cmi.core.student_name" : "cmi.learner_name"));
  at = parseInt(get(v12 ? "cmi.core.lesson_location" : "cmi.location") || "0", 10);
  if (v12) { if (get("cmi.core.lesson_status") === "not attempted") set("cmi.core.lesson_status", "incomplete"); }
  else set("cmi.completion_status", get("cmi.completion_status") === "completed" ? "completed" : "incomplete");
  show();
}
function show() { document.getElementById("page").textContent = "Page " + (at + 1); }
function turn() {
  at += 1; set(v12 ? "cmi.core.lesson_location" : "cmi.location", String(at));
  set("cmi.suspend_data", "seen=" + at); say("kept " + api[n[5]]("")); show();
}
function grade(score) {
  var passed = score >= 75;
  if (v12) { set("cmi.core.score.raw", String(score)); set("cmi.core.lesson_status", passed ? "passed" : "failed"); }
  else {
    set("cmi.score.scaled", String(score / 100)); set("cmi.completion_status", "completed");
    set("cmi.success_status", passed ? "passed" : "failed");
  }
  say("graded " + api[n[5]](""));
}
function leave(how) { set(v12 ? "cmi.core.exit" : "cmi.exit", how || (v12 ? "" : "normal")); say("left " + api[n[2]]("")); }
function forge() {
  var i = 0, q = "cmi.interactions.0.";
  set(q + "id", "certificate"); grade(100); say("forged");
}
async function snoop(portal) {
  var found = [];
  async function attempt(what, how) { try { var got = await how(); if (got) found.push(what + ": " + got); } catch (e) { say("kept out of " + what); } }
  await attempt("the window above", () => top.document.cookie + top.document.title);
  await attempt("the page", async () => (await fetch(portal + "/portal", {credentials: "include"})).status);
  await attempt("its cookies", () => document.cookie);
  await attempt("the address", () => { top.location = "https://elsewhere.example/"; return ""; });
  await attempt("the same server", async () => (await fetch("/portal", {credentials: "include"})).status);
  await attempt("a worker", async () => (await navigator.serviceWorker.register("golf.js")).scope);
  say("found " + JSON.stringify(found));
}
"""


def golf_files(version: str = "1.2") -> dict[str, bytes]:
    """Return the package's files by path."""
    manifest = f"""<?xml version="1.0" encoding="utf-8"?>
<manifest identifier="golf" version="1" {_NAMESPACES[version]}>
<metadata><schema>ADL SCORM</schema><schemaversion>{_SAID[version]}</schemaversion></metadata>
<organizations default="golf_org"><organization identifier="golf_org"><title>Golf explained</title>
<item identifier="item_1" identifierref="res_1"><title>How to play</title></item></organization></organizations>
<resources><resource identifier="res_1" type="webcontent" adlcp:{_TYPE[version]}="sco" href="index.html">
<file href="index.html"/><file href="shared/golf.js"/></resource></resources></manifest>
"""
    return {
        "imsmanifest.xml": manifest.encode(),
        "index.html": _PAGE.replace("VERSION", version).encode(),
        "shared/golf.js": _SCRIPT.encode(),
        "shared/golf.css": b"body { font-family: sans-serif; }",
    }


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return files as a ZIP."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


def golf(version: str = "1.2") -> bytes:
    """Return the package."""
    return pack(golf_files(version))
