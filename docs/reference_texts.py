"""What pages of the reference say besides the docstrings."""

from __future__ import annotations

DECLARED = """## What a class declares

| Name | What it says |
|---|---|
| `when_done` | what happens to a call that is up when `run()` returns: `"hangup"` (default), or `"leave"` it as it is |
| `when_crashed` | what happens when its code raises: `"hangup"`, a `Say`, a `Transfer`; None: as the client says |
| `when_orphaned` | what happens when its process has died, without `on_adopted`; None: as for a crash |"""

ARGUMENTS = """## Arguments of your own

Whatever makes a call's actor, a `CallFactory`, is called with one argument, the [`CallSetup`](more.md). That is a
class, or a class with some of its arguments:

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
