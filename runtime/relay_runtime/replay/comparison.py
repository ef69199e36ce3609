"""What an app sent otherwise than it had when the call was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any

import msgspec

from relay_runtime.recording.kept import ID_KEYS
from relay_runtime.recording.lines import Line
from relay_runtime.replay.story import comparable

__all__ = ["Difference", "Sent", "compared", "ids_in", "sent_in"]


class Sent(msgspec.Struct, frozen=True):
    """A request that the app sent.

    Attributes:
        number: which one of the call, counted from 1.
        at: when, in seconds since the recording began.
        method: its method.
        lines: its params, each a line with its path, without ids.
        ids: its ids, by their path.
    """

    number: int
    at: float
    method: str
    lines: tuple[str, ...]
    ids: dict[str, str]

    def is_like(self, other: Sent) -> bool:
        """Tell whether another one asks the same, whatever the ids are."""
        return (self.method, self.lines) == (other.method, other.lines)


class Difference(msgspec.Struct, frozen=True):
    """A request that was sent before or now alone, or that says something else now.

    Attributes:
        recorded: what was sent when the call was recorded; None: nothing.
        replayed: what is sent now; None: nothing.
        why: what is different of two that ask the same, or an empty text.
    """

    recorded: Sent | None
    replayed: Sent | None
    why: str = ""


def sent_in(frames: Iterable[Line]) -> tuple[Sent, ...]:
    """Return the requests of the app among the frames of a call."""
    found: list[Sent] = []
    for line in frames:
        method, params = line.frame.get("method"), line.frame.get("params")
        if line.direction == "out" and isinstance(method, str):
            body = params if isinstance(params, dict) else {}
            lines = tuple(_lines(comparable(body)))
            found.append(Sent(len(found) + 1, line.at, method, lines, ids_in(body)))
    return tuple(found)


def compared(recorded: tuple[Sent, ...], replayed: tuple[Sent, ...]) -> tuple[Difference, ...]:
    """Return the differences between two runs of a call, in order."""
    known: dict[str, str] = {}
    names: dict[str, str] = {}
    found: list[Difference] = []
    before, now = ([(each.method, each.lines) for each in run] for run in (recorded, replayed))
    matched = SequenceMatcher(None, before, now, autojunk=False)
    for tag, first, last, first_now, last_now in matched.get_opcodes():
        old_ones, new_ones = recorded[first:last], replayed[first_now:last_now]
        if tag == "equal":
            for old, new in zip(old_ones, new_ones, strict=True):
                why = _other_ids(old, new, known, names)
                found += [Difference(old, new, why)] if why else []
        else:
            found += _paired(old_ones, new_ones)
    return tuple(found)


def _paired(before: tuple[Sent, ...], now: tuple[Sent, ...]) -> Iterator[Difference]:
    """Give what is between two places where the runs are alike: those of a method beside each other."""
    methods, methods_now = ([each.method for each in run] for run in (before, now))
    matched = SequenceMatcher(None, methods, methods_now, autojunk=False)
    for tag, first, last, first_now, last_now in matched.get_opcodes():
        if tag == "equal":
            pairs = zip(before[first:last], now[first_now:last_now], strict=True)
            yield from (Difference(old, new) for old, new in pairs if not old.is_like(new))
        else:
            yield from (Difference(old, None) for old in before[first:last])
            yield from (Difference(None, new) for new in now[first_now:last_now])


def _other_ids(old: Sent, new: Sent, known: dict[str, str], names: dict[str, str]) -> str:
    """Return which id of a request is that of another operation or call than it was, or an empty text."""
    for path, value in old.ids.items():
        other = new.ids.get(path)
        if other is None:
            return f"{path} is missing"
        if known.setdefault(value, other) != other or names.setdefault(other, value) != value:
            return f"{path} is that of another operation or call"
    more = sorted(set(new.ids) - set(old.ids))
    return f"{more[0]} is new" if more else ""


def _lines(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _lines(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for place, each in enumerate(value):
            yield from _lines(each, f"{path}[{place}]")
    elif path:
        yield f"{path}: {msgspec.json.encode(value).decode()}"


def _ids(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            where = f"{path}.{key}" if path else key
            if key in ID_KEYS and isinstance(each, str):
                if key != "node_id" and each:
                    yield where, each
            else:
                yield from _ids(each, where)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _ids(each, f"{path}[{place}]")


def ids_in(params: dict[str, Any]) -> dict[str, str]:
    """Return the ids in params, by their path."""
    return dict(_ids(params))
