"""Compares what a page shows with what was printed: the same, but for what differs from run to run.

A time of day, a version and a path under ``/srv/app/`` stand for any of their kind; a duration with a fraction and a
size of memory for one that is not much larger or smaller. An id, the number of a process and a port of this machine
stand for one where a page shows them first; from then on they stand for the same one, in commands too, and nothing
else does. Two spaces or more, which align columns, stand for as many. ``…`` in a line stands for any text, ``…`` alone
for any lines, none too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from string import digits
from typing import Final

__all__ = ["Known"]

_DATE: Final = r"\d{4}-\d\d-\d\d"
_CLOCK: Final = r"[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d+)?"
_ANY: Final = {
    "time": rf"(?:{_DATE}[ T])?{_CLOCK}(?:\+00:00)?",
    "day": r"\b\d\d? [A-Z][a-z]{2} 20\d\d\b|\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d\b",
    "stamp": r"\b\d{8}T\d{6}\.\d{3}Z",
    "number": r"(?<=\"at\":)\d+\.\d+|(?<=\"timestamp\":)\d+\.\d+|(?<=\"began\":)\d+\.\d+|(?<=\"seconds\":)\d+\.\d+",
    "size": r"\b\d+(?:\.\d+)?(?= MB\b)|\b\d+\.\d+(?= ?s\b)|\b\d+(?= ms\b)",
    "version": r"(?<=[a-zA-Z] )\d+\.\d+\.\d+\b(?!\.\d)",
    "path": r"/srv/app/",
}
_PRINTED: Final = {"path": r"/(?:[^\s/]+/)*", "day": f"(?:{_ANY['day']})"}
_BOUND: Final = {
    "id": r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    "node": r"\bsandbox-[0-9a-f]{8}\b",
    "short": r"\b(?=[0-9a-f]*[a-f])(?=[a-f]*\d)[0-9a-f]{8}\b|\b(?=[0-9a-f]*[a-f])(?=[a-f]*\d)[0-9a-f]{16}\b",
    "beginning": r"(?<=')[0-9a-f]{6}(?=')",
    "token": r"(?<=token=)[\w-]{32}(?![\w-])",
    "port": r"(?<=127\.0\.0\.1:)\d{4,5}\b|(?<=\bport )\d{4,5}\b",
    "process": r"(?<=process )\d+\b|(?<=^alpha  )\d+\b|(?<=^beta  )\d+\b|(?<=^beta   )\d+\b|(?<=^[1-9]       )\d+\b",
}
_SHORT: Final = r"\b(?:[0-9a-f]{8}|[0-9a-f]{16})\b"  # some have digits alone
_TOKEN: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in (_ANY | _BOUND).items()))
_WORD: Final = re.compile(r"\b[0-9a-f]{6,}(?:-[0-9a-f-]+)?\b|\b\d{4,7}\b")
_SLACK: Final = 60, 10
"""A printed amount may differ by so much, or be so many times as large or as small."""
_SHORTEST: Final = 6  # characters of an id by which a command names it


@dataclass
class Known:
    """What a page shows, and what it was when the page was followed."""

    values: dict[str, str] = field(default_factory=dict)
    owned: set[tuple[str, str]] = field(default_factory=set)

    def command(self, text: str) -> str:
        """Return a command with the ids, ports and processes of this run; a port that it names stands for itself."""
        for port in re.findall(_BOUND["port"], text):
            if port not in self.values:
                self.values[port] = port
                self.owned.add(("port", port))
        return _WORD.sub(lambda found: self._find(found[0]) or found[0], text)

    def matches(self, shown: str, printed: str, *, learn: bool = False) -> bool:
        """Tell whether a page shows what was printed; ``learn`` keeps what stands for what."""
        groups: dict[str, str] = {}
        pattern = self._pattern([line.rstrip() for line in shown.strip("\n").splitlines()], groups)
        lines = "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")
        found = re.fullmatch(pattern, f"{lines}\n" if lines else "", re.MULTILINE)
        if found is None:
            return False
        amounts = {token: found[group] for token, group in groups.items() if group.startswith("size")}
        new = {token: found[group] for token, group in groups.items() if token not in amounts}
        owned = [(groups[token].rstrip(digits), value) for token, value in new.items()]
        if self.owned.intersection(owned) or len(set(owned)) < len(owned):
            return False
        if not all(_near(float(token.split()[0]), float(value)) for token, value in amounts.items()):
            return False
        if learn:
            self.values |= new
            self.owned |= set(owned)
        return True

    def _find(self, token: str) -> str | None:
        for shown, printed in self.values.items():
            if shown == token or (len(token) >= _SHORTEST and shown.startswith(token)):
                return printed[: len(token)] if len(token) < len(shown) else printed
        return None

    def _pattern(self, lines: list[str], groups: dict[str, str]) -> str:
        """Return the pattern of some lines: what stands between two ``…`` is where it is found first."""
        chunks: list[list[str]] = [[]]
        for line in lines:
            if line == "…":
                chunks.append([])
            else:
                chunks[-1].append(self._line(line, groups))
        first, *others = ("".join(chunk) for chunk in chunks)
        if not others:
            return first
        return first + "".join(rf"(?>(?:.*\n)*?{chunk})" for chunk in others[:-1]) + rf"(?:.*\n)*?{others[-1]}"

    def _line(self, line: str, groups: dict[str, str]) -> str:
        pattern, at = "", 0
        for found in _TOKEN.finditer(line):
            pattern += _literal(line[at : found.start()], inside=at > 0) + self._token(
                str(found.lastgroup), found[0], groups
            )
            at = found.end()
        return pattern + _literal(line[at:], inside=at > 0) + r" *\n"

    def _token(self, kind: str, token: str, groups: dict[str, str]) -> str:
        if kind == "size":
            groups[f"{token} {len(groups)}"] = name = f"size{len(groups)}"
            return f"(?P<{name}>{_ANY[kind]})"
        if kind in _ANY:
            return _PRINTED.get(kind) or rf"(?:{re.sub(r'[(][?]<=.*?[)]', '', _ANY[kind])})"
        known = self._find(token)
        if known is not None:
            return re.escape(known)
        if token in groups:
            return f"(?P={groups[token]})"
        groups[token] = f"{kind}{len(groups)}"
        return f"(?P<{groups[token]}>{_SHORT if kind == 'short' else _BOUND[kind]})"


def _near(shown: float, printed: float) -> bool:
    most, times = _SLACK
    return abs(shown - printed) <= max(most, (times - 1) * min(shown, printed))


def _literal(text: str, *, inside: bool) -> str:
    """Return a pattern for what stands as it is, with ``…`` and columns; ``inside``: something stands before it."""
    columns = rf"({'^ {2,}|' if inside else ''}…|(?<=\S) {{2,}}(?=\S)|(?<=\S) {{2,}}$)"
    parts = [part for part in re.split(columns, text) if part]
    return "".join(
        ".*" if part == "…" else " {2,}" if part.isspace() and len(part) > 1 and (inside or at) else re.escape(part)
        for at, part in enumerate(parts)
    )
