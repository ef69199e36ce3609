"""README's programs, those of the docs, and the examples have no fault for mypy --strict and pyright.

Both look at the installed copy of the package, by its own types. A program is a block that defines all that it uses; in
the tutorial it is every file of Python but the tests, which are run, and have no types, as people write them.
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
from pathlib import Path

import pytest
from walkthrough import Block
from walkthrough import blocks as all_blocks

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "docs" / "testing.md"
"""Its programs are tests, as people write them: without types, and beside each other. They are run."""
LEARN = sorted(ROOT.glob("docs/learn/*.md"))
OTHERS = {"reference", "learn"}
DOCS = sorted(page for page in ROOT.glob("docs/**/*.md") if not OTHERS.intersection(page.parts) and page != TESTS)
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


def taught(page: str) -> list[Block]:
    """Return the programs of a page of the tutorial."""
    files = [block for block in all_blocks(page) if block.language == "python" and block.file]
    return [block for block in files if not Path(block.file).name.startswith(("test_", "conftest"))]


def own_name(project: str, file: str) -> str:
    """Return the name of a project's module among those of all."""
    return "_".join([re.sub(r"\W", "_", project), *Path(file).with_suffix("").parts])


def beside(project: str, files: set[str], text: str) -> str:
    """Return a program whose imports of modules beside it have their names among those of all."""

    def renamed(found: re.Match[str]) -> str:
        if f"{found[2]}.py" not in files:
            return found[0]
        name = own_name(project, found[2])
        return f"{found[1]}from {name} import" if found[3] else f"{found[1]}import {name} as {found[2]}"

    return re.sub(r"^( *)(?:from|import) (\w+)( import)?\b(?! as)", renamed, text, flags=re.MULTILINE)


def test_a_program_of_the_tutorial_is_any_file_but_a_test() -> None:
    page = "```python\n# app.py\nimport box\n```\n```python\n# box.py\n```\n```python\n# test_app.py\n```\n"
    assert [block.file for block in taught(page)] == ["app.py", "box.py"]
    assert beside("1-a", {"box.py"}, "import box\nimport os\n") == "import 1_a_box as box\nimport os\n"
    assert beside("1-a", {"box.py"}, "from box import Box\n") == "from 1_a_box import Box\n"


def test_every_step_of_the_tutorial_has_a_program() -> None:
    steps = [page for page in LEARN if page.name != "README.md"]
    assert [page.name for page in steps if not taught(page.read_text(encoding="utf-8"))] == []


def lessons(page: Path) -> list[tuple[str, str]]:
    """Return the programs of a page of the tutorial as modules; a later version of a file is one of its own."""
    files = taught(page.read_text(encoding="utf-8"))
    project, names = f"learn-{page.stem}", [block.file for block in files]
    found = []
    for number, block in enumerate(files):
        earlier = f"_{number}" if block.file in names[number + 1 :] else ""
        text = beside(project, set(names), block.text)
        found.append((f"{own_name(project, block.file)}{earlier}.py", text))
    return found


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
            project = "_".join(path.relative_to(ROOT / "examples").parts[:-1])
            text = beside(project, {each.name for each in path.parent.glob("*.py")}, path.read_text(encoding="utf-8"))
            folder.joinpath(f"{own_name(project, path.name)}.py").write_text(text, encoding="utf-8")
    for page in LEARN:
        for name, text in lessons(page):
            folder.joinpath(name).write_text(text, encoding="utf-8")
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
