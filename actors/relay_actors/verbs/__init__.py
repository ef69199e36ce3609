"""The verbs of a call, one file a subject.

A verb is a method with the names, order and defaults of SignalWire's own client. It gathers its params with `given`,
and sends them with `CallCore.invoke` (a plain verb) or `CallCore.start_action` (an operation with a control_id).
"""

from __future__ import annotations

from relay_actors.verbs.collect import CollectVerbs
from relay_actors.verbs.media import MediaVerbs
from relay_actors.verbs.setup import SetupVerbs

__all__ = ["CollectVerbs", "MediaVerbs", "SetupVerbs"]
