"""README's programs, those of the docs, and the examples have no fault for mypy --strict and pyright.

Both look at the installed copy of the package, by its own types. A program is a block that defines all that it uses.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "docs" / "testing.md"
"""Its programs are tests, as people write them: without types, and beside each other. They are run."""
DOCS = sorted(page for page in ROOT.glob("docs/**/*.md") if "reference" not in page.parts and page != TESTS)
PAGES = (ROOT / "README.md", *DOCS)
TYPED = ROOT / "tests" / "data" / "typed"
LIMIT = 300.0  # seconds that a checker may take on a busy machine
FOREIGN = "signalwire"  # the vendor's client, which is no part of this


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def complete(block: str) -> bool:
    """Return whether a block is a program by itself: it imports of ours, and defines once what it uses."""
    try:
        tree = ast.parse(block)
        compile(tree, "block", "exec")
    except SyntaxError:
        return False
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = [(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    defined = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    defined |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    defined |= {
        node.name or ""
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler)
    }
    used = {node.id for node in names} - defined - {*imported, *dir(builtins)}
    modules = {(node.module or "").partition(".")[0] for node in imports if isinstance(node, ast.ImportFrom)}
    return not used and "relay_runtime" in modules and FOREIGN not in modules and len(imported) == len(set(imported))


def test_a_block_that_leaves_something_out_is_no_program() -> None:
    assert complete("from relay_runtime import RelayClient\nclient = RelayClient()\n")
    assert not complete("from relay_runtime import RelayClient\nclient.run()\n")
    assert not complete("client = 1\n")
    assert not complete("from relay_runtime.aio import RelayClient\nawait RelayClient().connect()\n")
    assert not complete("def run(self): …")
    assert not complete("from relay_runtime import RelayClient\nfrom relay_runtime.aio import RelayClient\n")


def test_every_program_of_the_readme_is_complete() -> None:
    assert [complete(block) for block in blocks(ROOT / "README.md")].count(False) == 0
    assert len([block for page in PAGES for block in blocks(page) if complete(block)]) >= 12


def beside(folder: Path, found: re.Match[str]) -> str:
    """Return an import of a module that is beside the program under the name of its folder."""
    if not folder.joinpath(f"{found[1]}.py").exists():
        return found[0]
    return found[0].replace(f" {found[1]} ", f" {folder.name}_{found[1]} ")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every program as a file in one folder."""
    folder = tmp_path_factory.mktemp("programs")
    for page in PAGES:
        for number, block in enumerate(blocks(page), 1):
            if complete(block):
                folder.joinpath(f"{page.stem.lower()}_{number}.py").write_text(block, encoding="utf-8")
    for path in sorted(ROOT.glob("examples/**/*.py")):
        if not path.name.startswith("test_"):
            own = "_".join(path.relative_to(ROOT / "examples").with_suffix("").parts)
            text = re.sub(r"^ *from (\w+) import", partial(beside, path.parent), path.read_text(), flags=re.MULTILINE)
            folder.joinpath(f"{own}.py").write_text(text, encoding="utf-8")
    for path in TYPED.glob("*.py"):
        shutil.copy(path, folder / f"typed_{path.name}")
    return folder


def run(command: list[str], folder: Path) -> str:
    """Return what a checker says of the programs; it is empty when there is no fault."""
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    environ |= {"HOME": str(folder.parent), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.proof
@pytest.mark.timeout(2 * LIMIT)
def test_mypy_in_its_strict_mode_finds_no_fault(programs: Path) -> None:
    pytest.importorskip("mypy", reason="it is in the extra 'dev'")
    assert run(["mypy", "--strict", "--config-file=", "--python-version=3.11", "."], programs) == ""


@pytest.mark.proof
@pytest.mark.timeout(2 * LIMIT)
def test_pyright_finds_no_fault(programs: Path) -> None:
    pytest.importorskip("pyright", reason="it is in the extra 'dev'")
    settings = {"pythonVersion": "3.11", "reportUnnecessaryTypeIgnoreComment": True, "typeCheckingMode": "standard"}
    programs.joinpath("pyrightconfig.json").write_text(json.dumps(settings))
    assert run(["pyright", "--pythonpath", sys.executable, "."], programs) == ""
