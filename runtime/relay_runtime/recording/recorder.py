"""Recording the calls of a client, each to a file of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self

from loguru import logger

from relay_actors.kit.throttle import Throttle
from relay_runtime.client.frame_tap import Direction, FrameTap
from relay_runtime.recording.call_mask import CallMask
from relay_runtime.recording.calls import RecordedCalls
from relay_runtime.recording.file_writer import FileWriter
from relay_runtime.settings.private_directory import own_directory
from relay_runtime.watch.masking import Masker

__all__ = ["Recordable", "Recorder"]


class Recordable(Protocol):
    """What is asked of a client."""

    @property
    def tap(self) -> FrameTap:
        """Where its frames can be watched."""

    @property
    def project(self) -> str:
        """Its project."""

    @property
    def token(self) -> str:
        """Its token."""

    @property
    def jwt_token(self) -> str:
        """Its JWT."""


class Recorder:
    """Records every call of a client from its beginning to its end, each to ``DIRECTORY/TIME-CALL_ID.jsonl``.

    The files are JSON lines: see ``docs/recording.md``. Numbers are masked always. Words that are spoken or written are
    replaced by tokens, unless they are to be kept; keys that are pressed are kept, unless they are to be masked. Use it
    as a context manager, and enter it before the client connects: a call that is under way by then is recorded from its
    next command on. Nothing of it holds up a call: what can't be written is left out, which is logged, and told in the
    recording.

    Args:
        client: the client, of `relay_runtime` or of `relay_runtime.aio`.
        directory: where the files are made; it is made itself if need be, and must be this user's alone.
        keep_words: whether words are kept.
        mask_digits: whether keys that are pressed are masked as well.

    Attributes:
        directory: where the files are.

    Raises:
        ValueError: the directory can't be made, or others can open it.
    """

    def __init__(
        self,
        client: Recordable,
        directory: str | os.PathLike[str],
        *,
        keep_words: bool = False,
        mask_digits: bool = False,
    ) -> None:
        self.directory = own_directory(Path(directory), "recordings")
        self._client = client
        self._keep_words = keep_words
        self._mask_digits = mask_digits
        self._secrets: tuple[str, ...] = ()
        self._masker = Masker()
        self._throttle = Throttle()
        self._told = 0
        self._writer: FileWriter | None = None
        self._calls: RecordedCalls | None = None
        self._stop: Callable[[], None] | None = None

    @property
    def recorded(self) -> int:
        """How many recordings have come to their end."""
        return 0 if self._writer is None else self._writer.written

    @property
    def left_out(self) -> int:
        """How many frames found no room, since they came faster than they could be written."""
        return 0 if self._writer is None else self._writer.left_out

    @property
    def cut_off(self) -> int:
        """How many recordings could not be written to their end."""
        return 0 if self._writer is None else self._writer.cut_off

    def start(self) -> None:
        """Record from now on. Never blocks.

        Raises:
            RuntimeError: it records already.
        """
        if self._stop is not None:
            raise RuntimeError(f"the calls are recorded already, in {self.directory}")
        self._told = 0
        self._writer = FileWriter(self.directory, self._make_mask)
        self._calls = RecordedCalls(self._writer)
        self._stop = self._client.tap.watch(self._see)

    def close(self) -> None:
        """Record no more: calls that go on are cut off there. Blocks the current greenlet for ten seconds at most."""
        stop, self._stop = self._stop, None
        if stop is None or self._calls is None or self._writer is None:
            return
        stop()
        self._calls.end_all("stopped")
        if not self._writer.close():
            logger.error("the recordings in {} could not be written in time", self.directory)
        self._tell(last=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _see(self, direction: Direction, frame: str | bytes) -> None:
        if self._calls is None or self._writer is None:
            return
        self._calls.see(direction, frame)
        if self._writer.cut_off + self._writer.left_out != self._told:
            self._tell()

    def _tell(self, *, last: bool = False) -> None:
        """Log what was lost since the last word: at once, then every ten seconds at most, and at the end."""
        writer = self._writer
        if writer is None or writer.cut_off + writer.left_out == self._told:
            return
        if not self._throttle.tell() and not last:
            return
        self._told = writer.cut_off + writer.left_out
        logger.error(
            "calls could not be recorded in {}: recordings cut off: {} ({}), frames left out: {}",
            self.directory,
            writer.cut_off,
            writer.problem or "none",
            writer.left_out,
        )

    def _make_mask(self) -> CallMask:
        client = self._client
        secrets = client.project, client.token, client.jwt_token
        if secrets != self._secrets:
            self._secrets, self._masker = secrets, Masker(secrets)
        return CallMask(keep_words=self._keep_words, mask_digits=self._mask_digits, masker=self._masker)
