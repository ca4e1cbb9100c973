"""SCORM packages: what is taken, what their manifests say, and what their words count for."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from recruit.onboarding.packages import read_package
from recruit.onboarding.scorm_manifest import ScormVersion, read_manifest
from recruit.onboarding.scorm_runtime import data_to_open_with, is_attended, suspends
from recruit.onboarding.uploads import UploadRefused
from tests.factories.scorm import golf, golf_files, pack

V12, V2004 = ScormVersion.V12, ScormVersion.V2004
MANIFEST = "imsmanifest.xml"


def changed(old: str, new: str, version: str = "1.2") -> dict[str, bytes]:
    files = golf_files(version)
    assert old.encode() in files[MANIFEST]
    return files | {MANIFEST: files[MANIFEST].replace(old.encode(), new.encode())}


@pytest.mark.parametrize(("text", "version"), [("1.2", V12), ("2004", V2004)])
def test_a_package_of_each_version_is_read(text: str, version: ScormVersion) -> None:
    package = read_package(golf(text))
    assert package.manifest.version is version
    assert package.manifest.title == "Golf explained"
    assert [(sco.key, sco.path) for sco in package.manifest.scos] == [("item_1", "index.html")]
    assert {f.path: f.content_type for f in package.files}["shared/golf.js"] == "text/javascript"


def _link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0xA1FF << 16
    return entry


def _with(name: str | zipfile.ZipInfo, content: bytes) -> bytes:
    packed = io.BytesIO(golf())
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _lying_about_its_size() -> bytes:
    # The directory says one byte; what is packed is a hundred megabytes.
    packed = bytearray(_with("big.txt", bytes(100 * 1024**2)))
    at = packed.rindex(b"PK\x01\x02")
    packed[at + 24 : at + 28] = (1).to_bytes(4, "little")
    return bytes(packed)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"no zip", "no readable ZIP"),
        (lambda: golf()[:-200], "no readable ZIP"),
        (lambda: _with("../evil.html", b"x"), "leave its folder"),
        (lambda: _with("a/../../evil.html", b"x"), "leave its folder"),
        (lambda: _with("C:\\evil.html", b"x"), "leave its folder"),
        (lambda: _with("/etc/evil.html", b"x"), "leave its folder"),
        (lambda: _with(_link("link.html"), b"/etc/passwd"), "link to elsewhere"),
        (lambda: _with("inner.zip", golf()), "another archive"),
        (lambda: _with("inner.txt", golf()), "another archive"),
        (lambda: _with("tool.exe", b"MZ"), "don't belong"),
        (lambda: _with("tool.html", b"MZ\x90"), "a program"),
        (lambda: _with("INDEX.html", b"x"), "twice"),
        (lambda: _with("big.txt", bytes(100 * 1024**2)), "unpacks to far too much"),
        (_lying_about_its_size, "unpacks to far too much|no readable ZIP"),
        (lambda: pack({"golf/" + k: v for k, v in golf_files().items()}), "lies in golf/"),
        (lambda: pack({"index.html": b"x"}), "no imsmanifest.xml"),
        (lambda: pack(changed("<?xml version=\"1.0\" encoding=\"utf-8\"?>", '<!DOCTYPE m [<!ENTITY a "b">]>')), "DOCTYPE"),
        (lambda: pack(changed("</manifest>", "")), "not valid XML"),
        (lambda: pack(changed("1.2</schemaversion>", "3.0</schemaversion>")), "SCORM '3.0'"),
        (lambda: pack(changed('href="index.html">', 'href="https://evil.example/x">')), "lies elsewhere"),
        (lambda: pack(changed('href="index.html">', 'href="../../x.html">')), "which the package lacks"),
        (lambda: pack(changed('identifierref="res_1"', "")), "no part that can be opened"),
        (lambda: pack(changed('identifierref="res_1"', 'identifierref="res_2"')), "points to nothing"),
    ],
)  # fmt: skip
def test_what_is_no_harmless_package_is_refused_in_words(
    make: Callable[[], bytes], words: str
) -> None:
    with pytest.raises(UploadRefused, match=words):
        read_package(make())


def test_a_part_has_to_be_named_where_there_are_several() -> None:
    item = '<item identifier="item_1" identifierref="res_1"><title>How to play</title></item>'
    second = (
        '<item identifier="b" identifierref="res_1" parameters="?page=2"><title>B</title></item>'
    )
    manifest = read_manifest(changed(item, item + second))
    assert manifest.choose("b").query == "page=2"
    with pytest.raises(UploadRefused, match="2 parts"):
        manifest.choose("")
    with pytest.raises(UploadRefused, match="no part 'c'"):
        manifest.choose("c")


@pytest.mark.parametrize(
    ("version", "cmi", "attended"),
    [
        (V12, {"core": {"lesson_status": "passed"}}, True),
        (V12, {"core": {"lesson_status": "completed"}}, True),
        (V12, {"core": {"lesson_status": "failed"}}, False),
        (V12, {"core": {"lesson_status": ["passed"]}}, False),
        (V12, {"core": "passed"}, False),
        (V2004, {"completion_status": "completed"}, True),
        (V2004, {"success_status": "passed"}, True),
        (V2004, {"completion_status": "completed", "success_status": "failed"}, False),
        (V2004, {"completion_status": "incomplete", "success_status": "unknown"}, False),
        (V2004, {}, False),
    ],
)
def test_being_through_and_not_failed_counts_as_attendance(
    version: ScormVersion, cmi: dict[str, Any], attended: bool
) -> None:
    assert is_attended(version, cmi) is attended


def test_what_was_suspended_is_taken_up_again_and_who_learns_is_said_by_us() -> None:
    stored = {"core": {"exit": "suspend", "lesson_location": "2", "student_name": "Forged"}}
    opened = data_to_open_with(V12, stored, ended=False, learner=("7", "Sam"), mastery_score="75")
    assert suspends(V12, stored)
    assert opened["core"]["entry"] == "resume"
    assert (opened["core"]["lesson_location"], opened["core"]["student_name"]) == ("2", "Sam")
    assert "exit" not in opened["core"]
    assert opened["student_data"] == {"mastery_score": "75"}
    again = {"location": "2", "exit": "normal"}
    fresh = data_to_open_with(V2004, again, ended=True, learner=("7", "Sam"), launch_data="x")
    assert (fresh.get("location"), fresh["entry"]) == (None, "ab-initio")
    assert fresh["launch_data"] == "x"
    kept = data_to_open_with(V2004, {"location": "2"}, ended=False, learner=("7", "Sam"))
    assert (kept["location"], kept["entry"]) == ("2", "resume")
