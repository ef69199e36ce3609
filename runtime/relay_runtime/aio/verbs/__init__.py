"""The verbs of a call, awaited, one file a subject.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from relay_runtime.aio.verbs.ai import AIVerbs
from relay_runtime.aio.verbs.collect import CollectVerbs
from relay_runtime.aio.verbs.conference import ConferenceVerbs
from relay_runtime.aio.verbs.detect import DetectVerbs
from relay_runtime.aio.verbs.fax import FaxVerbs
from relay_runtime.aio.verbs.media import MediaVerbs
from relay_runtime.aio.verbs.pay import PayVerbs
from relay_runtime.aio.verbs.queue import QueueVerbs
from relay_runtime.aio.verbs.setup import SetupVerbs
from relay_runtime.aio.verbs.speech import SpeechVerbs
from relay_runtime.aio.verbs.tap_stream import TapStreamVerbs

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
]
