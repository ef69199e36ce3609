"""The mailbox of an actor: Pykka's inbox contract on gevent, with a wait that can be woken without mail.

One consumer at a time. Whoever consumes sets the *waker*, which is called once when mail arrives (or somebody calls
`Mailbox.wake`) and is then forgotten: a parked greenlet's waker resumes that greenlet, an idle actor's waker gives it
a greenlet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from gevent.hub import get_hub
from greenlet import getcurrent
from pykka._envelope import Envelope

from relay_actors.kit.fork import resume, take_back, timers

if TYPE_CHECKING:
    from pykka._actor import ActorInbox

__all__ = ["Ask", "Mailbox", "TurnMailbox"]

Ask = Envelope
"""A message and the future of its answer: ``message``, ``reply_to``."""


class Mailbox:
    """Messages of one actor in arrival order.

    A message that nobody waits for an answer to is stored bare; one with a future stays in its Pykka envelope.

    An actor is stopped when its mailbox is closed: the mailbox is Pykka's stop flag too (`is_set`, `set`).

    Attributes:
        actor: whose mail it is; None before it is set, and once the actor has stopped.
        closed: whether the actor has stopped; what is put in now is never handled.
        items: the mail, oldest first, for whoever consumes it.
        urn: the actor's name, or an empty string as long as nobody has asked for it.
    """

    __slots__ = ("_waker", "actor", "closed", "items", "urn")

    def __init__(self) -> None:
        self.actor: Any = None
        self.closed = False
        self.urn = ""
        self.items: Any = deque()
        self._waker: Callable[[], object] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def is_set(self) -> bool:
        """Return whether the actor has stopped (Pykka's contract of ``actor_stopped``)."""
        return self.closed

    def set(self) -> None:
        """Note that the actor has stopped (Pykka's contract of ``actor_stopped``)."""
        self.closed = True

    def put(self, envelope: Envelope[Any], /) -> None:
        """Add an envelope (Pykka's contract). Never blocks; may be called from any greenlet of this hub."""
        self.offer(envelope.message if envelope.reply_to is None else envelope)

    def offer(self, item: Any) -> bool:
        """Add a bare message or an ask unless the actor has stopped; return whether it was put.

        Never blocks; may be called from any greenlet of this hub.
        """
        if self.closed:
            return False
        self.items.append(item)
        waker = self._waker
        if waker is not None:
            self._waker = None
            waker()
        return True

    def empty(self) -> bool:
        """Return whether there is no mail."""
        return not self.items

    def get(self) -> Envelope[Any]:
        """Return the oldest message in an envelope (Pykka's contract). Parks the greenlet until there is one."""
        while not self.items:
            self.park(None)
        item = self.items.popleft()
        return item if type(item) is Envelope else Envelope(item)

    def pop(self) -> Any:
        """Return the oldest item, bare or in its envelope. Never blocks.

        Raises:
            IndexError: if there is none.
        """
        return self.items.popleft()

    def pop_all(self, kind: type) -> list[Any]:
        """Return the bare messages of one type that wait at the front of the mail, and take them out. Never blocks."""
        found = []
        items = self.items
        while items and type(items[0]) is kind:
            found.append(items.popleft())
        return found

    def wake(self) -> None:
        """Resume whoever waits on this mailbox, mail or not. Never blocks."""
        waker, self._waker = self._waker, None
        if waker is not None:
            waker()

    def park(self, timeout: float | None) -> bool:
        """Park the current greenlet until mail arrives, somebody calls `wake`, or ``timeout`` seconds have passed.

        Returns False when the time is over, True otherwise; returns at once when there is mail.
        """
        if self.items:
            return True
        hub: Any = get_hub()
        current = getcurrent()
        self._waker = waker = partial(hub.loop.run_callback, resume, current, True)  # no `Waiter`, which takes its time
        timer = None
        if timeout is not None:
            timer = hub.loop.timer(max(timeout, 0.0))
            timer.start(self._time_is_over, waker, current)
            timers.add(timer)
        try:
            woken: bool = hub.switch()
        except BaseException:
            take_back(hub, current)  # or it would be resumed from whatever it waits for next
            raise
        finally:
            self._waker = None
            if timer is not None:
                timer.close()
                timers.discard(timer)
        return woken

    def _time_is_over(self, waker: Callable[[], object], parked: Any) -> None:
        """Resume who is parked, unless that is on its way. Called by the hub."""
        if self._waker is waker:
            self._waker = None
            resume(parked, False)


class TurnMailbox(Mailbox):
    """The mailbox of an actor without a loop: it asks for a turn when there is mail to apply.

    Attributes:
        items: the mail, oldest first: a list, since a deque takes 600 bytes; None after a turn, as most of the time.
        scheduler: who is asked.
    """

    __slots__ = ("scheduler",)

    _waker: Any  # the scheduler, while it is to be asked for a turn at the next mail

    def __init__(self) -> None:
        self.actor = None
        self.closed = False
        self.urn = ""
        self.items = None
        self.scheduler: Any = None
        self._waker = None

    def __len__(self) -> int:
        return len(self.items or ())

    def offer(self, item: Any) -> bool:
        """Add a bare message or an ask unless the actor has stopped; return whether it was put. See `Mailbox.offer`."""
        if self.closed:
            return False
        if self.items is None:
            self.items = [item]
        else:
            self.items.append(item)
        waker = self._waker
        if waker is not None and self.actor is not None:
            self._waker = None
            waker.schedule(self.actor)
        return True

    def empty(self) -> bool:
        """Return whether there is no mail."""
        return not self.items

    def get(self) -> Envelope[Any]:
        """Not reached: the scheduler takes the mail (Pykka's loop would call this)."""
        raise AssertionError("an actor without a loop never waits for its mail")

    def pop(self) -> Any:
        """Return the oldest item, bare or in its envelope. Never blocks.

        Raises:
            IndexError: if there is none.
        """
        if not self.items:
            raise IndexError("no mail")
        return self.items.pop(0)

    def wake(self) -> None:
        """Ask for a turn, mail or not, unless one is due. Never blocks."""
        waker = self._waker
        if waker is not None and self.actor is not None:
            self._waker = None
            waker.schedule(self.actor)

    def listen(self) -> None:
        """Ask for a turn at the next mail; at once if there is some. Before the first call nothing is asked for."""
        self._waker = self.scheduler
        if self.items:
            self.wake()


if TYPE_CHECKING:
    _contract: type[ActorInbox] = Mailbox
