"""The HTTP control port: JSON in, JSON out, for scripts in any language and for curl."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from inspect import signature
from typing import Any, Final, get_args

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.exchange import Exchange, TakenError
from relay_runtime.sandbox.calls.messages import Delivery, Ending
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.control import views
from relay_runtime.sandbox.control.guard import Guard
from relay_runtime.sandbox.control.listener import Listener
from relay_runtime.sandbox.control.request import ProblemError, Request
from relay_runtime.sandbox.faults.arms import Arm, EventArm
from relay_runtime.sandbox.faults.disturbance import Disturbance
from relay_runtime.sandbox.ground.frames import encode
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.sandbox.ground.settings import Settings
from relay_runtime.sandbox.script.run import Run
from relay_runtime.sandbox.script.script_json import callee_from, caller_from
from relay_runtime.sandbox.verbs.known import event_type_checked, method_checked

__all__ = ["ControlPort"]

_LONGEST_WAIT: Final = 60.0
_FAULTS: Final = ("cut", "disturb", "forget", "half_open", "malform", "refuse", "stall", "storm", "truncate")


class ControlPort:
    """The WSGI application of the control port; each request is served in a greenlet of its own.

    Args:
        exchange: what it controls.
        listener: what the clients connect to.
        guard: who may use it.
    """

    def __init__(self, exchange: Exchange, listener: Listener, guard: Guard) -> None:
        self.exchange = exchange
        self.ground = exchange.ground
        self.listener = listener
        self.guard = guard

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve a request; every failure is JSON with the key ``error``."""
        headers = [("Content-Type", "application/json")]
        try:
            self.guard.check(environ)
            status, answer = "200 OK", self._dispatch(Request(environ))
        except ProblemError as problem:
            status, answer = problem.status, {"error": problem.message}
            headers += [("WWW-Authenticate", "Bearer")] if status.startswith("401") else []
        except LookupError as error:
            status, answer = "404 Not Found", {"error": str(error.args[0]) if error.args else "not found"}
        except TakenError as error:
            status, answer = "409 Conflict", {"error": str(error)}
        except (ValueError, TypeError) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        except TimeoutError as error:
            status, answer = "408 Request Timeout", {"error": str(error)}
        payload = encode(answer) + b"\n"
        start_response(status, [*headers, ("Content-Length", str(len(payload)))])
        return [payload]

    def _dispatch(self, request: Request) -> Any:
        allowed = []
        for method, _, pattern, handler, keys in _ROUTES:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                if keys is not None:
                    request.accept(keys.split())
                return handler(self, request, *match.groups())
            if match:
                allowed.append(method)
        if allowed:
            raise ProblemError("405 Method Not Allowed", f"{request.path} takes {', '.join(allowed)}")
        raise ProblemError("404 Not Found", f"nothing is at {request.path}; GET / lists what there is")

    def index(self, _: Request) -> Any:
        """List the routes."""
        return {"routes": [f"{method} {path}" for method, path, *_ in _ROUTES]}

    def status(self, _: Request) -> Any:
        """Return where the sandbox is and how it does."""
        return views.status(self.exchange, self.listener)

    def change_settings(self, request: Request) -> Any:
        """Change settings."""
        request.accept(each.name for each in fields(Settings))
        self.ground.settings.change(**request.body)
        return views.settings(self.ground.settings)

    def journal(self, request: Request, sessionid: str) -> Any:
        """Return the frames of a session; ``?method=`` keeps those of one method or event type."""
        frames = self.exchange.session(sessionid).journal.read()
        wanted = request.query.get("method")
        if wanted:
            frames = [entry for entry in frames if views.is_about(entry, wanted)]
        return {"sessionid": sessionid, "frames": frames}

    def clear(self, _: Request, sessionid: str | None = None) -> Any:
        """Forget the frames of a session, or all there are."""
        self.exchange.clear_journals(sessionid)
        return {"cleared": True}

    def requests(self, request: Request) -> Any:
        """Return what clients have asked for; ``?wait=`` seconds waits until there is something."""
        about: dict[str, Any] = {name: request.query.get(name) for name in ("method", "sessionid")}
        about["after"], wait = request.number("after"), request.seconds("wait", _LONGEST_WAIT)
        found = self.exchange.requests.asked(**about)
        if wait is not None and not found:
            found = [self.exchange.requests.wait(**about, timeout=wait)]
        return {"requests": found}

    def push(self, request: Request, sessionid: str) -> Any:
        """Send a frame, or any text, to a session."""
        raw = request.take("text") if "text" in request.body else request.take("frame", dict)
        self._session(sessionid).write(raw)
        return {"pushed": True}

    def cut(self, request: Request, sessionid: str) -> Any:
        """Cut the socket of a session."""
        self._session(sessionid).cut(reset=request.take("reset", bool, default=False))
        return {"cut": True}

    def disconnect(self, request: Request, sessionid: str) -> Any:
        """Send signalwire.disconnect."""
        self._session(sessionid).disconnect(restart=request.take("restart", bool, default=False))
        return {"disconnecting": True}

    def _session(self, sessionid: str) -> Session:
        session = self.exchange.session(sessionid)
        if session.over:
            raise ProblemError("409 Conflict", f"this session is over: {session.end_reason}")
        return session

    def renew(self, _: Request, sessionid: str) -> Any:
        """Push a new authorization state to a session."""
        self._session(sessionid).renew()
        return {"renewed": True}

    def place(self, request: Request) -> Any:
        """Place a call, with a script or to be driven by hand."""
        caller = caller_from(request.take("number", default="+15550100001"), request.take("steps", list, default=[]))
        caller = caller.dials(
            request.take("context"),
            request.take("to_number", default=caller.to_number),
            request.take("patience", float | int, default=caller.patience) if "patience" in request.body else None,
        )
        return views.run(self.exchange.place(caller, request.body.get("call_id")))

    def call(self, request: Request, call_id: str) -> Any:
        """Return a call and, when it is over, its outcome; ``?wait=`` seconds waits for that."""
        run = self._run(call_id)
        wait = request.seconds("wait", _LONGEST_WAIT)
        if wait is not None:
            run.wait(wait)
        return views.run(run)

    def press(self, request: Request, call_id: str) -> Any:
        """Press keys at the far end of a call."""
        run, call = self._live(call_id)
        for digit in request.take("digits"):
            run.note(run.who, f"presses {digit}")
            call.line.press(digit)
        return views.run(run)

    def say(self, request: Request, call_id: str) -> Any:
        """Speak at the far end of a call."""
        (run, call), text = self._live(call_id), request.take("text")
        run.note(run.who, f"says {text!r}")
        seconds = self.ground.speech_seconds(text)
        call.line.says(Heard(self.ground.clock, "speech", text, seconds))
        self.ground.clock.after(seconds, call.line.speech_ends, text)
        return views.run(run)

    def emit(self, request: Request, call_id: str) -> Any:
        """Push any event about a call."""
        call = self.exchange.call(call_id)
        call.event(request.take("event_type"), **request.take("params", dict, default={}))
        return {"emitted": True}

    def task(self, request: Request) -> Any:
        """Push a task."""
        if not self.exchange.messages.task(request.take("message", dict), request.take("context")):
            raise ProblemError("409 Conflict", "no session has subscribed to this context")
        return {"pushed": True}

    def hang_up(self, _: Request, call_id: str) -> Any:
        """Hang up at the far end of a call."""
        run = self._run(call_id)
        if run.call is not None:
            run.call.end("hangup", "inbound")
        return views.run(run)

    def _run(self, call_id: str) -> Run:
        for run in reversed(self.exchange.runs):
            if run.call_id == call_id:
                return run
        raise LookupError("no call has this id")

    def _live(self, call_id: str) -> tuple[Run, Call]:
        run = self._run(call_id)
        if run.call is None:
            raise ProblemError("409 Conflict", "this call is over")
        return run, run.call

    def callee(self, request: Request) -> Any:
        """Say who answers a number."""
        number, callee = request.take("number"), callee_from(request.take("steps", list))
        self.exchange.callees[number] = callee
        return {"number": number, "callee": repr(callee)}

    def message(self, request: Request) -> Any:
        """Let a message come in."""
        message_id = self.exchange.messages.receive(
            from_number=request.take("from_number", default="+15550100001"),
            to_number=request.take("to_number", default="+15550100099"),
            body=request.take("body", default=""),
            context=request.take("context"),
            media=request.take("media", list, default=[]),
        )
        if message_id is None:
            raise ProblemError("409 Conflict", "no session has subscribed to this context")
        return {"message_id": message_id}

    def delivery(self, request: Request) -> Any:
        """Say what becomes of messages to a number."""
        ending = request.take("ending")
        if ending not in get_args(Ending):
            raise ProblemError("400 Bad Request", "ending must be delivered, undelivered, failed or never")
        self.exchange.messages.deliveries[request.take("number")] = Delivery(ending, request.take("reason", default=""))
        return {"number": request.body["number"], "ending": ending}

    def arm(self, request: Request) -> Any:
        """Arm a method, or an event."""
        if "event_type" in request.body:
            request.accept(each.name for each in fields(EventArm))
            event_type_checked(request.body["event_type"])
            return self.exchange.faults.arm_event(**request.body).as_dict()
        request.accept(["event_type", *(each.name for each in fields(Arm))])
        method_checked(request.body.get("method", ""))
        return self.exchange.faults.arm(**request.body).as_dict()

    def disarm(self, _: Request) -> Any:
        """Drop every arm."""
        self.exchange.faults.disarm()
        return {"arms": []}

    def fault(self, request: Request) -> Any:
        """Do something to connections: ``fault`` is the name of a method of Faults, the rest its arguments."""
        arguments = dict(request.body)
        name = request.take("fault")
        del arguments["fault"]
        if name not in _FAULTS:
            raise ProblemError("400 Bad Request", f"fault must be one of {', '.join(_FAULTS)}, not {name!r}")
        act = getattr(self.exchange.faults, name)
        known = [each.name for each in fields(Disturbance)] if name == "disturb" else signature(act).parameters
        request.accept(["fault", *known])
        act(**arguments)
        return {"fault": name}

    def calm(self, _: Request) -> Any:
        """End the storm and the disturbance; return what the storm did."""
        self.exchange.faults.calm()
        return {"history": self.exchange.faults.history}

    def restart(self, request: Request) -> Any:
        """Restart the WebSocket server, with or without its memory."""
        down_for = request.take("down_for", float | int, default=0)
        if down_for > _LONGEST_WAIT:
            raise ProblemError("400 Bad Request", f"down_for may be {_LONGEST_WAIT:g} seconds at most")
        self.listener.restart(memory=request.take("memory", bool, default=True), down_for=down_for)
        return views.status(self.exchange, self.listener)


