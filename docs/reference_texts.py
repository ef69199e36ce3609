"""What pages of the reference say besides the docstrings."""

from __future__ import annotations

from collections.abc import Callable

ARGUMENTS = """## Arguments of your own

Whatever makes a call's actor, a [`CallFactory`](types.md#callfactory), is called with one argument, the
[`CallSetup`](more.md#callsetup). That is a class, or a class with some of its arguments:

```python
class Menu(CallActor):
    def __init__(self, setup, database):
        super().__init__(setup)
        self.database = database


client = RelayClient(contexts=["office"], call_actor=functools.partial(Menu, database=connect()))
```

or any function of the setup that returns such an actor. A class with an `__init__` of its own is made in a greenlet of
its own, so it may block. An `__init__` that does not call `super().__init__(setup)` is refused when the class is made,
that of a dataclass when it is registered: write `@dataclass(init=False)` and the `__init__` above."""

PYKKAS = """A call is a Pykka actor, so that it has these too:

| Name | What it is to a call |
|---|---|
| `stop` | asks the call's actor to stop; a call that is up is hung up with the reason `error` |
| `on_start` | a hook of your own: runs first, before `run` and the hooks of events |
| `on_receive`, `on_stop`, `on_failure` | never called, and refused in a class: events come to hooks |"""

EXAMPLES = """Each verb has an example. It was run when this page was made, in the [sandbox](../sandbox.md), with
somebody on the line; `call` is what a function for [`on_call`](client.md#on_call) gets, in the methods of a
[`CallActor`](#callactor) it is `self`. The functions and classes that it uses are imported from `relay_runtime`. Below
it are the requests that it has sent, each an object of JSON; ids are named (`call-1`), and the pings of the connection
are left out. The call has been answered before, unless the example does it."""

CLIENT_EXAMPLES = """What asks the server for something has an example. It was run when this page was made, in the
[sandbox](../sandbox.md), with a `client` that had the context `office` and was connected, unless the example connects
it. Below it are the requests that it has sent; ids are named (`call-1`), secrets are `***`, and the pings of the
connection are left out."""

NOT_MADE = {
    "relay_actors.call.actions.base.Action",
    "relay_actors.messaging.message.Message",
    "relay_runtime.aio.action.Action",
    "relay_runtime.aio.call.Call",
    "relay_runtime.aio.campaign.Campaign",
    "relay_runtime.aio.message.Message",
    "relay_runtime.campaign.campaign.Campaign",
    "relay_runtime.fleet.reach.Asked",
    "relay_runtime.fleet.reach.Fleet",
    "relay_runtime.fleet.reach.FleetCall",
    "relay_runtime.sandbox.calls.session.Session",
    "relay_runtime.sandbox.faults.faults.Faults",
    "relay_runtime.sandbox.script.performance.Performance",
    "relay_runtime.sandbox.script.run.Run",
    "relay_runtime.testing.facts.Facts",
    "relay_runtime.testing.line.Line",
    "relay_runtime.testing.message_box.MessageBox",
    "relay_runtime.testing.virtual.VirtualClock",
}
"""Classes whose objects are given to users, who make none: how one is made is not shown."""

RUNTIME_ONLY = {
    "Action": ("abort", "apply", "call_ended", "completion", "ends_with"),
    "AIAction": ("apply", "call_ended"),
    "CollectAction": ("ends_with",),
    "DetectAction": ("apply", "ends_with"),
    "FaxAction": ("apply", "ends_with"),
    "Message": ("abandon", "apply"),
    "PayAction": ("apply", "ends_with"),
    "RecordAction": ("ends_with",),
    "ResultsAction": ("abort",),
    "StandaloneCollectAction": ("apply", "ends_with"),
}
"""From classes to those of their methods that the runtime alone calls; they have no entry."""

CONSTANTS = {
    "CALL_STATES": "the states of a call, in order",
    "CALL_STATE": "a state of a call",
    "CONNECT_STATE": "a state of a connection of two calls",
    "DETECT_TYPE": "what a detector looks for",
    "END_REASON": "why a call ended",
    "EVENT": "the type of an event",
    "MESSAGE_STATE": "a state of a message",
    "MESSAGE_TERMINAL_STATES": "the states after which a message has no other",
    "PLAY_STATE": "a state of what is played",
    "RECORD_STATE": "a state of a recording",
}
"""From constants, or the first words of their names, to what they are."""

UNITS: dict[str, Callable[[str], str]] = {"Timing": lambda hint: "seconds" if "float" in hint else "number"}
"""From classes whose fields have units that their types tell, to what tells them."""

ALIASES = {
    "relay_actors.call.crash_policy.CrashPolicy": "What becomes of a call whose code crashes: the text ``hangup``, a "
    "`Say` or a `Transfer`.",
    "relay_actors.call.waits.Predicate": "Tells whether an event is the one that is waited for; it must not block.",
    "relay_runtime.aio.call.EventHandler": "Called with an event: a function or a coroutine function.",
    "relay_runtime.aio.handlers.CallHandler": "Called with each inbound call: a function or a coroutine function.",
    "relay_runtime.aio.handlers.MessageHandler": "Called with each inbound `Message`: a function or a "
    "coroutine function.",
    "relay_runtime.campaign.outcome.Verdict": "What came of an item of a campaign; see `CampaignOutcome`.",
    "relay_runtime.client.frame_tap.Direction": "Whether a frame came in or went out.",
    "relay_runtime.client.handlers.CallFactory": "Makes the actor of a call from its `CallSetup`: a class of calls, or "
    "a function that returns one.",
    "relay_runtime.client.kinds.CallHandler": "Called with each inbound call; a decorator returns it as it was.",
    "relay_runtime.client.kinds.ChangeHandler": "Called with each `Change`; a decorator returns it as it was.",
    "relay_runtime.client.kinds.ClientHandler": "Called with the client; a decorator returns it as it was.",
    "relay_runtime.client.kinds.EventHandler": "Called with each event; a decorator returns it as it was.",
    "relay_runtime.client.kinds.MessageHandler": "Called with each inbound `Message`; a decorator returns it as it "
    "was.",
    "relay_runtime.sandbox.calls.messages.Ending": "What becomes of a message that the client sends.",
    "relay_runtime.sandbox.calls.session.End": "Why a session ended.",
    "relay_runtime.sandbox.faults.arms.Moment": "When the connection is cut: before the request is performed, after it "
    "and before the reply, or after the reply.",
    "relay_runtime.sandbox.faults.faults.Kind": "A fault that happens by chance.",
    "relay_runtime.sandbox.faults.faults.Refusal": "How a connection or a login is refused.",
    "relay_runtime.sandbox.ground.settings.EventShape": "The shape of events of detectors, faxes and payments.",
    "relay_runtime.sandbox.ground.settings.Redelivery": "How events come that were not acknowledged before a resume.",
    "relay_runtime.sandbox.ground.settings.RefusalShape": "How bad credentials are refused.",
    "relay_runtime.sandbox.script.script.GiveUp": "Why a caller gives up before an answer.",
    "relay_runtime.sandbox.script.script.Verdict": "What becomes of a dial to a callee.",
}
"""What is said of type aliases that say nothing themselves."""
