"""Operations of a call that take their time, named by a control_id.

An action is opened before its command is sent, so that no event can be missed. It ends once, at the first terminal
event, or when what it needs is gone: then `Action.wait` raises what happened and ``on_completed`` gets an
`ActionAborted` event.
"""

from __future__ import annotations

from relay_actors.call.actions.ai import AIAction
from relay_actors.call.actions.base import Action, ActionAborted, OnCompleted, Operator, PausableAction, StoppableAction
from relay_actors.call.actions.collect import CollectAction, StandaloneCollectAction
from relay_actors.call.actions.detect import DetectAction
from relay_actors.call.actions.fax import FaxAction, ReceiveFaxAction, SendFaxAction
from relay_actors.call.actions.media import PlayAction, RecordAction, StreamAction, TapAction, TranscribeAction
from relay_actors.call.actions.pay import PayAction
from relay_actors.call.actions.results import ResultsAction

__all__ = [
    "AIAction",
    "Action",
    "ActionAborted",
    "CollectAction",
    "DetectAction",
    "FaxAction",
    "OnCompleted",
    "Operator",
    "PausableAction",
    "PayAction",
    "PlayAction",
    "ReceiveFaxAction",
    "RecordAction",
    "ResultsAction",
    "SendFaxAction",
    "StandaloneCollectAction",
    "StoppableAction",
    "StreamAction",
    "TapAction",
    "TranscribeAction",
]
