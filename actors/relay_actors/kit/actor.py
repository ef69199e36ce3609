"""Pykka actors on gevent greenlets, with Pykka's traps closed.

`GreenletActor` fills in Pykka's three hooks (inbox, future, loop) and replaces its loop, because Pykka's own

- answers any `BaseException` that reaches it with `ActorRegistry.stop_all()`: one uncaught `gevent.Timeout` or
  `SystemExit` in one actor would stop every actor of the process. Here it ends that actor alone;
- leaves a zombie when the greenlet of an idle actor is killed. Here every end runs through `GreenletActor._terminate`:
  the flag is set, asks are answered, watchers are told;
- tells nobody when `on_start` raises. Here that is a death like any other.

Death is noticed by `GreenletRef.monitor`, as in OTP: the watcher gets a `Down` message with the reason.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, ClassVar, cast

import gevent
import msgspec
import pykka
from gevent.greenlet import Greenlet
from gevent.hub import get_hub
from pykka.messages import _ActorStop

from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import spawn
from relay_actors.kit.future import GreenletFuture, awaited
from relay_actors.kit.ids import new_id
from relay_actors.kit.mailbox import Ask, Mailbox

__all__ = [
    "NO_REPLY",
    "Down",
    "GreenletActor",
    "GreenletRef",
    "NoReply",
    "forget_actors_of",
    "forward_interrupt",
]


class NoReply:
    """The type of `NO_REPLY`."""


NO_REPLY = NoReply()
"""Returned by a handler that keeps ``self.reply_to`` and will answer the ask later (OTP: ``noreply``)."""


class Down(msgspec.Struct, frozen=True):
    """An actor that was watched is dead.

    Attributes:
        actor_urn: which actor.
        reason: None after an orderly stop, otherwise what killed it.
    """

    actor_urn: str
    reason: BaseException | None


def forward_interrupt(error: BaseException | None) -> None:
    """Hand Ctrl-C to the main greenlet: Python raises it in whichever greenlet runs at that moment."""
    if isinstance(error, KeyboardInterrupt):
        get_hub().handle_system_error(KeyboardInterrupt, error)


def forget_actors_of(hub: Any) -> None:
    """Take the actors of a hub that has died out of Pykka's registry: none of them will ever stop."""
    for ref in pykka.ActorRegistry.get_all():
        actor = ref.mailbox.actor if isinstance(ref, GreenletRef) else None
        if actor is not None and actor._loop_greenlet is not None and actor._loop_greenlet.loop is hub.loop:
            pykka.ActorRegistry.unregister(ref)


def _urn(mailbox: Mailbox) -> str:
    """Return the name of the actor whose mailbox it is; made when it is first asked for."""
    if not mailbox.urn:
        mailbox.urn = "urn:uuid:" + new_id()
    return mailbox.urn


def _nobody() -> None:
    """The weak reference to an actor that is gone."""


