"""The connection actor: the only owner of the socket, for one connection's life.

It opens the transport, logs in, matches replies to commands, answers the server's pings, acknowledges events and hands
them on. When the socket ends, so does the actor: pending commands learn `ConnectionLost`, commands that were not
written go back to the supervisor, and the supervisor starts the next one. A second greenlet only reads.
"""

from __future__ import annotations

from typing import Any, Final

import gevent
import msgspec
from gevent.lock import BoundedSemaphore

from relay_actors.errors import CommandTooLarge, ConnectionLost, NotConnected
from relay_actors.kit import clock
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.fork import spawn
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.ids import new_id
from relay_actors.kit.log import logger
from relay_actors.kit.name import Name
from relay_actors.kit.server import ServerActor
from relay_actors.kit.timer import Timer
from relay_actors.session import messages
from relay_actors.session.command import Command
from relay_actors.session.faults import FrameFaults
from relay_actors.session.ledger import NO_LEDGER, Ledger
from relay_actors.session.liveness import Liveness
from relay_actors.session.login import Login
from relay_actors.session.pending import PendingCommands
from relay_actors.session.transport import Transport
from relay_actors.telemetry.stats import UNKNOWN, UNSENT
from relay_actors.timing import Timing
from relay_actors.wire import frames
from relay_actors.wire.events import EVENT_CLASSES, AuthorizationStateEvent, RelayEvent, parse_event
from relay_actors.wire.frames import BadFrame, Frame, acknowledgement, decode_frame

__all__ = ["ConnectTimeout", "ConnectionActor", "Neighbours", "ServerDisconnect"]

_BATCHES_AHEAD: Final = 4
_EARLY_AT_ONCE: Final = 128  # frames of before the login that are handled as one batch
_FEW: Final = 16  # frames of which the handling is short
_LONG: Final = 0.005  # seconds of handling frames, after which timers and other sockets get their turn
_MOMENT: Final = 1e-6  # a sleep that comes back behind them; one of 0 does not
_TOO_BIG: Final = 1009  # RFC 6455, section 7.4.1
_OF_CALLS: Final = frozenset(cls for name, cls in EVENT_CLASSES.items() if name.startswith("calling."))
_OF_MESSAGES: Final = frozenset(cls for name, cls in EVENT_CLASSES.items() if name.startswith("messaging."))


class Neighbours(msgspec.Struct, frozen=True):
    """The actors that a connection talks to; those that may be restarted meanwhile, by their names."""

    supervisor: GreenletRef
    subscription: Name | GreenletRef
    messaging: Name | GreenletRef


class ConnectTimeout(ConnectionLost):
    """Opening the socket and logging in took too long."""


class ServerDisconnect(ConnectionLost):
    """The server announced that it closes the connection (protocol 2.6)."""


