"""Verbs that find out who or what answered (protocol 7.3)."""

from __future__ import annotations

from typing import Any

from relay_actors.call.actions import DetectAction, OnCompleted
from relay_actors.call.commands import begin
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.kit.ids import new_id
from relay_actors.wire.dicts import Detector
from relay_actors.wire.events import DetectEvent

__all__ = ["DetectVerbs"]


class DetectVerbs(Verbs):
    """Detectors. Each blocks the current greenlet until the server's reply, not until a result."""

    __slots__ = ()

    def detect(
        self,
        detect: Detector | dict[str, Any],
        *,
        timeout: float | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted[DetectEvent] | None = None,
        **kwargs: Any,
    ) -> DetectAction:
        """Run a detector (``calling.detect``) and return it.

        Args:
            detect: ``{"type": "machine" | "fax" | "digit", "params": {…}}``; the type defaults to ``machine``. For
                the params see `detect_answering_machine` (and ``machine_ready_timeout``, in seconds), `detect_fax`
                and `detect_digit`.
            timeout: seconds until it gives up; default 30.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the first result, or with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running detector: ``wait()`` gives a `DetectEvent`, and ``event`` in it says what was found.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        params = given(detect=detect, timeout=timeout, **kwargs)
        return begin(self._relay, DetectAction(self._relay, control_id or new_id(), on_completed), params)

    def detect_answering_machine(
        self,
        *,
        initial_timeout: float | None = None,
        end_silence_timeout: float | None = None,
        machine_voice_threshold: float | None = None,
        machine_words_threshold: int | None = None,
        detect_interruptions: bool | None = None,
        detect_message_end: bool | None = None,
        timeout: float | None = None,
        on_completed: OnCompleted[DetectEvent] | None = None,
    ) -> DetectAction:
        """Find out whether a person or a machine answered (``calling.detect``).

        ``wait()`` gives ``HUMAN``, ``MACHINE`` or ``UNKNOWN``; ``wait_for_ready()`` then waits until a machine is ready
        for a message.

        Args:
            initial_timeout: seconds to wait for a voice; default 4.5.
            end_silence_timeout: seconds of silence that end the greeting; default 1.
            machine_voice_threshold: seconds of voice that make it a machine; default 1.25.
            machine_words_threshold: number of words that make it a machine; default 6.
            detect_interruptions: tell ``NOT_READY`` when a voice returns after ``READY``; default False.
            detect_message_end: go on after ``MACHINE`` until it is ready; default True.
            timeout: seconds until it gives up; default 30.
            on_completed: called in the call's greenlet with the first result, or with the event that ended it.
        """
        params = given(
            initial_timeout=initial_timeout,
            end_silence_timeout=end_silence_timeout,
            machine_voice_threshold=machine_voice_threshold,
            machine_words_threshold=machine_words_threshold,
            detect_interruptions=detect_interruptions,
            detect_message_end=detect_message_end,
        )
        return DetectVerbs.detect(
            self, {"type": "machine", "params": params}, timeout=timeout, on_completed=on_completed
        )

    def detect_fax(
        self,
        *,
        tone: str | None = None,
        timeout: float | None = None,
        on_completed: OnCompleted[DetectEvent] | None = None,
    ) -> DetectAction:
        """Find out whether a fax machine is on the line (``calling.detect``).

        Args:
            tone: the tone to listen for: ``CED`` (default) or ``CNG``.
            timeout: seconds until it gives up; default 30.
            on_completed: called in the call's greenlet with the first result, or with the event that ended it.
        """
        detect = {"type": "fax", "params": given(tone=tone)}
        return DetectVerbs.detect(self, detect, timeout=timeout, on_completed=on_completed)

    def detect_digit(
        self,
        *,
        digits: str | None = None,
        timeout: float | None = None,
        on_completed: OnCompleted[DetectEvent] | None = None,
    ) -> DetectAction:
        """Find out which digit the caller presses (``calling.detect``).

        Args:
            digits: those to listen for; default ``0123456789#*``.
            timeout: seconds until it gives up; default 30.
            on_completed: called in the call's greenlet with the first result, or with the event that ended it.
        """
        detect = {"type": "digit", "params": given(digits=digits)}
        return DetectVerbs.detect(self, detect, timeout=timeout, on_completed=on_completed)