Handler = Callable[..., Any]
Route = tuple[str, str, re.Pattern[str], Handler, str | None]


def _route(method: str, path: str, handler: Handler, keys: str | None = "") -> Route:
    """Return an entry of the table.

    Args:
        method: the method.
        path: the path, in which ``{id}`` stands for an id.
        handler: what serves it.
        keys: the keys of its body or its query; None: the handler looks at them.
    """
    return method, path, re.compile(path.replace("{id}", "([^/]+)")), handler, keys


_ROUTES: Final = (
    _route("GET", "/", ControlPort.index),
    _route("GET", "/status", ControlPort.status),
    _route("GET", "/counters", lambda port, _: port.ground.counters.as_dict()),
    _route("GET", "/settings", lambda port, _: views.settings(port.ground.settings)),
    _route("PUT", "/settings", ControlPort.change_settings, None),
    _route("GET", "/sessions", lambda port, _: views.sessions(port.exchange)),
    _route("GET", "/sessions/{id}", lambda port, _, sessionid: views.session(port.exchange.session(sessionid))),
    _route("GET", "/sessions/{id}/journal", ControlPort.journal, "method"),
    _route("POST", "/sessions/{id}/push", ControlPort.push, "frame text"),
    _route("POST", "/sessions/{id}/cut", ControlPort.cut, "reset"),
    _route("POST", "/sessions/{id}/disconnect", ControlPort.disconnect, "restart"),
    _route("POST", "/sessions/{id}/renew", ControlPort.renew),
    _route("DELETE", "/sessions/{id}/journal", ControlPort.clear),
    _route("DELETE", "/journal", ControlPort.clear),
    _route("GET", "/requests", ControlPort.requests, "method after sessionid wait"),
    _route("GET", "/lobby/journal", lambda port, _: {"frames": port.exchange.lobby.read()}),
    _route("GET", "/calls", lambda port, _: views.calls(port.exchange)),
    _route("POST", "/calls", ControlPort.place, "number context to_number patience steps call_id"),
    _route("GET", "/calls/{id}", ControlPort.call, "wait"),
    _route("POST", "/calls/{id}/press", ControlPort.press, "digits"),
    _route("POST", "/calls/{id}/hangup", ControlPort.hang_up),
    _route("POST", "/calls/{id}/say", ControlPort.say, "text"),
    _route("POST", "/calls/{id}/emit", ControlPort.emit, "event_type params"),
    _route("POST", "/callees", ControlPort.callee, "number steps"),
    _route("GET", "/messages", lambda port, _: {"messages": [asdict(sent) for sent in port.exchange.messages.sent]}),
    _route("POST", "/messages", ControlPort.message, "from_number to_number body context media"),
    _route("POST", "/tasks", ControlPort.task, "message context"),
    _route("POST", "/deliveries", ControlPort.delivery, "number ending reason"),
    _route("GET", "/arms", lambda port, _: views.arms(port.exchange.faults)),
    _route("POST", "/arms", ControlPort.arm, None),
    _route("DELETE", "/arms", ControlPort.disarm),
    _route("POST", "/faults", ControlPort.fault, None),
    _route("DELETE", "/faults", ControlPort.calm),
    _route("POST", "/restart", ControlPort.restart, "memory down_for"),
)
