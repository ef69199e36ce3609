"""Questions to other processes of the fleet, and their answers: letters in the engine, one box a process."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import gevent
import msgspec
from gevent.event import AsyncResult
from gevent.pool import Pool

from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import spawn
from relay_runtime.fleet.engine import Engine, EngineDown, EngineError, NotThere
from relay_runtime.fleet.errors import FleetError, FleetTimeout

__all__ = ["Correspondence", "Letter", "Refusal", "new_id"]

_BLOCK: Final = 1.0  # seconds that the engine keeps a reader waiting
_AGAIN: Final = 0.25  # seconds until an engine that is away is read again
_AT_ONCE: Final = 64  # letters that are answered side by side
_PATIENCE: Final = 5.0  # seconds for an answer


def new_id() -> str:
    """Return a name that nothing else has."""
    return secrets.token_hex(8)


class Letter(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A question or an answer.

    Attributes:
        id: tells it from all others; an answer has that of its question.
        sender: the box of who asks; empty in an answer.
        op: ``call``, ``hangup``, ``tell``, or ``report``.
        call_id: the call that is asked about.
        value: what is told, or answered; JSON.
        error: why it can't be answered.
        kind: the kind of that error; see `Refusal`.
    """

    id: str
    sender: str = ""
    op: str = ""
    call_id: str = ""
    value: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    kind: str = ""


class Refusal(Exception):
    """A question that can't be answered, or not so.

    Attributes:
        kind: ``unknown_call``, ``refused``, ``no_answer`` or ``failed``.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Letter)


def _encoded(value: Any) -> msgspec.Raw:
    try:
        return msgspec.Raw(_encoder.encode(value))
    except (ValueError, OverflowError, RecursionError) as error:  # half a character, say, or a list that is in itself
        raise TypeError(f"the value has no JSON form: {error}") from None


class Correspondence:
    """Reads one box, and writes to others.

    Args:
        make_engine: makes a connection.
        box: where letters to this process come.
        answer: returns what answers a question, as it is to be told; may block the current greenlet, and raises
            `Refusal`.
    """

    def __init__(
        self, make_engine: Callable[[], Engine], box: str, answer: Callable[[Letter], Any] | None = None
    ) -> None:
        self.box = box
        self._engine = make_engine()
        self._reading = make_engine()
        self._answer = answer
        self._asked: dict[str, AsyncResult[Letter]] = {}
        self._pool: Any = Pool(_AT_ONCE)
        self._reader: Any = None

    def start(self) -> None:
        """Begin to read. Never blocks."""
        self._reader = spawn(self._read)
        self._reader.name = "mail of the fleet"

    def stop(self) -> None:
        """Read no more. Blocks the current greenlet for a moment: what reads must be over before its socket is."""
        if self._reader is not None:
            self._reader.kill()
            self._reader = None
        self._pool.kill()
        for each in list(self._asked.values()):
            each.set_exception(FleetTimeout("this process has left the fleet: whether it was done is not known"))
        self._engine.close()
        self._reading.close()

    def ask(self, box: str, op: str, call_id: str = "", value: Any = None) -> msgspec.Raw:
        """Return the answer to a question. Blocks the current greenlet.

        Raises:
            TypeError: the value has no JSON form.
            Refusal: it can't be answered.
            NotThere: nobody has such a box.
            FleetError: the engine does not answer.
            FleetTimeout: no answer came; whether what was asked is done is not known.
        """
        letter = Letter(id=new_id(), sender=self.box, op=op, call_id=call_id, value=_encoded(value))
        answered = self._asked[letter.id] = AsyncResult()
        try:
            self._post(box, letter)
            answered.wait(timeout=_PATIENCE)
        finally:
            del self._asked[letter.id]
        if not answered.ready():
            raise FleetTimeout(f"no answer within {_PATIENCE:g} s: whether it was done is not known")
        answer: Any = answered.get()
        if answer.error:
            raise Refusal(answer.kind, answer.error)
        told: msgspec.Raw = answer.value
        return told

    def _post(self, box: str, letter: Letter) -> None:
        try:
            self._deliver(box, letter.id, letter)
        except NotThere:
            raise
        except EngineDown as error:
            raise FleetTimeout(f"{error}: whether it was done is not known") from None
        except EngineError as error:
            raise FleetError(str(error)) from None

    def _deliver(self, box: str, mail: str, letter: Letter, *, of_member: bool = True) -> None:
        body = _encoder.encode(letter)
        try:
            self._engine.post(box, mail, body, of_member=of_member)
        except EngineDown as down:  # once more, on a new connection: the former one may have been cut long ago
            try:
                self._engine.post(box, mail, body, of_member=of_member)
            except NotThere:  # or it was taken out of an engine that begins empty since
                raise down from None

    def _read(self) -> None:
        while True:
            try:
                body = self._reading.take(self.box, _BLOCK)
            except EngineError:
                gevent.sleep(_AGAIN)
                continue
            if body is not None:
                self._receive(body)

    def _receive(self, body: bytes) -> None:
        try:
            letter = _decoder.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return  # nobody of ours has written it
        if letter.sender:
            self._pool.start(self._pool.greenlet_class(self._reply, letter))
        elif letter.id in self._asked:
            self._asked[letter.id].set(letter)

    def _reply(self, letter: Letter) -> None:
        answer = self._answered(letter)
        with suppress(EngineError):  # whoever has asked is told that there was no answer
            self._deliver(letter.sender, f"{letter.id}-answer", answer, of_member=False)

    def _answered(self, letter: Letter) -> Letter:
        if self._answer is None:
            return Letter(id=letter.id, error="this process answers nobody", kind="refused")
        try:
            return Letter(id=letter.id, value=msgspec.Raw(_encoder.encode(self._answer(letter))))
        except Refusal as refusal:
            return Letter(id=letter.id, error=str(refusal), kind=refusal.kind)
        except Exception as error:  # noqa: BLE001 - no letter may end the reader
            log_crash(error, "a question of the fleet could not be answered")
            return Letter(id=letter.id, error=f"the process failed to answer: {type(error).__name__}", kind="failed")
