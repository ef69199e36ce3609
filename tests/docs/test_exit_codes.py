"""What pages and the help say of exit codes: each is one that there is, and is told beside what it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from walkthrough import prose_of

from relay_runtime.cli import app
from relay_runtime.process.process import EXIT_CODES, INTERRUPTED, ExitCode
from relay_runtime.workers import outcome

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): prose_of(path.read_text(encoding="utf-8"))
    for pattern in ("README.md", "docs/**/*.md", "examples/**/*.md", "deploy/**/*.md")
    for path in sorted(ROOT.glob(pattern))
    if "reference" not in path.parts
}
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]

TOLD = re.compile(r"\bexit code(?: of the parent)?(?: is| would be)? (\d+)\b", re.IGNORECASE)
BEFORE = re.compile(r"(?:Exit code|[.;]) (\d+): ([^.;]+)")
"""As the help of a command tells them: the code, and what it stands for."""

WORDS = {
    ExitCode.OK: r"every call ended by itself|as the app meant|^made$|^done, or shown|no difference|there is none",
    ExitCode.FAILED: r"\bdefect\b|crashed|parent (process )?has died|had loaded the app|gives up|giving up"
    r"|^a difference|there is one|stdout can't be written",
    ExitCode.USAGE: r"command line is wrong|wrong argument|^no name",
    ExitCode.BAD_APP: r"can't be loaded|the replacement of worker",
    ExitCode.BAD_CONFIG: r"setting is missing|folder can't be made|file can't be read|not installed|ConnectFailed"
    r"|not this user's alone",
    ExitCode.REFUSED: r"refuses the credentials",
    ExitCode.CALLS_ENDED: r"drain timeout was over|longer than the timeout|would have been hung up",
    ExitCode.AT_ONCE: r"second signal|while True",
    ExitCode.UNREACHABLE: r"may be up|left up|took no hang-up|out of reach|(does|do) not answer|engine is down"
    r"|process ends\.|calls_left_up|leave calls up|left_up",
    ExitCode.NEGATIVE: r"nobody answered|was not possible|was to do|can't be played again|can't be done|refused before"
    r"|(it was|RELAY) refused|something is|answer is no|^With --wait: how long",
    INTERRUPTED: r"Ctrl-C",
}
"""From each exit code to the words of which one stands wherever it is told: in its sentence, or its row."""


def sentences(page: str) -> Iterator[str]:
    """Yield the rows of tables, and the sentences of everything else, each on one line."""
    for part in re.split(r"\n\n|\n(?=[|#]| *- )", page):
        flat = " ".join(part.split())
        yield from [flat] if flat.startswith("|") else re.split(r"(?<=[.])\s+(?=[A-Z`*])", flat)


def told() -> Iterator[tuple[str, int, str]]:
    """Yield where an exit code is told, the code, and the words around it."""
    for name, page in PAGES.items():
        for sentence in sentences(page):
            yield from ((name, int(code), sentence) for code in TOLD.findall(sentence))
        for rows in re.findall(r"^\| (?:exit code|code \| meaning) \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.MULTILINE):
            yield from ((name, int(code), text) for code, text in re.findall(r"^\| (\d+) \| (.*) \|$", rows, re.M))
    for name, command in COMMANDS.items():
        for text in [command.help or "", *(getattr(each, "help", None) or "" for each in command.params)]:
            words = " ".join(text.split())
            if "Exit code" in words:
                yield from ((name, int(code), what) for code, what in BEFORE.findall(words))
            else:
                yield from ((name, int(code), words) for code in TOLD.findall(words))


SITES = list(told())


def test_there_is_one_meaning_for_each_exit_code() -> None:
    assert list(EXIT_CODES) == [*ExitCode, INTERRUPTED]
    assert WORDS.keys() == EXIT_CODES.keys()
    assert len(SITES) > 50


@pytest.mark.parametrize(("name", "code", "words"), SITES, ids=[f"{name} {code}" for name, code, _ in SITES])
def test_an_exit_code_is_told_beside_what_it_stands_for(name: str, code: int, words: str) -> None:
    assert code in WORDS, f"{name}: there is no exit code {code}"
    assert re.search(WORDS[code], words), f"{name}: exit code {code} is not for this: {words}"


@pytest.mark.parametrize("code", [code for code in EXIT_CODES if code != ExitCode.UNREACHABLE])
def test_the_words_of_one_meaning_are_not_those_of_another(code: int) -> None:
    assert [other for other, words in WORDS.items() if re.search(words, EXIT_CODES[code])] == [code]


@pytest.mark.parametrize("name", ["fleet", "new", "phone", "replay"])
def test_the_table_of_a_command_has_every_exit_code_that_it_names_itself(name: str) -> None:
    source = (ROOT / "runtime" / "relay_runtime" / "cli" / f"{name}.py").read_text(encoding="utf-8")
    own = PAGES["docs/phone.md"] if name == "phone" else PAGES["docs/cli.md"].partition(f"\n## {name}\n")[2]
    table = own.partition("\n| exit code |")[2].partition("\n\n")[0]
    assert {ExitCode[code] for code in re.findall(r"\bExitCode\.(\w+)", source)} <= {
        int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)
    }


def test_the_weight_of_exit_codes_is_told_as_it_is() -> None:
    heaviest_first = ", ".join(f"{code:d}" for code in reversed(outcome._WEIGHT))
    assert f"weightiest of theirs: {heaviest_first}." in " ".join(PAGES["docs/cli.md"].split())