class GreenletRef(pykka.ActorRef["GreenletActor"]):
    """A reference to an actor, safe to hand to anybody."""

    __slots__ = ("_reason", "_watchers", "actor_class", "mailbox")

    def __init__(self, actor: GreenletActor) -> None:
        # Pykka's own __init__, but for what the mailbox is.
        self.actor_class = actor.__class__
        self.mailbox = actor.mailbox
        self._watchers: list[Callable[[Down], object]] | None = None
        self._reason: BaseException | None = None

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        """The actor's name (Pykka's contract)."""
        return _urn(self.mailbox)

    @property
    def actor_inbox(self) -> Any:  # type: ignore[override]
        """The mailbox (Pykka's contract)."""
        return self.mailbox

    @property
    def actor_stopped(self) -> Any:  # type: ignore[override]
        """The mailbox, which knows whether the actor has stopped (Pykka's contract)."""
        return self.mailbox

    @property
    def _actor_weakref(self) -> Any:  # type: ignore[override]
        """Made when it is asked for (Pykka's proxies do): a weak reference per live call is one object too many."""
        actor = self.mailbox.actor
        return _nobody if actor is None else weakref.ref(actor.face)

    def tell(self, message: Any) -> None:
        """Put a message into the actor's mailbox. Never blocks.

        Raises:
            pykka.ActorDeadError: if the actor is dead.
        """
        if not self.mailbox.offer(message):
            raise pykka.ActorDeadError(f"{self} not found")

    def offer(self, message: Any) -> bool:
        """Put a message into the actor's mailbox unless it is dead; return whether it was put. Never blocks."""
        return self.mailbox.offer(message)

    def request(self, message: Any) -> GreenletFuture[Any]:
        """Ask the actor; return the future of its answer, which fails at once when it is dead. Never blocks."""
        future: GreenletFuture[Any] = GreenletFuture()
        if not self.forward(message, future):
            future.fail(pykka.ActorDeadError(f"{self} not found"))
        return future

    def forward(self, message: Any, reply_to: GreenletFuture[Any]) -> bool:
        """Hand over an ask: the actor answers ``reply_to``. Return False when it is dead. Never blocks."""
        return self.mailbox.offer(Ask(message, reply_to))

    def monitor(self, watcher: GreenletRef) -> None:
        """Have ``watcher`` told by a `Down` message when the actor is dead; at once if it is dead already."""
        self._when_down(watcher.offer)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the actor is dead; return False when ``timeout`` seconds passed first. Blocks this greenlet."""
        future: GreenletFuture[Down] = GreenletFuture()
        self._when_down(future.resolve)
        return future.wait(timeout)

    def _when_down(self, watcher: Callable[[Down], object]) -> None:
        if self.mailbox.closed:
            watcher(Down(self.actor_urn, self._reason))
        elif self._watchers is None:
            self._watchers = [watcher]
        else:
            self._watchers.append(watcher)

    def actor(self) -> GreenletActor | None:
        """Return the actor itself, for what its class offers to any greenlet; None when it is gone."""
        return None if self.mailbox.closed else self.mailbox.actor

    def kill(self) -> None:
        """End the actor at once, whatever it is doing (OTP: ``exit(kill)``). Never blocks."""
        actor = self.actor()
        if actor is not None:
            actor._kill()

    def _down(self, reason: BaseException | None) -> None:
        self._reason = reason
        watchers, self._watchers = self._watchers, None
        for watcher in watchers or ():
            watcher(Down(self.actor_urn, reason))


class GreenletActor(pykka.Actor):
    """An actor with a greenlet of its own.

    Subclasses implement ``on_receive(message)``. While a message is handled, ``self.reply_to`` is the future of the
    ask it came by, or None; a handler may keep it, return `NO_REPLY` and answer later.
    """

    REGISTERED: ClassVar[bool] = True
    """Whether Pykka's registry knows the actor. Its list makes each stop O(n): classes with many actors stay out."""

    # Slots, since there may be many actors, whose attributes are read at each message. A subclass may have others.
    __slots__ = ("_actor_ref", "_loop_greenlet", "mailbox", "reply_to")

    _actor_ref: GreenletRef

    def __init__(self) -> None:
        # Pykka's own __init__ draws a uuid4 and makes a threading.Event: the same, without system calls.
        self.reply_to: GreenletFuture[Any] | None = None
        self.mailbox: Mailbox = self._create_actor_inbox()
        self.mailbox.actor = self
        self._loop_greenlet: Greenlet[..., Any] | None = None
        self._actor_ref = GreenletRef(self)

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        """The actor's name (Pykka's contract)."""
        return _urn(self.mailbox)

    @property
    def actor_inbox(self) -> Any:  # type: ignore[override]
        """The mailbox (Pykka's contract)."""
        return self.mailbox

    @property
    def actor_stopped(self) -> Any:  # type: ignore[override]
        """The mailbox, which knows whether the actor has stopped (Pykka's contract)."""
        return self.mailbox

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> Any:
        """Create the actor, start it, and return its `GreenletRef`. Never blocks: ``on_start`` runs in its greenlet."""
        actor = cls(*args, **kwargs)
        actor.launch()
        return actor._actor_ref

    def launch(self) -> None:
        """Start an actor that was made by calling its class."""
        if self.REGISTERED:
            pykka.ActorRegistry.register(self._actor_ref)
        self._start_actor_loop()

    @property
    def ref(self) -> GreenletRef:
        """The actor's reference."""
        return self._actor_ref

    @property
    def face(self) -> Any:
        """The object that users know as this actor: itself, most often. Proxies and logs show it."""
        return self

    @staticmethod
    def _create_actor_inbox() -> Any:
        return Mailbox()

    @staticmethod
    def _create_future() -> GreenletFuture[Any]:
        return GreenletFuture()

    def _start_actor_loop(self) -> None:
        greenlet = spawn(self._actor_loop)
        greenlet.name = f"{type(self).__name__}"
        # A greenlet that is killed before its first turn never enters the loop: the link sees that death too.
        greenlet.link(self._loop_ended)
        self._loop_greenlet = greenlet

    def _loop_ended(self, greenlet: Any) -> None:
        self._terminate(greenlet.exception or gevent.GreenletExit())

    def _actor_loop(self) -> None:
        reason: BaseException | None = None
        try:
            self.on_start()
            self._actor_loop_running()
        except BaseException as error:  # noqa: BLE001 - law 4: nothing leaves this actor
            reason = error
        self._terminate(reason)
        forward_interrupt(reason)

    def _actor_loop_running(self) -> None:
        mailbox = self.mailbox
        while not self.mailbox.closed:
            while mailbox.empty():
                mailbox.park(None)
            self._handle(mailbox.pop())

    def _handle(self, item: Any) -> None:
        """Handle one item; an exception goes to the asker, or ends the actor when there is none."""
        if type(item) is not Ask:
            if isinstance(item, tuple):
                self._handle_receive(item)
            else:
                self.on_receive(item)
            return
        self.reply_to = reply_to = cast("GreenletFuture[Any]", item.reply_to)
        try:
            response = self._handle_receive(item.message)
        except Exception as error:  # noqa: BLE001 - it is the asker's
            reply_to.fail(error)
        except BaseException as error:
            reply_to.fail(pykka.ActorDeadError(f"{self} died of {type(error).__name__} while it handled the message"))
            raise
        else:
            if response is not NO_REPLY:
                reply_to.resolve(response)
        finally:
            self.reply_to = None

    def _handle_receive(self, message: Any) -> Any:
        """Handle a message; Pykka's own, which are tuples, go Pykka's way, but for a stop: it is this actor's."""
        if isinstance(message, _ActorStop):
            return self._stop()
        return (
            pykka.Actor._handle_receive(self.face, message) if isinstance(message, tuple) else self.on_receive(message)
        )

    def _stop(self) -> None:
        """Stop after the current message (Pykka calls this for a stop message)."""
        self._terminate(None)

    def _kill(self) -> None:
        greenlet = self._loop_greenlet
        self._terminate(gevent.GreenletExit())
        if greenlet is not None:
            greenlet.kill(block=False)

    def _terminate(self, reason: BaseException | None) -> None:
        """End the actor's life once: flag, hooks, asks, watchers. Later calls do nothing."""
        if self.mailbox.closed:
            return
        self.mailbox.set()
        if self.REGISTERED:
            pykka.ActorRegistry.unregister(self._actor_ref)
        try:
            if reason is None:
                self.on_stop()
            else:
                self.on_failure(type(reason), reason, reason.__traceback__)
        except BaseException as error:  # noqa: BLE001 - a failing hook must not hide the death from the watchers
            log_crash(error, "{} failed in its last hook", self)
        self._actor_loop_teardown()
        self._actor_ref._down(reason)

    def _actor_loop_teardown(self) -> None:
        """Answer what is left in the mailbox: stops succeed, asks learn that the actor is dead."""
        mailbox = self.mailbox
        while not mailbox.empty():
            item = mailbox.pop()
            message, reply_to = (item.message, item.reply_to) if type(item) is Ask else (item, None)
            if isinstance(message, _ActorStop):
                if reply_to is not None:
                    cast("GreenletFuture[Any]", reply_to).resolve(None)
                continue
            try:
                self.on_undelivered(message, cast("GreenletFuture[Any] | None", reply_to))
            except BaseException as error:  # noqa: BLE001 - as above
                log_crash(error, "{} failed in its last hook", self)
        mailbox.actor = None

    def on_undelivered(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:
        """Do something with a message that the actor died before handling.

        Answers an ask with `ActorDeadError`, and a message that is the future of its answer.
        """
        answer = awaited(message, reply_to)
        if answer is not None:
            answer.fail(pykka.ActorDeadError(f"{self} stopped before handling the message"))

    def _handle_failure(self, *_: Any) -> None:
        """Not reached: Pykka's own loop, which calls this, is replaced."""
        raise AssertionError("Pykka's loop is replaced")
