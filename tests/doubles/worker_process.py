"""Programs that behave as worker processes do towards their parent, without a client and an app."""

from __future__ import annotations

__all__ = ["DEAF", "FOREVER", "SERVES", "SILENT"]

SERVES = """
import json, os, signal, socket, sys, threading, time
errand = json.loads(os.environ["RELAY_RUNTIME_WORKER"])
line = socket.socket(fileno=errand["channel"])
def say(said, **facts):
    line.sendall(json.dumps({"said": said, **facts}).encode() + b"\\n")
def count(up, *named, **counts):
    tally = {"up": up, "named": named, **counts}
    os.pwrite(errand["tally"], json.dumps(tally).encode() + b"\\n", 0)
def answer():
    asked = socket.socket(fileno=errand["watchdog"])
    while asked.recv(64):
        asked.sendall(json.dumps({"silent": 0.0}).encode() + b"\\n")
threading.Thread(target=answer, daemon=True).start()
def end(*_):
    offered = ["relay_calls_offered_total", {}, errand["number"]]
    say("over", metrics=[{"name": "relay_calls_offered", "kind": "counter", "meaning": "", "values": [offered]}])
    os._exit(0)
signal.signal(signal.SIGTERM, end)
say("loaded", drain_timeout=0.1)
line.recv(10)
say("ready")
"""
"""Loads, serves when it is let to, and ends when it is told to; what it does while it serves is to be added."""

DEAF = SERVES.replace("SIGTERM, end", "SIGTERM, signal.SIG_IGN")
"""The same, but it does not end when it is told to."""

SILENT = SERVES.replace(
    "threading.Thread(target=answer, daemon=True).start()", "signal.signal(signal.SIGQUIT, signal.SIG_IGN)"
)
"""The same as the first, but nobody in it answers for its hub."""

FOREVER = "while line.recv(10): pass\n"
"""To be added: it serves until its parent is gone."""
