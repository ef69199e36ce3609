"""A web server that makes and takes phone calls: Flask on gevent.pywsgi, with a RelayClient in the same process.

Each request runs in a greenlet of its own, so a view may wait for a call as long as it takes. Nothing is patched here:
the client uses gevent's own sockets. An app whose views use blocking libraries (requests, a database driver) may patch
the standard library itself, in the first lines of its main module, before anything else is imported:

    from gevent import monkey
    monkey.patch_all()
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import gevent
from flask import Flask, request
from flask.typing import ResponseReturnValue
from gevent.pywsgi import WSGIServer

from relay_runtime import CallActor, DialFailed, RelayClient, RelayError, RelayTimeout

OUR_NUMBER = os.environ.get("OUR_NUMBER", "+15550100099")
DRAIN_SECONDS = 20.0


class Hotline(CallActor):
    """Serves everybody who calls in."""

    def run(self) -> None:
        self.answer()
        self.play_tts("Thank you for calling. We will call you back.").wait(timeout=60)


class Reminder(CallActor):
    """Serves a call that the web server has made."""

    told = False

    def run(self) -> None:
        prompt = self.prompt_tts(
            "Your table is ready. Press 1 to confirm.", {"digits": {"max": 1}, "initial_timeout": 10}
        )
        self.told = prompt.wait(timeout=60).digits == "1"


def make_app(client: RelayClient) -> Flask:
    """Return the web application around a client that is connected."""
    app = Flask(__name__)

    @app.post("/calls")
    def place_call() -> ResponseReturnValue:
        body: Any = request.get_json(silent=True)
        to_number = body.get("to") if isinstance(body, dict) else None
        if not isinstance(to_number, str):
            return {"error": 'send JSON such as {"to": "+15550100001"}'}, 400
        device = {"type": "phone", "params": {"from_number": OUR_NUMBER, "to_number": to_number, "timeout": 30}}
        try:
            call = client.dial([[device]], dial_timeout=40, call_actor=Reminder)
            call.wait_for_ended(timeout=120)
        except ValueError as error:
            return {"error": str(error)}, 400
        except DialFailed as failed:
            return {"outcome": "not answered", "reason": failed.reason}
        except RelayTimeout as error:
            return {"outcome": "not answered", "reason": str(error)}
        except RelayError as error:
            return {"error": str(error)}, 502
        assert isinstance(call, Reminder)
        return {"outcome": "answered", "confirmed": call.told, "call_id": call.call_id}

    @app.get("/status")
    def status() -> ResponseReturnValue:
        counts = client.stats
        return {
            "connection": client.state,
            "contexts": client.contexts,
            "calls_taken": counts.calls_admitted,
            "calls_ended": dict(counts.calls_ended),
            "dials": dict(counts.dials),
        }

    return app


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; live calls may end then, and so may the requests that wait for them."""
    client = RelayClient(contexts=["office"], call_actor=Hotline)
    client.connect(timeout=30)
    server = WSGIServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), make_app(client), log=None)
    server.start()
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)

    # The library takes no signals; the program that embeds it does. The handlers run in greenlets of their own.
    def shut_down() -> None:
        server.close()  # no new requests; those that wait for a call go on
        if not client.drain(DRAIN_SECONDS):
            print("calls were still up; not hung up, as far as is known:", client.left_up or "none", file=sys.stderr)

    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, shut_down)
    client.run()  # returns when the client has been drained
    server.stop(timeout=5)


if __name__ == "__main__":
    main()
