"""Writes ``completion/table.json``: the commands, their flags and what values these have, for shells at Tab.

``python tools/completion_table.py`` writes it; with ``--check`` it only looks whether it is up to date.
"""

from __future__ import annotations

import inspect
import json
import sys
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer

from relay_runtime.cli import app
from relay_runtime.cli.entry import COMMANDS
from relay_runtime.settings.options import OPTIONS

TABLE = Path(__file__).parents[1] / "runtime" / "relay_runtime" / "completion" / "table.json"
KINDS = {"APP": "apps", "ID": "calls", "PID": "processes", "FILE": "files", "PATH": "files", "DIR": "files"}


def choices(name: str) -> dict[str, list[str]]:
    """Return the words that flags of a command accept, by the name of the parameter."""
    known = {option.name: list(option.kind.choices) for option in OPTIONS.values() if option.kind.choices}
    for parameter in inspect.signature(COMMANDS[name], eval_str=True).parameters.values():
        for kind in get_args(parameter.annotation)[:1]:
            if isinstance(kind, type) and issubclass(kind, Enum):
                known[parameter.name] = [str(each.value) for each in kind]
    return known


def value(parameter: Any, known: dict[str, list[str]]) -> Any:
    """Return what stands behind a flag: nothing (None), one of some words, or a kind that `answer` knows."""
    if getattr(parameter, "is_flag", False):
        return None
    return known.get(parameter.name) or KINDS.get(parameter.metavar, "any")


def command(name: str, made: Any) -> dict[str, Any]:
    """Return what is known of a command."""
    known = choices(name)
    flags = {
        spelling: {"help": " ".join((each.help or "").split()), "value": value(each, known)}
        for each in made.params
        if each.param_type_name == "option"
        for spelling in each.opts
    }
    flags["--help"] = {"help": "Show this message and exit.", "value": None}
    arguments = [value(each, known) for each in made.params if each.param_type_name == "argument"]
    return {"flags": flags, "arguments": arguments}


def table() -> str:
    """Return the table as it is today."""
    root: Any = typer.main.get_command(app)
    told = {name: {"help": (made.help or "").strip().partition("\n")[0]} for name, made in root.commands.items()}
    flags = {spelling: {"help": each.help or "", "value": None} for each in root.params for spelling in each.opts}
    flags["--help"] = {"help": "Show this message and exit.", "value": None}
    commands = {name: command(name, made) for name, made in root.commands.items()}
    return json.dumps({"": {"commands": told, "flags": flags}, **commands}, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the table; return the exit code."""
    new = table()
    if "--check" in arguments:
        same = TABLE.read_text(encoding="utf-8") == new
        sys.stdout.write("" if same else f"{TABLE.name}\n")
        return 0 if same else 1
    TABLE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
