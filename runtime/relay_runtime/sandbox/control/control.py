"""The HTTP control port: JSON in, JSON out, for scripts in any language and for curl."""

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from relay_runtime.sandbox.control import views
from relay_runtime.sandbox.script.run import Run
from relay_runtime.sandbox.script.script_json import callee_from, caller_from

if TYPE_CHECKING:
    from relay_runtime.sandbox.sandbox import Sandbox

Body = dict[str, Any]
Handler = Callable[..., Any]

_LARGEST_BODY = 16 * 1024 * 1024
_LONGEST_WAIT = 60.0
_FAULTS = ("cut", "disturb", "forget", "half_open", "malform", "refuse", "stall", "storm", "truncate")


class ProblemError(Exception):
    """A request that can't be served; ``status`` is its HTTP status line."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Request:
    """One request of the control port.

    Args:
        environ: Its WSGI environment.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO", "/").rstrip("/") or "/"
        self.query = {key: values[-1] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        self.body: Body = self._read(environ) if self.method in {"POST", "PUT"} else {}

    def _read(self, environ: dict[str, Any]) -> Body:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > _LARGEST_BODY:
            raise ProblemError("413 Content Too Large", f"a body may have {_LARGEST_BODY} bytes at most")
        raw = environ["wsgi.input"].read(length) if length else b""
        if not raw:
            return {}
        if "json" not in environ.get("CONTENT_TYPE", ""):
            raise ProblemError(
                "415 Unsupported Media Type", "send JSON, with the header Content-Type: application/json"
            )
        try:
            body = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ProblemError("400 Bad Request", f"the body is not JSON: {error}") from None
        if not isinstance(body, dict):
            raise ProblemError("400 Bad Request", "the body must be a JSON object")
        return body

    def take(self, name: str, kind: Any = str, default: Any = None) -> Any:
        """Return a field of the body.

        Raises:
            ProblemError: It is missing and has no default, or is of another type.
        """
        value = self.body.get(name, default)
        if value is None and default is None and name not in self.body:
            raise ProblemError("400 Bad Request", f"the field {name!r} is missing")
        if not isinstance(value, kind) and value is not default:
            raise ProblemError("400 Bad Request", f"the field {name!r} must be {_NAMES.get(kind, kind.__name__)}")
        return value


_NAMES: dict[Any, str] = {str: "a text", list: "a list", dict: "an object", bool: "true or false"}


class ControlPort:
    """The WSGI application of the control port.

    Args:
        sandbox: What it controls.
    """

    def __init__(self, sandbox: "Sandbox") -> None:
        self.sandbox = sandbox
        self._routes: list[tuple[str, re.Pattern[str], str, Handler]] = [
            (method, re.compile(path.replace("{id}", "([^/]+)")), path, handler)
            for method, path, handler in self._table()
        ]

    def _table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/", self.index),
            ("GET", "/status", self.status),
            ("GET", "/counters", lambda _: self.sandbox.counters.as_dict()),
            ("GET", "/settings", lambda _: views.settings(self.sandbox.settings)),
            ("PUT", "/settings", self.change_settings),
            ("GET", "/sessions", lambda _: {"sessions": [views.session(s) for s in self.sandbox.sessions()]}),
            ("GET", "/sessions/{id}", lambda _, sid: views.session(self.sandbox.session(sid))),
            ("GET", "/sessions/{id}/journal", self.journal),
            ("POST", "/sessions/{id}/push", self.push),
            ("POST", "/sessions/{id}/cut", self.cut),
            ("POST", "/sessions/{id}/disconnect", self.disconnect),
            ("POST", "/sessions/{id}/renew", self.renew),
            ("GET", "/lobby/journal", lambda _: {"frames": self.sandbox.exchange.lobby.read()}),
            ("GET", "/calls", lambda _: {"calls": [views.call(c) for c in self.sandbox.exchange.calls.values()]}),
            ("POST", "/calls", self.place),
            ("GET", "/calls/{id}", self.call),
            ("POST", "/calls/{id}/press", self.press),
            ("POST", "/calls/{id}/hangup", self.hang_up),
            ("POST", "/calls/{id}/say", self.say),
            ("POST", "/calls/{id}/emit", self.emit),
            ("POST", "/callees", self.callee),
            ("GET", "/messages", lambda _: {"messages": [asdict(each) for each in self.sandbox.messages()]}),
            ("POST", "/messages", self.message),
            ("POST", "/tasks", self.task),
            ("POST", "/deliveries", self.delivery),
            ("GET", "/arms", lambda _: views.arms(self.sandbox.faults)),
            ("POST", "/arms", self.arm),
            ("DELETE", "/arms", self.disarm),
            ("POST", "/faults", self.fault),
            ("DELETE", "/faults", self.calm),
            ("POST", "/restart", self.restart),
        ]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve a request; every failure is JSON with the key ``error``."""
        try:
            status, answer = "200 OK", self._dispatch(Request(environ))
        except ProblemError as problem:
            status, answer = problem.status, {"error": problem.message}
        except LookupError as error:
            status, answer = "404 Not Found", {"error": str(error.args[0]) if error.args else "not found"}
        except (ValueError, TypeError) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        except TimeoutError as error:
            status, answer = "408 Request Timeout", {"error": str(error)}
        payload = msgspec.json.encode(answer) + b"\n"
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))])
        return [payload]

    def _dispatch(self, request: Request) -> Any:
        allowed = []
        for method, pattern, _, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return handler(request, *match.groups())
            if match:
                allowed.append(method)
        if allowed:
            raise ProblemError("405 Method Not Allowed", f"{request.path} takes {', '.join(allowed)}")
        raise ProblemError("404 Not Found", f"nothing is at {request.path}; GET / lists what there is")

    # -- what there is -------------------------------------------------------------------------------------

    def index(self, _: Request) -> Any:
        """List the routes."""
        return {"routes": [f"{method} {path}" for method, _, path, _ in self._routes]}

    def status(self, _: Request) -> Any:
        """Return where the sandbox is and how it does."""
        return views.status(self.sandbox)

    def change_settings(self, request: Request) -> Any:
        """Change settings."""
        self.sandbox.settings.change(**request.body)
        return views.settings(self.sandbox.settings)

    # -- sessions ------------------------------------------------------------------------------------------

    def journal(self, request: Request, sessionid: str) -> Any:
        """Return the frames of a session; ``?method=`` keeps those of one method or event type."""
        frames = self.sandbox.journal(sessionid)
        wanted = request.query.get("method")
        if wanted:
            frames = [entry for entry in frames if views.is_about(entry, wanted)]
        return {"sessionid": sessionid, "frames": frames}

    def push(self, request: Request, sessionid: str) -> Any:
        """Send a frame, or any text, to a session."""
        raw = request.take("text") if "text" in request.body else request.take("frame", dict)
        self.sandbox.push(sessionid, raw)
        return {"pushed": True}

    def cut(self, request: Request, sessionid: str) -> Any:
        """Cut the socket of a session."""
        self.sandbox.cut(sessionid, reset=request.take("reset", bool, default=False))
        return {"cut": True}

    def disconnect(self, request: Request, sessionid: str) -> Any:
        """Send signalwire.disconnect."""
        self.sandbox.disconnect(sessionid, restart=request.take("restart", bool, default=False))
        return {"disconnecting": True}

    def renew(self, _: Request, sessionid: str) -> Any:
        """Push a new authorization state to a session."""
        self.sandbox.session(sessionid).renew()
        return {"renewed": True}

    # -- calls ---------------------------------------------------------------------------------------------

    def place(self, request: Request) -> Any:
        """Place a call, with a script or to be driven by hand."""
        caller = caller_from(request.take("number", default="+15550100001"), request.take("steps", list, default=[]))
        caller = caller.dials(
            request.take("context"),
            request.take("to_number", default=caller.to_number),
            request.take("patience", float | int, default=caller.patience) if "patience" in request.body else None,
        )
        return views.run(self.sandbox.place(caller))

    def call(self, request: Request, call_id: str) -> Any:
        """Return a call and, when it is over, its outcome; ``?wait=`` seconds waits for that."""
        run = self._run(call_id)
        wait = request.query.get("wait")
        if wait is not None:
            run.wait(min(float(wait), _LONGEST_WAIT))
        return views.run(run)

    def press(self, request: Request, call_id: str) -> Any:
        """Press keys at the far end of a call."""
        run = self._run(call_id)
        if run.call is None:
            raise ProblemError("409 Conflict", "this call is over")
        for digit in request.take("digits"):
            run.note(run.who, f"presses {digit}")
            run.call.line.press(digit)
        return views.run(run)

    def say(self, request: Request, call_id: str) -> Any:
        """Speak at the far end of a call."""
        run = self._run(call_id)
        if run.call is None:
            raise ProblemError("409 Conflict", "this call is over")
        text, line = request.take("text"), run.call.line
        run.note(run.who, f"says {text!r}")
        line.speech_begins(text)
        seconds = len(text) / self.sandbox.settings.characters_per_second
        self.sandbox.exchange.clock.after(seconds, line.speech_ends, text)
        return views.run(run)

    def emit(self, request: Request, call_id: str) -> Any:
        """Push any event about a call."""
        self.sandbox.emit(call_id, request.take("event_type"), **request.take("params", dict, default={}))
        return {"emitted": True}

    def task(self, request: Request) -> Any:
        """Push a task."""
        if not self.sandbox.sends_task(request.take("message", dict), request.take("context")):
            raise ProblemError("409 Conflict", "no session has subscribed to this context")
        return {"pushed": True}

    def hang_up(self, _: Request, call_id: str) -> Any:
        """Hang up at the far end of a call."""
        run = self._run(call_id)
        if run.call is not None:
            run.call.end("hangup", "inbound")
        return views.run(run)

    def _run(self, call_id: str) -> Run:
        for run in reversed(self.sandbox.exchange.runs):
            if run.call_id == call_id:
                return run
        raise LookupError("no call has this id")

    def callee(self, request: Request) -> Any:
        """Say who answers a number."""
        number, callee = request.take("number"), callee_from(request.take("steps", list))
        self.sandbox.on_dial(number, callee)
        return {"number": number, "callee": repr(callee)}

    # -- messages ------------------------------------------------------------------------------------------

    def message(self, request: Request) -> Any:
        """Let a message come in."""
        message_id = self.sandbox.sends_message(
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
        if ending not in {"delivered", "undelivered", "failed", "never"}:
            raise ProblemError("400 Bad Request", "ending must be delivered, undelivered, failed or never")
        self.sandbox.on_text(request.take("number"), ending, request.take("reason", default=""))
        return {"number": request.body["number"], "ending": ending}

    # -- faults --------------------------------------------------------------------------------------------

    def arm(self, request: Request) -> Any:
        """Arm a method."""
        if "event_type" in request.body:
            return self.sandbox.faults.arm_event(**request.body).as_dict()
        return self.sandbox.faults.arm(**request.body).as_dict()

    def disarm(self, _: Request) -> Any:
        """Drop every arm."""
        self.sandbox.faults.disarm()
        return {"arms": []}

    def fault(self, request: Request) -> Any:
        """Do something to connections: ``fault`` is the name of a method of Faults, the rest its arguments."""
        arguments = dict(request.body)
        name = request.take("fault")
        del arguments["fault"]
        if name not in _FAULTS:
            raise ProblemError("400 Bad Request", f"fault must be one of {', '.join(_FAULTS)}, not {name!r}")
        getattr(self.sandbox.faults, name)(**arguments)
        return {"fault": name}

    def calm(self, _: Request) -> Any:
        """End the storm and the disturbance; return what the storm did."""
        self.sandbox.faults.calm()
        return {"history": self.sandbox.faults.history}

    def restart(self, request: Request) -> Any:
        """Restart the WebSocket server, with or without its memory."""
        down_for = request.take("down_for", float | int, default=0)
        if down_for > _LONGEST_WAIT:
            raise ProblemError("400 Bad Request", f"down_for may be {_LONGEST_WAIT:g} seconds at most")
        self.sandbox.restart(memory=request.take("memory", bool, default=True), down_for=down_for)
        return views.status(self.sandbox)