class ConnectionActor(ServerActor):
    """One connection, from the opening of its socket to its end."""

    def __init__(self, login: Login, neighbours: Neighbours, timing: Timing, ledger: Ledger = NO_LEDGER) -> None:
        super().__init__()
        self._login = login
        self._ledger = ledger
        self._stats = login.stats
        self._to = neighbours
        self._timing = timing
        self._frame_limit = login.session.frame_limit
        self._transport: Transport | None = None
        self._pending = PendingCommands(login.stats)
        self._faults = FrameFaults(login.stats)
        self._reader: Any = None
        self._ticker = Timer()
        self._farewell = Timer()
        self._credit = BoundedSemaphore(_BATCHES_AHEAD)
        self._now = clock.monotonic()  # when the frames that are handled now were taken
        self._liveness = Liveness(timing, self._now)
        self._ping = ""  # the id of the last one
        self._leaving = False
        self._said_goodbye = False
        self.handles(
            {
                messages.FramesReceived: self._take,
                messages.Tick: self._look_at_the_clock,
                messages.Abandon: self._abandon,
                messages.Shutdown: self._close,
                messages.CountPending: lambda _: len(self._pending),
                messages.LinkFailed: self._fail,
            }
        )

    # Life

    def on_start(self) -> None:
        """Open the socket and log in; blocks this actor's greenlet for ``connect_timeout`` at most."""
        limit = self._timing.connect_timeout
        try:
            with gevent.Timeout(limit, ConnectTimeout(f"no login within {limit:g} s", sent=False)):
                credentials = self._login.credentials()  # first: no socket has to wait for them
                self._transport = self._login.connector()
                logged_in = self._login.perform(self._transport, credentials)
            if self.actor_stopped.is_set():
                raise gevent.GreenletExit
        except BaseException:
            if self.actor_stopped.is_set():
                self._release(None)  # killed as the socket opened: on_failure came too early to see it
            raise
        # In this order: the old session's calls must be ended before an event of the new one arrives.
        self._ledger.note_session(logged_in.session)
        self._hand_on(self._to.subscription, messages.SessionStarted(logged_in.restored))
        self._hand_on(self._to.messaging, messages.SessionStarted(logged_in.restored))
        self._to.supervisor.offer(messages.ConnectionUp(self.ref, logged_in.session, logged_in.restored))
        for at in range(0, len(logged_in.early) or 1, _EARLY_AT_ONCE):
            self._credit.acquire()
            self._take(messages.FramesReceived(tuple(logged_in.early[at : at + _EARLY_AT_ONCE])))
        self._set_ticker()
        self._reader = spawn(self._read)

    def _set_ticker(self) -> None:
        """Have a `Tick` come when the next look at the clock is due."""
        self._ticker.send_after(max(0.001, self._liveness.due() - clock.monotonic()), self.ref, messages.Tick())

    def on_stop(self) -> None:
        """Release the socket and settle what was pending."""
        self._stats.connections_ended["closed"] += 1
        self._release(None)

    def on_failure(self, *args: Any) -> None:
        """Release the socket and settle what was pending."""
        self._stats.connections_ended[type(args[1]).__name__] += 1
        self._release(args[1])

    def _release(self, reason: BaseException | None) -> None:
        self._ticker.cancel()
        self._farewell.cancel()
        if self._reader is not None:
            self._reader.kill(block=False)
        refused = self._pending.lose(_describe(reason), too_large=getattr(reason, "code", None) == _TOO_BIG)
        if refused is not None:
            logger.warning(
                "the server closed the connection over a command of {} bytes: it gets none as large", refused
            )
            self._to.supervisor.offer(messages.FrameRefused(refused))
        if self._transport is not None:
            self._transport.abort()

    def on_undelivered(self, message: Any, reply_to: GreenletFuture[Any] | None) -> None:
        """Give a command that was never sent back to the supervisor; drop the rest."""
        if not isinstance(message, Command):
            super().on_undelivered(message, reply_to)
        elif not self._to.supervisor.offer(message):
            message.fail(NotConnected(f"{message.method} was not sent: the client has stopped"))

    # Reading

    def _read(self) -> None:
        """Pass on what the socket brings, a few batches ahead of the actor at most. Runs in the reader's greenlet."""
        assert self._transport is not None
        try:
            while True:
                batch = self._transport.receive_batch()
                self._credit.acquire()
                self.ref.offer(messages.FramesReceived(tuple(batch)))
        except Exception as error:  # noqa: BLE001 - any failure of the transport is the loss of the link
            self.ref.offer(messages.LinkFailed(error))
        except gevent.Timeout as error:  # no Exception, yet a failure like any other
            self.ref.offer(messages.LinkFailed(ConnectionLost(f"the connection timed out: {error}")))

    # Messages

    def _handle(self, item: Any) -> None:
        """Handle one item; commands that wait one behind the other go out together."""
        if type(item) is not Command:
            super()._handle(item)
        elif self.mailbox.items:
            self._send([item, *self.mailbox.pop_all(Command)])
        else:
            self._send([item])

    def _abandon(self, message: messages.Abandon) -> None:
        if self._pending.abandon(message.identity):
            self._probe()
            self._set_ticker()

    def _fail(self, message: messages.LinkFailed) -> None:
        raise message.error

    def _send(self, commands: list[Command]) -> None:
        """Write commands, or hand them to the next connection; their replies are waited for from before they leave."""
        assert self._transport is not None
        limit = self._frame_limit
        # Who has given one up was told that it was not sent.
        commands = [each for each in commands if not each.done() and (len(each.frame) < limit or self._refuse(each))]
        if commands and not self._leaving:
            try:
                self._transport.send_texts([command.frame for command in commands])
            except Exception as error:  # noqa: BLE001 - any failure of the transport is the loss of the link
                self.ref.offer(messages.LinkFailed(error))
                self._leave()
            else:
                written = clock.monotonic()
                for command in commands:
                    self._pending.add(command, written)
                return
        for command in commands:
            self._to.supervisor.offer(command)

    def _refuse(self, command: Command) -> bool:
        """End a command over which the server would close the connection; return False, for it is not to be sent."""
        method, size, limit = command.method, len(command.frame), self._frame_limit
        self._stats.command_failed(method, UNSENT)
        said = f"{method} was not sent: it has {size:,} bytes, and one of {limit:,} cuts the connection"
        command.fail(CommandTooLarge(said, size=size, limit=limit))
        return False

    def _leave(self) -> None:
        """Take no more commands: they wait for the next connection."""
        self._leaving = True
        self._to.supervisor.offer(messages.ConnectionClosing(self.ref))

    def _close(self, _message: messages.Shutdown) -> None:
        """Close the socket in order; blocks this actor's greenlet for ``close_timeout`` at most."""
        self._leave()
        if self._reader is not None:
            self._reader.kill()
        if self._transport is not None:
            self._transport.close(1000, "", self._timing.close_timeout)
        self.stop()

    def _take(self, message: messages.FramesReceived) -> None:
        """Handle frames in order: note and hand on events, and only then acknowledge them (laws 6 and 14)."""
        self._credit.release()
        self._now = self._liveness.heard = clock.monotonic()
        events: list[tuple[Any, RelayEvent]] = []
        answers: list[bytes] = []
        last = 0 if self._said_goodbye else None
        for text in message.frames:
            try:
                frame = decode_frame(text)
                if isinstance(frame, BadFrame):
                    self._faults.bad_frame(frame, answers)
                elif frame.method == "signalwire.event":
                    self._read_event(frame, events)
                    if frame.id is not None:
                        answers.append(acknowledgement(frame.id))
                elif frame.method is None:
                    if not self._pending.settle(frame, self._now):
                        self._unmatched(frame)
                else:
                    self._answer(frame, answers)
                    if last is None and self._said_goodbye:
                        last = len(answers)  # the answer to signalwire.disconnect is the last frame (protocol 2.6)
            except Exception as error:  # noqa: BLE001 - no frame may end the connection
                self._faults.unhandled(error)
        if events:
            self._sort(events)
        if answers[:last]:
            assert self._transport is not None
            self._transport.send_texts(answers[:last])
        if len(message.frames) > _FEW and clock.monotonic() - self._now > _LONG:
            gevent.sleep(_MOMENT)

    def _read_event(self, frame: Frame, events: list[tuple[Any, RelayEvent]]) -> None:
        params = frame.params
        if params is None or not params.event_type:
            self._faults.bad_event()
            return
        event = parse_event(params)
        self._stats.events[event.EVENT_TYPE or UNKNOWN] += 1
        events.append((frame.id, event))

    def _sort(self, events: list[tuple[Any, RelayEvent]]) -> None:
        """Note events, and give each to the actor that routes its kind, in order."""
        if self._ledger is not NO_LEDGER:  # who has none pays nothing for it
            self._ledger.note_events(events)
        calling, messaging = [], []
        for pair in events:
            event = pair[1]
            kind = type(event)
            if kind in _OF_CALLS:
                calling.append(pair)
            elif kind in _OF_MESSAGES or event.event_type.startswith("messaging."):
                messaging.append(pair)
            elif not isinstance(event, AuthorizationStateEvent):
                calling.append(pair)
            elif event.authorization_state:
                self._to.supervisor.offer(messages.SessionChanged(event.authorization_state))
        if calling:
            self._hand_on(self._to.subscription, messages.EventsReceived(tuple(calling)))
        if messaging:
            self._hand_on(self._to.messaging, messages.EventsReceived(tuple(messaging)))

    def _hand_on(self, neighbour: Name | GreenletRef, message: Any) -> None:
        """Put a message into a neighbour's mailbox.

        Raises:
            ConnectionLost: nobody does that job just now. What is not acknowledged comes again on the next connection.
        """
        if not neighbour.offer(message):
            raise ConnectionLost("the actor that takes events is being restarted", sent=True)

    def _unmatched(self, frame: Frame) -> None:
        if frame.id != self._ping:
            self._stats.replies_unmatched += 1
        logger.debug("ignored a reply to an id that nobody waits for")

    def _answer(self, frame: Frame, answers: list[bytes]) -> None:
        """Answer a request of the server that is no event."""
        if frame.method == "signalwire.ping":
            if frame.id is not None:
                answers.append(frames.reply(frame.id, _echo(frame)))
        elif frame.method == "signalwire.disconnect":
            self._announce_disconnect(frame, answers)
        elif frame.id is not None:
            answers.append(self._faults.unknown_method(frame))

    def _announce_disconnect(self, frame: Frame, answers: list[bytes]) -> None:
        """Answer as the last frame, keep further commands for the next connection, let the server close (2.6)."""
        restart = frame.params is not None and frame.params.restart is True
        if restart:
            self._to.supervisor.offer(messages.SessionChanged(forget=True))
        if frame.id is not None:
            answers.append(frames.reply(frame.id, {}))
        if self._said_goodbye:
            return
        self._said_goodbye = True
        logger.info("the server announced that it closes the connection (restart={})", restart)
        self._leave()
        error = ServerDisconnect("the server closed the connection as announced")
        self._farewell.send_after(self._timing.close_timeout, self.ref, messages.LinkFailed(error))

    # Liveness

    def _look_at_the_clock(self, _message: messages.Tick) -> None:
        """Find a dead socket: silence leads to a ping, and a ping without any answer ends the connection."""
        if self._leaving:
            return  # the end is near and has a limit of its own
        now = clock.monotonic()
        match self._liveness.verdict(now):
            case "dead":
                silence = self._liveness.silence(now)
                raise ConnectionLost(f"the server has been silent for {silence:.1f} s and answers no ping")
            case "probe":
                self._probe()
        if self._pending.expire(now):
            self._probe()
        self._set_ticker()

    def _probe(self) -> None:
        """Send a ping of our own, unless one is on its way. Any frame from the server counts as its answer."""
        if self._transport is not None and not self._leaving and self._liveness.probed(clock.monotonic()):
            self._ping = new_id()
            ping = frames.request(self._ping, "signalwire.ping", {"timestamp": clock.wall()})
            self._transport.send_texts((ping,))


def _echo(frame: Frame) -> dict[str, Any]:
    """Return the fields of a ping that its answer repeats (protocol 2.5)."""
    params = frame.params
    if params is None:
        return {}
    result: dict[str, Any] = {}
    if params.timestamp is not None:
        result["timestamp"] = params.timestamp
    if params.payload is not frames.EMPTY:
        result["payload"] = params.payload
    return result


def _describe(reason: BaseException | None) -> str:
    return "the client closed it" if reason is None else (str(reason) or type(reason).__name__)
