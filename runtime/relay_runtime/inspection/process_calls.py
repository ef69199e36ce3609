"""The calls that this process serves itself, for those who look into it."""

from __future__ import annotations

import os
from typing import Protocol

from relay_actors.errors import RelayError
from relay_actors.kit import clock
from relay_actors.telemetry.status import CallStatus
from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.inspection.answers import Found, Lifetime
from relay_runtime.inspection.call_recording import CallRecording
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import WorkerReport, counted, resident_bytes
from relay_runtime.inspection.trace import CallTrace
from relay_runtime.metrics.collector import Observed
from relay_runtime.recording.call_mask import CallMask
from relay_runtime.watch.frame_mask import FrameMask
from relay_runtime.watch.masking import Masker

__all__ = ["Inspected", "ProcessCalls"]


class Inspected(Observed, Protocol):
    """What is asked of a client."""

    tap: FrameTap

    def live_calls(self) -> list[CallStatus]:
        """Return the live calls."""

    def call_status(self, call_id: str) -> CallStatus | None:
        """Return one live call, or None when there is none."""

    def hangup_call(self, call_id: str) -> bool:
        """Hang a call up; return False when there is none."""


class ProcessCalls:
    """The one worker that a process without workers is; see `Served`.

    Args:
        client: the client that serves the calls.
        process: the process around it.
        secrets: values that are masked in traces.
    """

    supervised = False

    def __init__(self, client: Inspected, process: Lifetime, secrets: tuple[str, ...] = ()) -> None:
        self._client = client
        self._process = process
        self._masker = Masker(secrets)
        self._mask = FrameMask(self._masker)
        self._began = clock.monotonic()

    def workers(self, *, calls: bool) -> tuple[WorkerReport, ...]:
        """Return this process."""
        status = self._client.status()
        serving = "serving" if status.connection.state == "connected" else "starting"
        worker = WorkerReport(
            pid=os.getpid(),
            state="draining" if self._process.stopping else serving,
            uptime=clock.monotonic() - self._began,
            memory=resident_bytes(),
            status=status,
            stats=counted(self._client.stats),
            calls=tuple(self._client.live_calls()) if calls else (),
        )
        return (worker,)

    def live(self) -> tuple[int, tuple[str, ...]]:
        """Return how many calls are live; no worker can fail to answer."""
        return self._client.status().calls.live, ()

    def find(self, prefix: str) -> tuple[list[Found], tuple[str, ...]]:
        """Return the live calls whose id begins so; one that is so alone, at the cost of one call."""
        if self._client.call_status(prefix) is not None:
            return [Found(prefix)], ()
        return [Found(call.call_id) for call in self._client.live_calls() if call.call_id.startswith(prefix)], ()

    def call(self, found: Found) -> CallStatus | None:
        """Return a call's status; None when it has ended."""
        return self._client.call_status(found.call_id)

    def trace(self, found: Found) -> CallTrace:
        """Return the frames of a call as they pass, masked."""
        return CallTrace(self._client.tap, found.call_id, self._mask)

    def record(self, found: Found, how: Request) -> CallRecording | None:
        """Return the recording of a call from now on, masked; None when it has ended."""
        status = self._client.call_status(found.call_id)
        if status is None:
            return None
        recording = self._recording(how).of(status)
        if self._client.call_status(found.call_id) is None:  # its end may have passed before the recording began
            recording.close()
            return None
        return recording

    def record_next(self, how: Request) -> CallRecording:
        """Return the recording of the next call that begins, masked."""
        return self._recording(how).of_next(how.context)

    def _recording(self, how: Request) -> CallRecording:
        mask = CallMask(keep_words=how.keep_words, mask_digits=how.mask_digits, masker=self._masker)
        return CallRecording(self._client.tap, mask)

    def hang_up(self, found: Found) -> dict[str, str] | None:
        """Hang a call up and return its ``call_id``; None when it has ended.

        Raises:
            Problem: the server refused.
        """
        try:
            return {"call_id": found.call_id} if self._client.hangup_call(found.call_id) else None
        except RelayError as error:
            raise Problem("refused", f"call {found.call_id} could not be hung up: {error}") from None
