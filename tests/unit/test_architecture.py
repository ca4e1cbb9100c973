"""What no reviewer should have to look for."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from recruit.config import PREFIX, Settings, SettingsError, load_settings

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "recruit").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc"}


def test_no_module_is_named_for_nothing() -> None:
    assert not [path for path in MODULES if FORBIDDEN_NAMES & set(path.with_suffix("").parts)]


def test_no_module_outgrows_a_reader() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in MODULES
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 350
    }
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_every_public_function_and_class_has_a_docstring() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not [line for line in silent if "migrations/versions" not in line]


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert not [f.name for f in fields(Settings) if f"`{PREFIX}{f.name.upper()}`" not in text]


def test_an_unknown_setting_is_an_error_that_names_it() -> None:
    with pytest.raises(SettingsError, match="RECRUIT_SMPT_HOST"):
        load_settings({"RECRUIT_SMPT_HOST": "mail.example"})


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"RECRUIT_MODE": "prod"}, "choose one of"),
        ({"RECRUIT_PORT": "eighty"}, "RECRUIT_PORT"),
        ({"RECRUIT_MODE": "production"}, "RECRUIT_SECRET_KEY is missing"),
        ({"RECRUIT_SECRET_KEY": "short"}, "shorter than 32"),
        ({"RECRUIT_MODE": "demo", "RECRUIT_SMTP_HOST": "mail.example"}, "only to loopback"),
        ({"RECRUIT_DEMO_CLOCK_SHIFT_S": "-60"}, "demo mode only"),
        ({"RECRUIT_BASE_URL": "recruit.example"}, "not an http"),
    ],
)
def test_a_bad_setting_says_what_to_do(environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(environ)


def test_a_secret_does_not_show_itself() -> None:
    settings = load_settings(
        {"RECRUIT_SECRET_KEY": "s" * 40, "RECRUIT_SMTP_PASSWORD": "hunter2hunter2"}
    )
    assert "hunter2" not in repr(settings)
    assert "ssss" not in repr(settings)
