"""How gunicorn runs the app: a client in each worker, which drains as soon as the worker is told to stop.

That can't wait for ``worker_exit``: gunicorn first waits for open requests, which may be waiting for calls, and then
there would be no time left. So a greenlet looks whether the worker stops, and ``worker_exit`` waits for its end.
"""

from __future__ import annotations

import os
from typing import Any

import gevent

wsgi_app = "app:application"
bind = os.environ.get("BIND", "127.0.0.1:8080")
workers = int(os.environ.get("WORKERS", "2"))
worker_class = "gevent"

# Live calls get so long to end by themselves; then they are hung up.
DRAIN_SECONDS = float(os.environ.get("DRAIN_SECONDS", "20"))
# After SIGTERM, the master kills without another word what is still there after so long: a drain must fit in, and some
# seconds for hang-ups, the last answers, and gunicorn's own steps of a second.
graceful_timeout = int(DRAIN_SECONDS) + 10
# A worker that gives no sign of life for so long is killed, and its calls are lost: one whose hub stands still, but
# also one that is in worker_exit, after a reload (SIGHUP) or max_requests. It limits no request and no call.
timeout = graceful_timeout

_life: list[gevent.Greenlet[..., None]] = []


def post_fork(_server: Any, worker: Any) -> None:
    """Have the worker's client live as long as the worker; neither a hub nor a connection would survive a fork."""
    _life.append(gevent.spawn(_live, worker))


def _live(worker: Any) -> None:
    from app import client  # noqa: PLC0415 - the app belongs to the worker

    connecting = gevent.spawn(client.connect)  # tried for as long as it takes; until then a request gets an error
    while worker.alive:
        gevent.sleep(0.1)
    client.drain(DRAIN_SECONDS)
    connecting.kill()


def worker_int(_worker: Any) -> None:
    """Hang up at once: Ctrl-C and SIGQUIT are gunicorn's quick shutdown."""
    from app import client  # noqa: PLC0415

    client.disconnect()


def worker_exit(_server: Any, _worker: Any) -> None:
    """Let the drain come to its end."""
    gevent.joinall(_life)
