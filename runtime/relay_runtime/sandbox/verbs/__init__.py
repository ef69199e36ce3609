"""The verbs that the sandbox plays, grouped by subject; importing this package fills the table."""

from __future__ import annotations

from relay_runtime.sandbox.verbs import (  # noqa: F401 - each enters its methods into the table
    ai,
    bindings,
    call_setup,
    collect,
    conference,
    detect,
    fax,
    live,
    messaging,
    older,
    pay,
    play,
    queue,
    record,
    refer,
    send_digits,
    sidecar,
    streams,
    subscription,
    switches,
)
