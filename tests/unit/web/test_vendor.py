"""What was written by others is byte for byte what we took, with its licence beside it."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = [ROOT / "recruit" / "web" / "static" / "vendor", ROOT / "tests" / "browser" / "vendor"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-3])
def test_every_vendored_file_has_the_listed_hash(folder: Path) -> None:
    listed = {
        name: digest
        for digest, name in (
            line.split() for line in (folder / "SHA256SUMS").read_text().splitlines()
        )
    }
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found == listed


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-3])
def test_every_vendored_project_has_its_licence(folder: Path) -> None:
    for project in folder.iterdir():
        assert project.is_file() or (project / "LICENSE").stat().st_size > 500, project
