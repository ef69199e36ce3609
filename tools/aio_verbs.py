"""Writes the verbs and actions of ``relay_runtime.aio`` from those of the call: the same names and arguments, awaited.

``python tools/aio_verbs.py`` writes them; with ``--check`` it only looks whether they are up to date.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CALL = ROOT / "actors/relay_actors/call"
AIO = ROOT / "runtime/relay_runtime/aio"
SUBJECTS = sorted({path.stem for path in (CALL / "verbs").glob("*.py")} - {"__init__", "base", "given", "waiting"})
KINDS = ("media", "collect", "detect", "fax", "pay", "ai")
COMMON = {"PausableAction"}
BY_HAND = ("Action", "ResultsAction", "StoppableAction")
NOTE = "Written by tools/aio_verbs.py; change the original and run it again."
WORDS = (
    ("called in the call's greenlet with", "called in the loop with"),
    (" Blocks the current greenlet until the reply, which it returns.", " Return the reply."),
    ("Blocks the current greenlet until the reply. ", ""),
    (" Blocks the current greenlet until the reply.", ""),
    (" Blocks the current greenlet, as `wait` does.", ""),
)
"""What is true of greenlets only, and what is true of coroutines."""


def classes(path: Path) -> list[ast.ClassDef]:
    """Return the classes of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def type_imports(path: Path) -> Iterator[str]:
    """Yield the imports of a module that its annotations need; the linter takes away what is not used then."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("collections.abc", "relay_actors.wire")):
            yield ast.unparse(node)


def methods(of: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """Yield the public methods that users call."""
    for node in of.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            told = ast.get_docstring(node) or ""
            if "call's core" not in told:
                yield node


def docstring(of: ast.FunctionDef | ast.ClassDef, indent: str) -> str:
    """Return a docstring, in the words of coroutines."""
    told = ast.get_docstring(of) or ""
    for one, other in WORDS:
        told = re.sub((r"\s*" if one[0] == " " else "") + r"\s+".join(map(re.escape, one.split())), other, told)
    told = told.partition("\n\nAttributes:\n")[0]  # they are properties, each with words of its own
    told = re.sub(r"\n\n(Each b|B)locks the current greenlet[^.]*\.(?=\n|$)", "", told)
    lines = [line.rstrip() for line in told.strip().split("\n")]
    text = f"\n{indent}".join(line for line in lines)
    text = re.sub(r"[ ]+\n", "\n", text)
    return f'{indent}"""{text}"""' if len(lines) == 1 else f'{indent}"""{text}\n{indent}"""'


def passed_on(of: ast.FunctionDef) -> str:
    """Return the arguments of the call to the original."""
    args = of.args
    given = [each.arg for each in args.args[1:]]
    given += [f"{each.arg}={each.arg}" for each in args.kwonlyargs]
    if args.kwarg is not None:
        given.append(f"**{args.kwarg.arg}")
    return ", ".join(given)


def verb(of: ast.FunctionDef, owner: str) -> str:
    """Return one verb as a coroutine method."""
    returned = ast.unparse(of.returns) if of.returns else "None"
    how = f"_begin({returned}, " if returned.endswith("Action") else "_ask("
    rest = passed_on(of)
    body = f"        return await self.{how}{owner}.{of.name}{', ' + rest if rest else ''})"
    head = f"    async def {of.name}({ast.unparse(of.args)}) -> {returned}:"
    return "\n".join([head, docstring(of, "        "), body])


def verbs_of(subject: str) -> str:
    """Return the module of one subject."""
    path = CALL / "verbs" / f"{subject}.py"
    (of,) = classes(path)
    parts = [verb(each, "model." + of.name) for each in methods(of)]
    actions = sorted(set(re.findall(r"\b\w+Action\b", "\n".join(parts))))
    callback = "OnCompleted" in "\n".join(parts)
    told = (ast.get_docstring(ast.parse(path.read_text())) or "").split(" (protocol")[0]
    lines = [
        f'"""{told.rstrip(".")}, awaited.\n\n{NOTE}\n"""\n',
        "from __future__ import annotations\n",
        "from typing import Any\n",
        *type_imports(path),
        f"from relay_actors.call.verbs import {subject} as model",
        f"from relay_runtime.aio.actions import {', '.join(actions)}" if actions else "",
        f"from relay_runtime.aio.verbs.base import {'OnCompleted, ' if callback else ''}Verbs\n",
        f'__all__ = ["{of.name}"]\n\n',
        f"class {of.name}(Verbs):",
        f'    """{(ast.get_docstring(of) or "").split(chr(10))[0].split(" Each blocks")[0]}"""\n',
        "    __slots__ = ()\n",
        "\n\n".join(parts),
    ]
    return "\n".join(filter(None, lines)) + "\n"


def sub_command(of: ast.FunctionDef, owner: str) -> str:
    """Return a sub-command of an action as a coroutine method, or a property as one."""
    returned = ast.unparse(of.returns) if of.returns else "None"
    head, rest = f"({ast.unparse(of.args)}) -> {returned}:", passed_on(of)
    if of.decorator_list:
        return "\n".join(
            [
                "    @property",
                f"    def {of.name}{head}",
                docstring(of, "        "),
                f"        return self._of.{of.name}",
            ]
        )
    asked = "_bridge.ask" if returned.endswith("Event") else "_ask"
    its = f"{owner}.{of.name}, " + ("self._of, " if asked != "_ask" else "") + rest
    lines = [f"    async def {of.name}{head}", docstring(of, "        ")]
    return "\n".join([*lines, f"        return await self.{asked}({its.rstrip(', ')})"])


def attributes(of: ast.ClassDef) -> Iterator[str]:
    """Yield the attributes that the docstring of an operation lists, each as a property."""
    told = (ast.get_docstring(of) or "").partition("\n\nAttributes:\n")[2]
    begun = [node for node in of.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    args = [each for init in begun for each in init.args.args + init.args.kwonlyargs]
    types = {each.arg: each.annotation for each in args if each.annotation is not None}
    for name, words in re.findall(r"^    (\w+): (.+)$", told, re.MULTILINE):
        head = f"    @property\n    def {name}(self) -> {ast.unparse(types[name])}:"
        yield f'{head}\n        """{words[0].upper()}{words[1:]}"""\n        return self._of.{name}'


def action(of: ast.ClassDef) -> str:
    """Return the class of one operation."""
    base = ast.unparse(of.bases[0])
    method = next((ast.unparse(n) for n in of.body if isinstance(n, ast.Assign) and "METHOD" in ast.unparse(n)), "")
    parts = [*attributes(of), *(sub_command(each, f"model.{of.name}") for each in methods(of))]
    own = [f"    {method}"] if method else []
    annotated = [] if of.name in COMMON else [f"    _of: model.{of.name}"]
    body = "\n\n".join(filter(None, ["    __slots__ = ()", "\n".join(own), "\n".join(annotated), *parts]))
    return f"class {of.name}({base}):\n{docstring(of, '    ')}\n\n{body}\n"


def actions() -> str:
    """Return the module of the operations."""
    found = [each for each in classes(CALL / "actions/base.py") if each.name in COMMON]
    for kind in KINDS:
        found += classes(CALL / f"actions/{kind}.py")
    names = sorted(each.name for each in found)
    parts = [action(each) for each in found]
    listed = ", ".join(f'"{name}"' for name in sorted([*BY_HAND, *names]))
    return "\n".join(
        [
            f'"""The operations of a call, awaited.\n\n{NOTE}\n"""\n',
            "from __future__ import annotations\n",
            "from typing import Any\n",
            "from relay_actors.call import actions as model",
            "from relay_actors.call.actions.base import E_co",
            *(each for kind in KINDS for each in type_imports(CALL / f"actions/{kind}.py")),
            f"from relay_runtime.aio.action import {', '.join(BY_HAND)}\n",
            f"__all__ = [{listed}]\n\n",
            "\n\n".join(parts),
        ]
    )


def package() -> str:
    """Return what the verbs are imported from."""
    names = {subject: classes(CALL / "verbs" / f"{subject}.py")[0].name for subject in SUBJECTS}
    imports = [f"from relay_runtime.aio.verbs.{subject} import {name}" for subject, name in names.items()]
    listed = ", ".join(f'"{name}"' for name in sorted(names.values()))
    told = f'"""The verbs of a call, awaited, one file a subject.\n\n{NOTE}\n"""\n'
    return "\n".join([told, "from __future__ import annotations\n", *imports, f"\n__all__ = [{listed}]\n"])


def formatted(text: str) -> str:
    """Return a module as the linter wants it."""
    for command in (["check", "--select", "I,F401", "--fix-only", "-q"], ["format", "-q"]):
        run = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(AIO / "x.py"), "-"]
        text = subprocess.run(run, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout  # noqa: S603 - our own linter
    return text


def pages() -> dict[Path, str]:
    """Return what is to be in each file."""
    found = {AIO / "verbs" / f"{subject}.py": verbs_of(subject) for subject in SUBJECTS}
    found[AIO / "verbs/__init__.py"] = package()
    found[AIO / "actions.py"] = actions()
    return {path: formatted(text) for path, text in found.items()}


def main() -> int:
    """Write or check, and return the exit code."""
    stale = 0
    for path, text in pages().items():
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale; run: python tools/aio_verbs.py\n")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
