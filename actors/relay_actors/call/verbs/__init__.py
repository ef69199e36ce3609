"""The verbs of a call, one file a subject.

A verb is a method with the names, order and defaults of SignalWire's own client. It gathers its params with `given`,
and sends them with `invoke` (a plain verb) or `begin` (an operation with a control_id), which check them against the
table of methods. It calls no other verb through ``self``: a subclass may have redefined it.
"""

from __future__ import annotations

from relay_actors.call.verbs.ai import AIVerbs
from relay_actors.call.verbs.collect import CollectVerbs
from relay_actors.call.verbs.conference import ConferenceVerbs
from relay_actors.call.verbs.detect import DetectVerbs
from relay_actors.call.verbs.fax import FaxVerbs
from relay_actors.call.verbs.media import MediaVerbs
from relay_actors.call.verbs.pay import PayVerbs
from relay_actors.call.verbs.queue import QueueVerbs
from relay_actors.call.verbs.setup import SetupVerbs
from relay_actors.call.verbs.speech import SpeechVerbs
from relay_actors.call.verbs.tap_stream import TapStreamVerbs
from relay_actors.call.verbs.waiting import Waiting

__all__ = [
    "AIVerbs",
    "CollectVerbs",
    "ConferenceVerbs",
    "DetectVerbs",
    "FaxVerbs",
    "MediaVerbs",
    "PayVerbs",
    "QueueVerbs",
    "SetupVerbs",
    "SpeechVerbs",
    "TapStreamVerbs",
    "Waiting",
]
