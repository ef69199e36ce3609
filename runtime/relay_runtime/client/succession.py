"""What a client writes down of its calls, and how it goes on with those of processes that have died."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gevent
from gevent.event import Event

from relay_actors.kit import clock
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import spawn
from relay_actors.kit.log import ThrottledLogger, logger
from relay_actors.telemetry.status import FleetStatus
from relay_actors.tree import Tree
from relay_runtime.client.setup import ClientSetup
from relay_runtime.fleet.errors import FleetError
from relay_runtime.fleet.settings import missing_extra
from relay_runtime.ledger.copy import NO_COPIES
from relay_runtime.ledger.estate import Estate
from relay_runtime.ledger.file import LedgerFile
from relay_runtime.ledger.folder import Claim, Folder, key_of
from relay_runtime.ledger.heirs import inherited
from relay_runtime.ledger.journal import Journal
from relay_runtime.settings.private_directory import PlaceError, own_directory, private_directory

if TYPE_CHECKING:
    from relay_runtime.client.actors import ClientActors
    from relay_runtime.client.fleet_desk import Served
    from relay_runtime.fleet.engine import Engine
    from relay_runtime.fleet.mail import Correspondence
    from relay_runtime.fleet.membership import Membership
    from relay_runtime.fleet.settings import FleetSettings

__all__ = ["AUTO", "OFF", "Succession", "checked_choice"]

AUTO: Final = "auto"
OFF: Final = "off"
_ACCEPTED: Final = "accepted are auto, off, and the path of a directory with a slash in it, such as ./ledgers"
_LOOK: Final = 0.25  # seconds between two looks at the folder

MakeTree = Callable[[Journal | None, int | None], Tree]


def checked_choice(choice: Any, owner: str = "argument ledger=") -> str | None:
    """Return where ledgers are to be, if that can be.

    Args:
        choice: what somebody gave.
        owner: where it was given, for the message.

    Raises:
        TypeError: it is no text.
        ValueError: it is none of what is accepted: a word that is misspelt, say, shall make no directory.
    """
    if choice is None:
        return None
    if not isinstance(choice, str | Path):
        raise TypeError(f"{owner} is {type(choice).__name__}; {_ACCEPTED}")
    if isinstance(choice, str) and choice not in {AUTO, OFF} and "/" not in choice:
        raise ValueError(f"{owner} is {choice!r}; {_ACCEPTED}")
    return choice if choice in {AUTO, OFF} else str(Path(choice).expanduser())


class Succession:
    """The ledger of a client while it has actors, and the estates that it has taken over.

    Args:
        setup: what the client was made with.
        make_tree: makes actors that note by a journal, if there is one: the client's own, or for so many active calls.
        factory: returns what makes the actors of inbound calls.
        choice: ``auto``, ``off`` or a directory; None: off, unless the process says otherwise.

    Attributes:
        choice: see above.
        fleet: the fleet that the client is to be in, or None.
        membership: the client in that fleet, while it has actors.
        app: how the app is named whose processes may adopt each other's calls.
        takeover_after: for how long a process that lives may show nothing of it; see `Timing`.
    """

    def __init__(self, setup: ClientSetup, make_tree: MakeTree, factory: Callable[[], Any], choice: str | None) -> None:
        self.choice = choice
        self.fleet: FleetSettings | None = None
        self.membership: Membership | None = None
        self._served: tuple[Served, ClientActors] | None = None
        self.app = ""
        self.takeover_after = setup.timing.takeover_after
        self._setup = setup
        self._make_tree = make_tree
        self._factory = factory
        self._folder: Folder | None = None
        self._journal: Journal | None = None
        self._estates: list[Estate] = []
        self._throttle = ThrottledLogger()
        self._takes = self._ends = False
        self._look = Event()
        self._looking: Any = None

    def join(self, fleet: FleetSettings, client: Served, actors: ClientActors) -> None:
        """Have the client be in a fleet from its next connect on. Never blocks.

        Args:
            fleet: which.
            client: answers what others ask of it.
            actors: its actors.
        """
        if self.choice == OFF:
            raise ValueError("a fleet needs a ledger, and argument ledger= is off; leave it out, or give a directory")
        self.fleet, self._served = fleet, (client, actors)

    def fleet_status(self) -> FleetStatus | None:
        """Return what the client looks like in its fleet, or None. Never blocks."""
        return None if self.membership is None else self.membership.status

    def ways(self) -> tuple[Engine, Correspondence]:
        """Return what reaches the fleet.

        Raises:
            FleetError: the client is in none, or not connected.
            RuntimeError: this is not the client's thread.
        """
        if self._served is not None:
            self._served[1].here()
        if self.membership is None:
            why = "is not connected" if self.fleet is not None else "is in no fleet: give it fleet='redis://…'"
            raise FleetError(f"the client {why}")
        return self.membership.ways()

    def begin(self) -> Tree:
        """Return the client's own actors, whose calls are written down if they are to be.

        Raises:
            ValueError: the directory can't be had.
        """
        self.membership = self._made_membership()
        self._folder, self._takes, self._ends = self._made_folder(), True, False
        if self.membership is not None:
            self.membership.start()
        self._journal = None if self._folder is None else Journal(self._new_file, self._setup.when_crashed)
        return self._make_tree(self._journal, None)

    def _made_folder(self) -> Folder | None:
        choice = self.choice or (OFF if self.membership is None else AUTO)
        if choice == OFF:
            return None
        settings = self._setup.settings
        try:
            path = private_directory() if choice == AUTO else own_directory(Path(choice))
        except PlaceError as error:
            logger.warning("there is no ledger, so that a successor can't go on with the calls: {}", error)
            return None
        copies = NO_COPIES if self.membership is None else self.membership
        return Folder(path, self._key(), settings.max_active_calls, self.takeover_after, copies)

    def _app(self) -> str:
        return self.app or str(getattr(sys.modules.get("__main__"), "__file__", None) or "")

    def _key(self) -> str:
        settings = self._setup.settings
        return key_of(settings.credentials.project, settings.endpoint.authority, self._app())

    def _made_membership(self) -> Membership | None:
        if self.fleet is None or self._served is None:
            return None
        if told := missing_extra(self.fleet.address):
            raise ModuleNotFoundError(told)
        from relay_runtime.client.fleet_desk import FleetDesk  # noqa: PLC0415 - needs an extra
        from relay_runtime.fleet.membership import Membership  # noqa: PLC0415 - as above

        secret = self._setup.settings.credentials.known().token
        desk = FleetDesk(*self._served)
        return Membership(self.fleet, self._key(), self._app(), secret, self.takeover_after, desk, self._look.set)

    def _new_file(self) -> LedgerFile | None:
        assert self._folder is not None
        try:
            return self._folder.make()
        except OSError as error:
            why = error.strerror or type(error).__name__
            self._throttle.error("no ledger can be made in {}: {}; a successor can't go on", self._folder.path, why)
            return None

    def logged_in(self) -> None:
        """Look from now on for what other processes have left. Never blocks."""
        if self._folder is not None and self._looking is None and not self._ends:
            self._looking = spawn(self._keep_looking, self._folder)
            self._looking.name = "successor"

    def look(self) -> None:
        """Look at once. Never blocks."""
        self._look.set()
        if self.membership is not None:
            self.membership.look()

    def _keep_looking(self, folder: Folder) -> None:
        folder.clear()
        while True:
            self._look.clear()
            for journal in self._journals():  # first: others may look just as this process goes on
                journal.beat()
            if self._takes:
                for claim in folder.claims():
                    self._take(folder, claim)
            self._look.wait(_LOOK)

    def _journals(self) -> list[Journal]:
        own = [] if self._journal is None else [self._journal]
        return [*own, *(estate.journal for estate in self._estates)]

    def _take(self, folder: Folder, claim: Claim) -> None:
        """Go on with what is in a ledger. Never raises, for the other ledgers' sake."""
        try:
            self._begin_estate(folder, claim)
        except Exception as error:  # noqa: BLE001 - whose beat ends is taken for stopped
            log_crash(error, "the ledger of process {} could not be gone on with", claim.book.opened.pid)
            folder.leave_to_others(claim)

    def _begin_estate(self, folder: Folder, claim: Claim) -> None:
        when_crashed = self._setup.when_crashed
        inheritance = inherited(claim.book, self._factory(), when_crashed)
        numbers = max(claim.book.kinds, default=-1) + 1
        journal = Journal(lambda: None, when_crashed, claim.file, numbers)
        tree = self._make_tree(journal, inheritance.limit)
        estate = Estate(claim, inheritance, journal, tree)
        self._estates.append(estate)
        estate.begin(partial(self._end_estate, folder, claim))

    def _end_estate(self, folder: Folder, claim: Claim, estate: Estate) -> None:
        self._estates.remove(estate)
        if estate.kept:  # what this process can't do now it would try again at once, for ever
            folder.leave_to_others(claim)

    def trees(self) -> list[Tree]:
        """The actors of the estates."""
        return [estate.tree for estate in self._estates]

    def stop_looking(self) -> None:
        """Take nothing over any more. That this process lives is shown on. Never blocks."""
        self._takes = False

    def drain(self, timeout: float) -> bool:
        """Wait for the calls of the estates; return whether each has ended in time. Blocks the current greenlet."""
        deadline = clock.monotonic() + timeout
        up = sum(len(estate.tree.up()) for estate in self._estates)
        if up:
            logger.info("letting adopted calls end too; live calls: {}", up)
        return all(estate.wait(max(0.0, deadline - clock.monotonic())) for estate in list(self._estates))

    def end(self, own: Tree) -> tuple[str, ...]:
        """Stop all actors at the same time; return ids of calls of the estates that may be up still.

        Blocks the current greenlet, bounded as `Tree.stop` is. A ledger of calls that may be up still is kept.

        Args:
            own: the client's own actors.
        """
        self._ends = True  # a login that is under way may be confirmed yet
        if self._looking is not None:
            self._looking.kill(block=False)
            self._looking = None
        estates = list(self._estates)
        stopping = [spawn(estate.stop) for estate in estates]
        try:
            own.stop()
        finally:
            gevent.joinall(stopping)
            if self._journal is not None:
                self._journal.close(keep=bool(own.left_up))
            self._journal = self._folder = None
            if self.membership is not None:
                self.membership.stop()
                self.membership = None
        return tuple(call_id for estate in estates for call_id in estate.tree.left_up)
