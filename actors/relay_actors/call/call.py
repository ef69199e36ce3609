"""A live call as its users know it."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, Protocol, TypeVar, overload

import pykka

from relay_actors.call import verbs
from relay_actors.call.class_code import refuse_class
from relay_actors.call.core import CallCore
from relay_actors.call.crash_policy import CrashPolicy, checked_policy
from relay_actors.call.hooks import Hooks, hooks_of
from relay_actors.call.memo import read_memo, write_memo
from relay_actors.call.messages import AddListener
from relay_actors.call.program import Program
from relay_actors.call.reserved import refuse_reserved
from relay_actors.call.setup import CallSetup
from relay_actors.call.when_done import checked_when_done
from relay_actors.kit.user_code import checked_function
from relay_actors.wire.checks import check_event_type
from relay_actors.wire.dicts import DialDevices
from relay_actors.wire.events import MessageStateEvent

__all__ = ["Call", "CallActor", "CallClient", "read_hooks"]

C = TypeVar("C", bound="Call")


class Call(
    verbs.SetupVerbs,
    verbs.MediaVerbs,
    verbs.CollectVerbs,
    verbs.DetectVerbs,
    verbs.FaxVerbs,
    verbs.TapStreamVerbs,
    verbs.PayVerbs,
    verbs.ConferenceVerbs,
    verbs.QueueVerbs,
    verbs.AIVerbs,
    verbs.SpeechVerbs,
    verbs.Waiting,
    pykka.Actor,
):
    """One live call, inbound or outbound: its verbs, its waits and what is known of it.

    Every method may be called from any greenlet: in the call's own code (``run()``, hooks, callbacks) a wait pumps the
    call's mailbox, elsewhere it parks the caller on a future.
    """

    __slots__ = ("_relay__core",)

    _relay__core: CallCore

    when_done: str = "hangup"
    """What happens to a call that is still up when ``run()`` returns: ``hangup``, or ``leave`` it as it is."""

    when_crashed: ClassVar[CrashPolicy | None] = None
    """What happens to a call that is up when ``run()``, a hook or a callback raises: ``"hangup"`` (with the reason
    ``error``), ``Say("…")`` to say something and hang up, or ``Transfer("…")`` to hand it on. None takes the client's,
    which is to hang up unless `RelayClient` was told something else. A crash meanwhile hangs up."""

    when_orphaned: ClassVar[CrashPolicy | None] = None
    """What happens to a call whose process has died, in the one that adopts it, if the class has no ``on_adopted``; in
    the words of ``when_crashed``, which is the default."""

    def __init__(self, setup: CallSetup) -> None:
        kind = type(self)
        self._relay__core = Program(CallCore(setup, kind.__name__), self, hooks_of.get(kind) or read_hooks(kind)).core

    def __repr__(self) -> str:
        return repr(self._relay__core.facts)

    __str__ = __repr__

    # The call's actor: all that the runtime needs of a call is there, and nothing of it here. It can't be set.
    _relay = property(attrgetter("_relay__core"))

    # What is known of the call

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self._relay__core.facts.call_id

    @property
    def node_id(self) -> str:
        """The routing half of the call's address."""
        return self._relay__core.facts.node_id

    @property
    def project_id(self) -> str:
        """The project the call belongs to."""
        return self._relay__core.facts.project_id

    @property
    def context(self) -> str:
        """The context an inbound call arrived on; empty for an outbound one."""
        return self._relay__core.facts.context

    @property
    def direction(self) -> str:
        """``inbound`` or ``outbound``."""
        return self._relay__core.facts.direction

    @property
    def device(self) -> dict[str, Any] | Any:
        """The call's device, ``{"type": …, "params": {…}}``: a fresh dict at each access. None if it was adopted."""
        return self._relay__core.facts.device

    @property
    def from_number(self) -> str | Any:
        """Who calls: a number, a SIP address, or an empty string. None if the call was adopted: use the memo."""
        return self._relay__core.facts.from_number

    @property
    def to_number(self) -> str | Any:
        """Who is called: a number, a SIP address, or an empty string. None if the call was adopted: use the memo."""
        return self._relay__core.facts.to_number

    @property
    def tag(self) -> str:
        """The label of the dial that made the call, or an empty string."""
        return self._relay__core.facts.tag

    @property
    def segment_id(self) -> str:
        """The call segment, for correlation only."""
        return self._relay__core.facts.segment_id

    @property
    def born(self) -> float:
        """When its actor was made, in monotonic seconds."""
        return self._relay__core.facts.born

    @property
    def history(self) -> tuple[tuple[float, str], ...]:
        """When the call came into each of its states, in monotonic seconds, oldest first."""
        return self._relay__core.facts.history

    @property
    def state(self) -> str:
        """The call's state: ``created``, ``ringing``, ``answered``, ``ending`` or ``ended``."""
        return self._relay__core.facts.state

    @property
    def is_ended(self) -> bool:
        """Whether the call is over for this client."""
        return self._relay__core.facts.is_ended

    @property
    def end_reason(self) -> str:
        """Why the call ended, in the wire's spelling; empty while it is up or when the server gave no reason."""
        return self._relay__core.facts.end_reason

    @property
    def memo(self) -> Any:
        """What the call's code wants to be remembered of it: set it to anything that has a JSON form of 1,024 bytes.

        It is written down for ``on_adopted``, if the client has a ledger. What is read is a fresh copy; None at first.

        Raises:
            TypeError: it has no JSON form.
            ValueError: its form is longer.
        """
        return read_memo(self._relay__core)

    @memo.setter
    def memo(self, value: Any) -> None:
        write_memo(self._relay__core, value)

    @property
    def client(self) -> CallClient:
        """The client that the call belongs to, to dial and to send messages: the `RelayClient`."""
        client: CallClient = self._relay__core.environment.client
        return client

    # Commands and listeners

    def command(self, method: str, params: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:
        """Send any call method with this call's address and return its result.

        Blocks the current greenlet until the reply, ``timeout`` seconds (default ``request_timeout``) at most.

        Raises:
            RelayError: the server refused it.
            RequestTimeout: no reply came in time.
            ConnectionLost: the connection dropped while the reply was awaited.
        """
        core = self._relay__core
        core.refuse_elsewhere()
        return core.command(method, params, timeout=timeout)

    def on(self, event_type: str, handler: Callable[[Any], object]) -> None:
        """Call ``handler(event)`` with each event of this call of a type (``*`` for all). Never blocks.

        The handler runs in the call's greenlet, as hooks do, and may use the call's verbs.

        Raises:
            TypeError: the handler is no plain function of one argument.
            ValueError: a known type of events was meant.
        """
        self._relay__core.refuse_elsewhere()
        check_event_type(event_type)
        checked_function(handler, f"the listener to {event_type}")
        self._relay__core.note(AddListener(event_type, handler))

    # Pykka's contract

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a call, start its actor, and return the reference (Pykka's contract). The runtime does so itself."""
        core = cls(*args, **kwargs)._relay__core
        core.begin(())
        core.launch()
        return core.ref

    @property
    def actor_ref(self) -> Any:
        """The reference of the call's actor (Pykka's contract)."""
        return self._relay__core.ref

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        """The name of the call's actor (Pykka's contract)."""
        return self._relay__core.actor_urn

    @property
    def actor_inbox(self) -> Any:  # type: ignore[override]
        """The mailbox of the call's actor (Pykka's contract)."""
        return self._relay__core.mailbox

    @property
    def actor_stopped(self) -> Any:  # type: ignore[override]
        """Knows whether the call's actor has stopped, by ``is_set()`` (Pykka's contract)."""
        return self._relay__core.mailbox

    _create_actor_inbox = staticmethod(CallCore._create_actor_inbox)
    _create_future = staticmethod(CallCore._create_future)

    def _start_actor_loop(self) -> None:
        """Not reached: Pykka's own `start`, which calls this, is replaced."""
        raise AssertionError("a call is started by its actor")


class Sent(Protocol):
    """A message that a call's code has sent; see `Message`."""

    message_id: str

    @property
    def is_done(self) -> bool:
        """Whether it has its terminal state."""

    def wait(self, timeout: float | None = None) -> MessageStateEvent:
        """Wait for the terminal state and return its event. Blocks the current greenlet."""


class CallClient(Protocol):
    """What the code of a call may do by its client; see `RelayClient` for arguments and errors."""

    @property
    def contexts(self) -> list[str]:
        """The desired contexts."""

    @overload
    def dial(self, devices: DialDevices, *, call_actor: None = None, **kwargs: Any) -> Call: ...
    @overload
    def dial(self, devices: DialDevices, *, call_actor: Callable[..., C], **kwargs: Any) -> C: ...
    def dial(self, devices: DialDevices, *, call_actor: Any = None, **kwargs: Any) -> Any:
        """Call somebody and return the call once it is answered. Blocks the current greenlet."""

    def send_message(
        self,
        *,
        to_number: str,
        from_number: str,
        context: str | None = None,
        body: str | None = None,
        media: list[str] | None = None,
        tags: list[str] | None = None,
        region: str | None = None,
        on_completed: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> Sent:
        """Send an SMS or MMS and return it. Blocks the current greenlet until it is accepted."""

    def execute(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send any method and return its result. Blocks the current greenlet until the reply."""

    def hangup_call(self, call_id: str, reason: str = "hangup") -> bool:
        """Hang up a live call by its id, and return whether there is one. Blocks until the reply."""

    def tell(self, call_id: str, value: Any) -> None:
        """Have ``on_told(value)`` run in a live call's own turn. Blocks the current greenlet for a second at most."""


class CallActor(Call):
    """A call with code of your own: override `run`, hooks, or both.

    ``run()`` is plain blocking code. Hooks (``on_answered``, ``on_digits``, ``on_ended``, …) run in the same greenlet
    while ``run()`` waits, one at a time; a class without ``run()`` costs a greenlet only while a hook runs. When
    ``run()`` returns, a call that is still up is hung up (see ``when_done``); when it raises, the error is logged and
    the call is hung up with the reason ``error`` (see ``when_crashed``).

    A hang-up ends what is under way first: the server sends its last event, and the wait for a prompt or a playback
    returns that, without a key or as finished. The wait for the next verb raises `CallEnded`, and so does, at once, a
    wait that no such event ends (``sleep``, ``wait_for``): let it pass, or clean up in ``finally``. Code that goes on
    for ``code_linger`` seconds after the end is ended by `CodeOverdue`.

    A subclass owns its names: a method of its own that is called like a verb (``play``, ``hangup``) takes the place of
    the verb for its own code only. What a call *is* (``state``, ``context``, ``tag``, …) can't be redefined.

    Raises:
        TypeError: a class redefines what a call is, its ``when_crashed`` is none, or some of its code would never run:
            a coroutine, a hook that does not exist, an ``__init__`` that makes no call.
        ValueError: its ``when_done`` is none.
    """

    __slots__ = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Check what a class declares, when it is made."""
        super().__init_subclass__(**kwargs)
        refuse_reserved(cls, Call)
        refuse_class(cls, CallActor)
        checked_when_done(cls.when_done, f"{cls.__name__}.when_done")
        for name in ("when_crashed", "when_orphaned"):
            if (policy := getattr(cls, name)) is not None:
                checked_policy(policy, f"{cls.__name__}.{name}")

    def run(self) -> None:
        """Serve the call. Runs in the call's greenlet; override it."""

    def on_adopted(self) -> None:
        """Go on with a call whose process has died while ``run()`` was under way; override it.

        Runs in the place of ``on_start`` and `run`, in the process that has adopted the call, on a fresh object: what
        is known is ``memo``, ``state``, ``context``, ``direction`` and ``tag``; numbers and device are None. A class
        without it leaves that to ``when_orphaned``.
        """


def read_hooks(cls: type[Call]) -> Hooks:
    """Return the hooks of a class, read from it when it is first used: once, and after whatever has decorated it."""
    hooks = hooks_of[cls] = Hooks(cls, CallActor)
    return hooks
