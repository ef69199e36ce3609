"""The Makefile does what it promises."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
LIMIT = 150.0


def make(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run make where pip has no index: whatever is not there can't be had."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))}
    environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    return subprocess.run(
        ["make", *arguments], cwd=cwd, env=environ, capture_output=True, text=True, timeout=LIMIT, check=False
    )


@pytest.mark.proof
@pytest.mark.skipif(find_spec("hatchling") is None, reason="the first make wheel installs what builds it")
def test_a_source_file_that_was_touched_is_built_again_without_the_network(tmp_path: Path) -> None:
    for name in ("actors", "runtime"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    venv.create(tmp_path / ".venv", with_pip=False)
    packages = sysconfig.get_path("purelib", vars={"base": str(tmp_path / ".venv")})
    hatchling = find_spec("hatchling")
    assert hatchling is not None
    assert hatchling.origin is not None
    there = {sysconfig.get_path("purelib"), str(Path(hatchling.origin).parents[1])}
    (Path(packages) / "there.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in there))
    done = make("wheel", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    touched = (tmp_path / ".venv" / "wheel.stamp").stat().st_mtime + 1  # one tick of the file system is as good as none
    os.utime(tmp_path / "runtime" / "relay_runtime" / "version.py", (touched, touched))
    wheel.unlink()
    done = make("wheel", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert wheel.exists()
    there = set(ZipFile(wheel).namelist())
    assert "relay_runtime/completion/table.json" in there
    templates = ROOT / "runtime" / "relay_runtime" / "starter" / "templates"
    written = {path.relative_to(ROOT / "runtime").as_posix() for path in templates.rglob("*") if path.is_file()}
    assert "relay_runtime/starter/templates/common/.gitignore" in written
    assert {name for name in written if "__pycache__" not in name} <= there
