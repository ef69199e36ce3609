"""The text messages of a test: those that come to the app, and those that it sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import gevent

from relay_actors.kit import clock
from relay_runtime.sandbox import Sandbox, SentMessage
from relay_runtime.testing.crashes import Crashes
from relay_runtime.testing.seconds import checked_seconds

__all__ = ["MessageBox", "MessageFailure"]

_PATIENCE: Final = 10.0


class MessageFailure(AssertionError):
    """The app did not send the message that a test waited for; the text says what it sent, and what crashed of it."""


class MessageBox:
    """Sends messages to the app, and waits for those that it sends.

    Args:
        sandbox: the server that both pass.
        serves: called with a context before a message comes in on it.
        crashes: what crashed of the app.
    """

    def __init__(self, sandbox: Sandbox, serves: Callable[[str], object], crashes: Crashes) -> None:
        self._sandbox = sandbox
        self._serves = serves
        self._crashes = crashes
        self._taken: set[str] = set()

    @property
    def sent(self) -> list[SentMessage]:
        """What the app has sent so far, oldest first."""
        return self._sandbox.messages()

    def arrives(
        self,
        body: str = "",
        *,
        context: str,
        from_number: str = "+15550100001",
        to_number: str = "+15550100099",
        media: Sequence[str] = (),
    ) -> str:
        """Have somebody send the app a message; return its id. Blocks only until the app's client has the context.

        Args:
            body: the text.
            context: the context that it comes in on.
            from_number: who sends it.
            to_number: to which number of the app.
            media: URLs of pictures.

        Raises:
            MessageFailure: the app has left the context.
        """
        __tracebackhide__ = True
        self._serves(context)
        message_id = self._sandbox.sends_message(
            from_number=from_number, to_number=to_number, body=body, context=context, media=media
        )
        if message_id is None:
            raise MessageFailure(f"nobody receives the context {context!r}: the app's client has left it")
        return message_id

    def is_sent(self, text: str = "", *, to_number: str | None = None, within: float = _PATIENCE) -> SentMessage:
        """Wait until the app has sent a message, and return it; each is returned once. Blocks the current greenlet.

        Args:
            text: a part of its body, in any case.
            to_number: to whom it goes; None is anybody.
            within: seconds to wait at most.

        Raises:
            ValueError: the seconds are none.
            MessageFailure: it was not sent in this time; the text has all that were.
        """
        __tracebackhide__ = True
        end = clock.monotonic() + checked_seconds("within", within)
        while True:
            after = max((int(each["number"]) for each in self._sandbox.requests("messaging.send")), default=0)
            for message in self.sent:
                fits = text.casefold() in message.body.casefold() and to_number in {None, message.to_number}
                if fits and message.message_id not in self._taken:
                    self._taken.add(message.message_id)
                    return message
            try:
                left = max(0.0, end - clock.monotonic())
                self._sandbox.wait_for_request("messaging.send", after=after, timeout=left)
                gevent.sleep(0)  # it is performed behind this
            except TimeoutError:
                break
        whom = "" if to_number is None else f" to {to_number}"
        what = f"no message{f' with {text!r}' if text else ''}{whom} was sent within {within:g} s"
        raise MessageFailure(f"{self._crashed()}{what}; {self._all()}")

    def none_is_sent(self, during: float = _PATIENCE) -> None:
        """Let seconds pass in which the app sends no message besides those that `is_sent` has returned.

        Raises:
            ValueError: the seconds are none.
            MessageFailure: it has sent one.
        """
        __tracebackhide__ = True
        gevent.sleep(checked_seconds("during", during))
        if any(message.message_id not in self._taken for message in self.sent):
            raise MessageFailure(f"the app was to send no message within {during:g} s; {self._all()}")

    def app_crashes(self, kind: type[BaseException] = Exception, within: float = _PATIENCE) -> BaseException:
        """Wait until code of the app crashes that belongs to no call; return what it raised: the test has expected it.

        That is the handler of messages; those of events, tasks and of the client's beginning count too.

        Args:
            kind: the class of the error.
            within: seconds to wait at most.

        Raises:
            ValueError: the seconds are none.
            MessageFailure: it did not crash in this time, or with another error.
        """
        __tracebackhide__ = True
        crash = self._crashes.wait("", kind, checked_seconds("within", within))
        if crash is None:
            what = f"the app's code was to raise {kind.__name__} within {within:g} s, and did not"
            raise MessageFailure(f"{self._crashed()}{what}; {self._all()}")
        return crash.error

    def _crashed(self) -> str:
        return "".join(f"{crash.what}:\n{crash.text}\n\n" for crash in self._crashes.unexpected(""))

    def _all(self) -> str:
        told = "".join(f"\n  to {each.to_number}, {each.state}: {each.body!r}" for each in self.sent)
        return f"it has sent:{told}" if told else "it has sent none"
