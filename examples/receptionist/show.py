"""Shows the demo: on a terminal who is on the line now, in its place; elsewhere a line for everything that happens."""

from __future__ import annotations

import re
import time
from typing import Any

import gevent
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from relay_runtime import RelayClient
from relay_runtime.sandbox import Entry, Run, Sandbox

WIDTH = 80  # of a line that goes to a file or a pipe
LATELY = 6  # events that stay in sight below the calls
KNOWN = re.compile(r"(\S+):(\d+) in (\S+)")


class Show:
    """Looks at all calls several times a second, and tells what is new.

    Args:
        sandbox: who knows what callers hear and press.
        client: who knows where the code of each call stands.
    """

    def __init__(self, sandbox: Sandbox, client: RelayClient) -> None:
        self.sandbox = sandbox
        self.client = client
        self.console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
        self.began = time.monotonic()
        self.told: dict[int, int] = {}  # entries of a transcript that were told, by the run
        self.lately: list[Text] = []
        self.live: Live | None = None
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self.live = Live(console=self.console, auto_refresh=False, transient=True)

    def until(self, scene: gevent.Greenlet[..., None]) -> None:
        """Show everything until the scene is over."""
        self.milestone("The desk opens: Ctrl-C closes it. Every number is an invented one.")
        if self.live is not None:
            self.live.start()
        while not scene.ready():
            self.look()
            gevent.sleep(0.05)
        self.look()

    def look(self) -> None:
        """Tell what is new, and draw what is now."""
        places = {call.call_id: place(call.where) for call in self.client.live_calls()}
        for run in self.sandbox.runs():
            seen = self.told.get(id(run), 0)
            entries = run.transcript
            self.told[id(run)] = len(entries)
            for entry in entries[seen:]:
                self.tell_of(run, entry, places.get(run.call_id, ""))
        if self.live is not None:
            self.live.update(self.picture(places), refresh=True)

    def tell_of(self, run: Run, entry: Entry, where: str) -> None:
        """Tell what happened on a call; on a terminal only how it ended, since the rest is seen there."""
        if entry.what == "offered":
            return
        over = entry.what.startswith("ends the call")
        if over or self.live is None:
            self.tell(f"{run.number} {ending(run, entry) if over else spoken(entry)}", where)

    def tell(self, what: str, where: str = "") -> None:
        """Tell of an event: what happened, and where the code of the call stands."""
        line = Text(f"{time.monotonic() - self.began:5.1f} s  ", no_wrap=True, overflow="ellipsis")
        said = Text(what)
        said.truncate(self.room() - len(line) - len(where) - 2, overflow="ellipsis", pad=bool(where))
        line.append_text(said).append(f"  {where}" if where else "", "cyan")
        if self.live is None:
            self.write(line)
        else:
            self.lately = [*self.lately, line][-LATELY:]

    def milestone(self, what: str) -> None:
        """Tell what must not be missed: it stays on the terminal."""
        self.write(Text(f"{time.monotonic() - self.began:5.1f} s  {what}", "bold"))

    def cut(self, calls: int) -> None:
        """Tell that the socket is cut, and where the code of each call stands then."""
        self.look()
        self.milestone(f"THE CONNECTION IS CUT. {calls} are on the line; their code stands at")
        for call in self.client.live_calls():
            self.write(Text(f"         {self.number(call.call_id):14}{place(call.where)}", "cyan"))

    def resumed(self, seconds: float, kept: int, before: int) -> None:
        """Tell that the socket is back."""
        self.milestone(f"CONNECTED AGAIN after {seconds:.1f} s: same session, {kept} of {before} calls are kept")

    def close(self, summary: list[str]) -> None:
        """End the live view, and tell how it all went."""
        if self.live is not None:
            self.live.stop()
        for line in summary:
            self.write(Text(line, "bold" if line.startswith("What") else ""))

    def write(self, line: Text) -> None:
        """Write a line that stays; at the speed of whoever reads it."""
        self.console.print(line, soft_wrap=self.live is None)

    def room(self) -> int:
        """Return the columns that a line may have."""
        return self.console.width if self.live is not None else WIDTH

    def number(self, call_id: str) -> str:
        """Return the number of the far end of a call."""
        return next((run.number for run in self.sandbox.runs() if run.call_id == call_id), "")

    def picture(self, places: dict[str, str]) -> Any:
        """Return who is on the line now, and what happened lately."""
        state = Text("connected", "green") if self.client.state == "connected" else Text("no connection", "bold red")
        up = [run for run in self.sandbox.runs() if run.call_id in places and run.call is not None]
        table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
        for name, ratio in (("on the line", 13), ("hears", 0), ("pressed", 7), ("the code stands at", 25)):
            table.add_column(
                name, no_wrap=True, overflow="ellipsis", min_width=ratio or None, ratio=None if ratio else 1
            )
        for run in up:
            heard, pressed = so_far(run)
            table.add_row(run.number, heard, pressed, Text(places[run.call_id], "cyan"))
        head = Text.assemble("server: ", state, f"   on the line: {len(up)}")
        lately = self.lately[-max(0, self.console.height - len(up) - 5) :]
        return Group(head, Text(), table, Text(), *lately)


def place(where: str) -> str:
    """Return ``app.py:40 Receptionist.ask`` for the place that a status names."""
    known = KNOWN.fullmatch(where)
    return f"{known[1].rpartition('/')[2]}:{known[2]} {known[3]}" if known else where


def so_far(run: Run) -> tuple[str, str]:
    """Return what the far end hears, or heard last, and the keys that it has pressed."""
    heard = [entry.what.removeprefix("hears ") for entry in run.transcript if entry.what.startswith("hears ")]
    keys = [entry.what.removeprefix("presses ") for entry in run.transcript if entry.what.startswith("presses ")]
    return (heard or [""])[-1], "".join(keys)


def spoken(entry: Entry) -> str:
    """Return an event of a call in the words of somebody who watches."""
    if entry.what == "answers":
        return "is answered" if entry.who == "client" else "answers our call"
    return entry.what


def ending(run: Run, entry: Entry) -> str:
    """Return how a call ended."""
    if entry.what.endswith("busy"):
        return "hears the busy tone: everybody at the desk is speaking"
    by = "hangs up" if entry.who == run.who else "is told goodbye"
    heard, keys = so_far(run)
    return f"{by}{f' after pressing {keys}' if keys else ''}; heard {heard}"
