"""How each shell tells what is typed, and wants to be told what may be. The scripts in the shells are typer's."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

__all__ = ["SHELLS", "Offer", "Shell"]

_SAFE: Final = re.compile(r"[\w.:/=@%+,-]+")
"""Words that no shell takes apart: zsh evaluates what it is told, and ids come from a server."""
_UNSAFE_HELP: Final = re.compile(r"[^\w .,/<>()-]")


class Offer(NamedTuple):
    """A word that may be typed, and what it is."""

    value: str
    help: str = ""


class Shell(NamedTuple):
    """A shell: what returns the words before the cursor and the one at it, and what returns answer and exit code."""

    words: Callable[[Mapping[str, str]], tuple[list[str], str]]
    shown: Callable[[Sequence[Offer], str, Mapping[str, str]], tuple[str, int]]


def _words_of_bash(environ: Mapping[str, str]) -> tuple[list[str], str]:
    """Put together again what bash has taken apart: it ends words at ``:`` and ``=``."""
    typed = environ["COMP_WORDS"].split("\n")[1 : int(environ["COMP_CWORD"]) + 1]
    words: list[str] = []
    joins = False
    for word in typed:
        separates = bool(word) and not word.strip(":=")
        if words and word and (separates or joins):
            words[-1] += word
        else:
            words.append(word)
        joins = separates
    *before, incomplete = words or [""]
    return [_unquoted(word) for word in before], _unquoted(incomplete)


def _words_of_others(environ: Mapping[str, str]) -> tuple[list[str], str]:
    line = environ.get("_TYPER_COMPLETE_ARGS", "")
    words = _split(line)[1:]
    if words and not line.endswith(" "):
        return words[:-1], words[-1]
    return words, ""


def _split(line: str) -> list[str]:
    """Split a line as a shell does, also one whose last word is not complete."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words = []
    try:
        for word in lexer:
            words.append(word)  # noqa: PERF402 - what came before an open quote counts
    except ValueError:
        words.append(lexer.token)
    return words


def _unquoted(word: str) -> str:
    return "".join(_split(word)[:1])


def _safe(offers: Sequence[Offer]) -> list[Offer]:
    return [Offer(value, _UNSAFE_HELP.sub(" ", told)) for value, told in offers if _SAFE.fullmatch(value)]


def _shown_in_bash(offers: Sequence[Offer], incomplete: str, _: Mapping[str, str]) -> tuple[str, int]:
    """Return a word a line: of each what stands behind the last separator, since bash replaces that alone."""
    start = max(incomplete.rfind(":"), incomplete.rfind("=")) + 1
    return "".join(f"{offer.value[start:]}\n" for offer in _safe(offers)), 0


def _shown_in_zsh(offers: Sequence[Offer], _: str, __: Mapping[str, str]) -> tuple[str, int]:
    """Return a command that zsh evaluates; without offers it is the one for files."""
    told = [(offer.value.replace(":", r"\\:"), offer.help) for offer in _safe(offers)]
    lines = "\n".join(f'"{value}":"{text}"' if text else f'"{value}"' for value, text in told)
    return (f"_arguments '*: :(({lines}))'\n" if lines else "_files\n"), 0


def _shown_in_fish(offers: Sequence[Offer], _: str, environ: Mapping[str, str]) -> tuple[str, int]:
    """Return a word and its help a line; asked whether there are any, say so by the exit code."""
    known = _safe(offers)
    if environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return "", 0 if known else 1
    return "".join(f"{value}\t{told}\n" if told else f"{value}\n" for value, told in known), 0


SHELLS: Final[Mapping[str, Shell]] = {
    "bash": Shell(_words_of_bash, _shown_in_bash),
    "zsh": Shell(_words_of_others, _shown_in_zsh),
    "fish": Shell(_words_of_others, _shown_in_fish),
}
