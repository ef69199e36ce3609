"""Writes what ``docs/cli.md`` shows of the command line: the help of commands, all that can be configured, exit codes.

``python docs/cli_page.py`` writes it; with ``--check`` it only looks whether the page is up to date, in its words:
how lines are broken, and how the type of a value is named, is up to the versions of typer and rich.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

os.environ.update(COLUMNS="100", TERMINAL_WIDTH="100", _TYPER_FORCE_DISABLE_TERMINAL="1")  # typer looks when imported

from relay_runtime.cli import run
from relay_runtime.cli.console import print_rich
from relay_runtime.cli.show_config import table
from relay_runtime.process.process import EXIT_CODES
from relay_runtime.settings.config import from_environment, from_file, from_flags, merge
from relay_runtime.settings.options import OPTIONS, Option

PAGE = Path(__file__).with_name("cli.md")
BEGIN, END = "<!-- table: written by cli_page.py -->\n", "<!-- end of the table -->\n"
HELP = re.compile(r"(?<=^\$ relay-runtime )([a-z-]*) ?--help\n.*?(?=^```$)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"(?<=^\$ relay-runtime config --drain-timeout 20\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
CODES = re.compile(r"(?<=^### Exit codes\n\n).*?(?=\n\n)", re.MULTILINE | re.DOTALL)
LOOKS = re.compile(r"<[\w|]+>|[╭╮╰╯│─]|\s+")


def help_of(command: str) -> str:
    """Return what a command prints for ``--help``; an empty name stands for the commands together."""
    said = io.StringIO()
    with redirect_stdout(said):
        run([*filter(None, [command]), "--help"])
    lines = [line.rstrip() for line in said.getvalue().strip("\n").split("\n")]
    return "\n".join([f"{command} --help".strip(), *lines[lines[0] == "" :]]) + "\n"


def row(option: Option) -> str:
    """Return the line of one option."""
    name, variable = f"`{option.name}`", f"`{option.variable}`"
    name += f" ({option.kind.in_file})" if option.kind.in_file else ""
    variable += f" ({option.kind.in_variable})" if option.kind.in_variable else ""
    flag = f"`{option.flag}`" if option.flag else ""
    flag += ", repeatable" if option.kind.repeatable else ""
    unset = f"`{option.unset}`" if isinstance(option.default, str | bool) else option.unset
    return f"| {name} | {variable} | {flag} | {unset} |".replace("|  |", "| |").replace("|  |", "| |")


def example(file: str) -> str:
    """Return what ``relay-runtime config --drain-timeout 20`` prints with a configuration file and a token."""
    variables = {OPTIONS["token"].variable: "PT0000"}
    layers = [from_flags({"drain_timeout": 20}), from_environment(variables)]
    said = io.StringIO()
    with redirect_stdout(said):
        print_rich(table(merge(*layers, from_file(tomllib.loads(file), "relay.toml"))))
    return said.getvalue()


def page(text: str) -> str:
    """Return the page as it is today."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    rows = "\n".join(row(option) for option in OPTIONS.values())
    head = "| in `relay.toml` | variable | flag | default |\n|---|---|---|---|"
    text = f"{before}{BEGIN}\n{head}\n{rows}\n\n{END}{after}"
    codes = "\n".join(f"| {code:d} | {meaning} |" for code, meaning in EXIT_CODES.items())
    text = CODES.sub(lambda _: f"| code | meaning |\n|---|---|\n{codes}", text)
    text = HELP.sub(lambda found: help_of(found[1]), text)
    file = FILE.search(text)
    assert file is not None, "the page shows no configuration file"
    shown = example(file[1])
    return EXAMPLE.sub(lambda _: shown, text)


def main(arguments: list[str]) -> int:
    """Write or check the page; return the exit code."""
    text = PAGE.read_text(encoding="utf-8")
    new = page(text)
    if "--check" in arguments:
        same = LOOKS.sub("", new) == LOOKS.sub("", text)
        sys.stdout.write("" if same else f"{PAGE.name}\n")
        return 0 if same else 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
