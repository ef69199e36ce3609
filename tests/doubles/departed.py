"""A process that has died with calls up, and the ledger that it has left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from doubles.raw_client import raw_client

from relay_runtime.ledger.records import Opened, Record, SessionKept, encode
from relay_runtime.sandbox import Caller, Run, Sandbox

__all__ = ["Departed", "key_in"]


def key_in(path: Path) -> str:
    """Return the key of the one process that has a ledger in a folder."""
    (name,) = {each.partition("-")[0] for each in os.listdir(path)}
    return name


class Departed:
    """Logs in and serves calls until it is killed.

    Attributes:
        runs: the callers, by the id of their call.
    """

    def __init__(self, sandbox: Sandbox, *contexts: str) -> None:
        self._sandbox = sandbox
        self._raw = raw_client(sandbox)
        self._contexts = contexts or ("former",)  # what is offered there is offered to nobody else
        self._raw.login(sandbox, *self._contexts)
        self.runs: dict[str, Run] = {}

    def offered(self, caller: Caller | None = None, *, answered: bool = False) -> dict[str, Any]:
        """Have somebody call; return the address of the call."""
        script = (caller or Caller("+15550100001").waits_for_hangup(timeout=30_000)).dials(self._contexts[0])
        run = self._sandbox.place(script)
        address = self._raw.event("calling.call.receive", call_id=run.call_id)
        found = {"call_id": address["call_id"], "node_id": address["node_id"]}
        if answered:
            self._raw.do(found, "calling.answer")
            self._raw.event("calling.call.state", call_state="answered", call_id=run.call_id)
        self.runs[run.call_id] = run
        return found

    def killed(self, path: Path, key: str, *records: Record, pid: int = 4711, limit: int = 7) -> Path:
        """End it, and leave a ledger with these records behind those of its session."""
        blob = self._raw.event("signalwire.authorization.state")["authorization_state"]
        session = SessionKept(self._raw.session["protocol"], blob, self._contexts)
        self._raw.close()
        file = path / f"{key}-{pid}-0123abcd.ledger"
        beside = path / f".{file.name}"
        beside.write_bytes(b"".join(map(encode, (Opened(1, key, pid, limit), session, *records))))
        beside.chmod(0o600)
        beside.rename(file)
        return file
