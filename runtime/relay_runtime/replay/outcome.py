"""What came of a replay, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

import msgspec

from relay_runtime.replay.comparison import Difference, Sent

__all__ = ["Divergence", "Replay", "ReplayDiffers"]

_INDENT = 28


class ReplayDiffers(AssertionError):
    """Today's code sent something else than what was recorded; the text has the difference.

    Args:
        replay: what came of the replay.

    Attributes:
        replay: see above.
    """

    def __init__(self, replay: Replay) -> None:
        super().__init__(replay.text())
        self.replay = replay


class Divergence(msgspec.Struct, frozen=True):
    """Where a verbatim replay stopped.

    Attributes:
        number: which request of the call it is, counted from 1.
        at: when, in seconds since the call began.
        expected: the recorded request; None: there was no further one.
        got: the app's request; None: it sent none in time.
        where: where the app's code stands: file, line and function, or an empty text.
    """

    number: int
    at: float
    expected: Sent | None
    got: Sent | None
    where: str = ""

    def text(self) -> str:
        """Return it for people: what was expected, what came, and where the code stands."""
        shown = [f"request {self.number}, at {self.at:.3f} s:"]
        for name, sent in (("expected", self.expected), ("got", self.got)):
            shown.append(f"  {name:<9} {sent.method if sent is not None else 'nothing'}")
            shown += [f"  {'':<9}   {line}" for line in (sent.lines if sent is not None else ())]
        if self.expected is not None and self.got is not None and self.expected.is_like(self.got):
            shown.append("  with the id of another operation or call")
        shown += [f"  the app's code stands at {self.where}"] if self.where else []
        return "\n".join(shown)


class Replay(msgspec.Struct, frozen=True):
    """What came of a replay.

    Attributes:
        name: what the recording is called.
        recorded: what the app had sent.
        replayed: what it sent now.
        differences: what is different, in order.
        notes: what may explain a difference, in words: what is doubtful in the recording, and what went otherwise.
        crashes: the tracebacks of the app's code.
        divergence: where a verbatim replay stopped; None: it came to its end, or this is another replay.
        today: what the code is called.
    """

    name: str
    recorded: tuple[Sent, ...]
    replayed: tuple[Sent, ...]
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    crashes: tuple[str, ...] = ()
    divergence: Divergence | None = None
    today: str = "today"

    @property
    def same(self) -> bool:
        """Whether the app sent what it had sent."""
        return not self.differences and self.divergence is None

    def named(self, name: str, today: str) -> Replay:
        """Return it with other names for the recording and the code."""
        return msgspec.structs.replace(self, name=name, today=today)

    def check(self) -> None:
        """Do nothing if the app sent what it had sent.

        Raises:
            ReplayDiffers: an `AssertionError`: it sent something else.
        """
        __tracebackhide__ = True
        if not self.same:
            raise ReplayDiffers(self)

    def text(self) -> str:
        """Return it for people: a unified difference, request by request, with the times of both runs.

        The times are not compared: the first is that of the recording, the second that of the replay.
        """
        if self.same:
            shown = [f"{self.name}: no difference in {_requests(len(self.recorded))}"]
        elif self.divergence is not None:
            shown = [f"{self.name}: the replay stopped", self.divergence.text()]
        else:
            shown = [
                f"--- {self.name}, {_requests(len(self.recorded))}",
                f"+++ {self.today}, {_requests(len(self.replayed))}",
            ]
            for difference in self.differences:
                shown += _hunk(difference)
        shown += [f"note: {note}" for note in self.notes]
        if not self.same:
            shown += [f"the app's code crashed:\n{crash}" for crash in self.crashes]
        return "\n".join(shown)


def _requests(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"


def _hunk(difference: Difference) -> Iterator[str]:
    old, new = difference.recorded, difference.replayed
    place = " ".join(f"{sign}{sent.number}" for sign, sent in (("-", old), ("+", new)) if sent is not None)
    yield f"@@ request {place} @@"
    if old is not None and new is not None and old.method == new.method:
        yield f"  {_time(old)} {_time(new)}  {new.method}"
        yield from _changed(old.lines, new.lines)
        if difference.why:
            yield f"! {'':<{_INDENT}}{difference.why}"
        return
    for sign, sent, times in (("-", old, (old, None)), ("+", new, (None, new))):
        if sent is not None:
            yield f"{sign} {_time(times[0])} {_time(times[1])}  {sent.method}"
            yield from (_param(sign, line) for line in sent.lines)


def _changed(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    for tag, first, last, first_new, last_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_param(" ", line) for line in old[first:last])
        else:
            yield from (_param("-", line) for line in old[first:last])
            yield from (_param("+", line) for line in new[first_new:last_new])


def _time(sent: Sent | None) -> str:
    return f"{sent.at:10.3f} s" if sent is not None else f"{'':12}"


def _param(sign: str, line: str) -> str:
    return f"{sign} {'':<{_INDENT}}{line}"
