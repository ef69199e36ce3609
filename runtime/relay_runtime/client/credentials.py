"""The credentials of a client, which may change while it is connected."""

from __future__ import annotations

from functools import partial
from typing import Final

from relay_actors.errors import ConnectionLost, NotConnected, RelayError
from relay_actors.kit.log import logger
from relay_actors.session.command import Command
from relay_actors.session.link import Link
from relay_actors.session.state import Credentials
from relay_runtime.settings.credentials import CredentialSources, Secret

__all__ = ["ClientCredentials"]

_REAUTHENTICATE: Final = "signalwire.reauthenticate"


class ClientCredentials:
    """What the logins of one client have to bring.

    Args:
        sources: where it comes from.
        limit: seconds that a function may take to give it.

    Attributes:
        last: what the last login brought; before the first, what is known without asking.
    """

    def __init__(self, sources: CredentialSources, limit: float) -> None:
        self._sources = sources
        self._limit = limit
        self.last = sources.known()
        self._told = True  # whether the server has been given it, or the next login is to bring it

    def ask(self) -> Credentials:
        """Return the credentials of a login. Blocks the current greenlet while a function is asked.

        Raises:
            CredentialsError: it gave none.
        """
        sources, self._told = self._sources, True
        asked = sources.asked(self._limit)
        if sources is self._sources:  # they were not renewed meanwhile
            self.last = asked
        return asked

    def renew(self, token: Secret | None, jwt_token: Secret | None) -> None:
        """Use others from the next login on. Never blocks; errors are those of `CredentialSources.renewed`."""
        self._sources = self._sources.renewed(token, jwt_token)
        self.last = self._sources.known()
        self._told = jwt_token is None

    def tell(self, link: Link) -> None:
        """Give the connected server a new JWT, if it is known and the login did not bring it. Never blocks."""
        if self._told or not self.last.jwt_token or not link.up:
            return
        self._told = True
        project = {"project": self.last.project} if self.last.project else {}
        asked = link.submit(_REAUTHENTICATE, {"authentication": {**project, "jwt_token": self.last.jwt_token}})
        asked.add_done_callback(partial(_told, asked))


def _told(asked: Command) -> None:
    """Say what the server made of a new JWT. Whatever it says, the next login brings that."""
    try:
        asked.get()
    except (ConnectionLost, NotConnected):
        return  # the next login is about to begin
    except RelayError as error:
        logger.warning("the server does not take the new JWT on this connection: {}; the next login uses it", error)
    else:
        logger.info("the server has taken the new JWT")
