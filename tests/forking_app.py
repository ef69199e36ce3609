"""A program that serves calls and forks while it is connected, run by `test_fork`: ``forking_app.py WAY``.

Parent and child print one JSON line for each thing that they tell: who it is, what it is, and its value.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import pty
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import gevent
import gevent.os

from relay_runtime import CallActor, RelayClient

PARENT = os.getpid()
CALLS = 6
PHONE: Any = [[{"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100001"}}]]
STDOUT = os.dup(1)
calls: list[CallActor] = []
children: list[int] = []


def tell(what: str, value: Any) -> None:
    who = "parent" if os.getpid() == PARENT else "child"
    os.write(STDOUT, (json.dumps([who, what, value]) + "\n").encode())


def outcome(function: Callable[[], object]) -> str:
    try:
        return f"returned {function()!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def open_sockets() -> int:
    """Return how many sockets this process has, but for the pipes of its parent."""
    count = 0
    for fd in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
        except FileNotFoundError:  # that of the listing itself
            continue
    return count


def look() -> None:
    """Tell what is there in the child, and let its hub run for longer than a call takes."""
    tell("sockets", open_sockets())
    tell("threads", threading.active_count())
    tell("state", client.state)
    tell("dial", outcome(lambda: client.dial(PHONE)))
    tell("connect", outcome(client.connect))
    tell("disconnect", outcome(client.disconnect))
    tell("call", outcome(calls[0].hangup))
    tell("wait", outcome(calls[0].wait_for_ended))
    ticks: list[int] = []
    gevent.spawn(lambda: [(ticks.append(1), gevent.sleep(0.02)) for _ in range(10)]).join(5)
    tell("ticks", len(ticks))
    gevent.sleep(0.6)
    tell("looked", True)


def fork_and_look(end: Callable[[], object], fork: Callable[[], int] = os.fork) -> None:
    pid = fork()
    if pid:
        children.append(pid)
        return
    try:
        look()
    except BaseException:
        traceback.print_exc()
        os._exit(9)
    end()


def by_pty() -> None:
    fork_and_look(lambda: os._exit(0), lambda: pty.fork()[0])


def by_multiprocessing() -> None:
    process = multiprocessing.get_context("fork").Process(target=look)
    process.start()
    assert process.pid
    children.append(process.pid)


def by_subprocess() -> None:
    children.append(subprocess.Popen([sys.executable, "-c", ""], preexec_fn=look).pid)  # noqa: PLW1509 - it is what is tried


def by_exit() -> None:
    """Fork in the main greenlet and leave the child by `sys.exit`, with what runs then."""
    atexit.register(tell, "atexit", True)
    with client:
        fork_and_look(lambda: sys.exit(7))
        wait_for_child()
        wait_for_calls()


def by_thread() -> None:
    threading.Thread(target=fork_and_look, args=(lambda: os._exit(0),)).start()


class Served(CallActor):
    def run(self) -> None:
        calls.append(self)
        first = len(calls) == CALLS
        self.answer()
        if first and WAY in IN_A_CALL:
            IN_A_CALL[WAY](self)
        try:
            with gevent.Timeout(60):
                gevent.sleep(0.3)  # where a child would go on with it
            self.play_tts("Thank you.").wait()
        finally:
            tell("ran", self.call_id)


def in_code(_: Served) -> None:
    fork_and_look(lambda: sys.exit(7))


def in_code_that_raises(_: Served) -> None:
    def fail() -> None:
        raise ValueError("the code of the child")

    fork_and_look(fail)


def in_callback(call: Served) -> None:
    call.play_tts("One moment.", on_completed=lambda _: fork_and_look(lambda: None)).wait()
    call.sleep(0.2)


def in_offload(call: Served) -> None:
    call.offload(fork_and_look, lambda: None)


IN_A_CALL = {"code": in_code, "raising": in_code_that_raises, "callback": in_callback, "offload": in_offload}
IN_MAIN: dict[str, Callable[[], object]] = {
    "plain": lambda: fork_and_look(lambda: os._exit(0)),
    "gevent": lambda: fork_and_look(lambda: os._exit(0), gevent.os.fork),
    "pty": by_pty,
    "multiprocessing": by_multiprocessing,
    "subprocess": by_subprocess,
    "exit": by_exit,
    "thread": by_thread,
}
WAY = sys.argv[1]
client = RelayClient(contexts=["office"], call_actor=Served)


def wait_for_child() -> None:
    while not children:
        gevent.sleep(0.01)
    ended = 0
    while not ended:
        ended, status = gevent.os.waitpid(children[0], os.WNOHANG)  # a fork of gevent has it reap
        gevent.sleep(0.01)
    tell("exit", os.waitstatus_to_exitcode(status))


def wait_for_calls() -> None:
    while client.live_calls():
        gevent.sleep(0.01)
    tell("logins", client.stats.connections)


def preloaded() -> None:
    """Fork first, as a server that preloads its app does: the client, made before, is connected in the child."""
    pid = os.fork()
    if pid:
        children.append(pid)
        wait_for_child()
        return
    gevent.reinit()
    client.connect(timeout=10)
    tell("state", client.state)
    while len(calls) < CALLS:
        gevent.sleep(0.01)
    wait_for_calls()
    client.disconnect()
    os._exit(0)


def main() -> None:
    if WAY == "preloaded":
        preloaded()
        return
    client.connect(timeout=10)
    tell("state", client.state)
    while len(calls) < CALLS:
        gevent.sleep(0.01)
    if WAY in IN_MAIN:
        IN_MAIN[WAY]()
    if WAY != "exit":
        wait_for_child()
        wait_for_calls()
    client.disconnect()


if __name__ == "__main__":
    main()
