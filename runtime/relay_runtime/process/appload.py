"""Finding the application that a person named: ``module:Class``, ``module:client``, or a file ``app.py[:Class]``.

One of asyncio is told by the room of asyncio being loaded: a process on greenlets does without it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import relay_actors
import relay_runtime
from relay_actors.call.call import CallActor
from relay_runtime.client.client import RelayClient
from relay_runtime.client.importing import importing
from relay_runtime.settings.settings_file import suggestion

__all__ = ["App", "AppError", "load_app", "load_asyncio_app", "load_hooks", "source_files"]

App = type[CallActor] | RelayClient

_ACCEPTED: Final = "accepted is MODULE:CLASS, MODULE:CLIENT or FILE.py[:NAME], such as app:Receptionist"
_ACCEPTED_ASYNCIO: Final = "accepted with --asyncio is MODULE:CLIENT or FILE.py[:NAME], such as app:client"
_ROOM_OF_ASYNCIO: Final = "relay_runtime.aio"


class AppError(Exception):
    """The application can't be loaded; the text is one line that says what to do."""


def load_app(spec: str) -> App:
    """Import an application and return its `CallActor` class or its `RelayClient`.

    Runs the module's code, and looks for modules in the current directory first. Blocks the hub meanwhile.

    Args:
        spec: ``module:name``, ``path/app.py:name``, or either without ``:name`` when the module has exactly one
            `CallActor` class or client.

    Raises:
        AppError: it can't be found, its own code failed or connected a client (with file and line), or it is something
            else: a client of asyncio too.
    """
    module, name, place = _opened(spec, _ACCEPTED)
    if name:
        return _named(module, name, place)
    found = _only_one(({**_classes(module), **_clients(module)},), place)
    if found is None:
        _refuse(_asyncio_clients(module), place)
        raise AppError(f"{place} has no CallActor class and no RelayClient: {_ACCEPTED}")
    app: App = found
    return app


def load_asyncio_app(spec: str) -> Any:
    """Import an application and return its client of asyncio, whose room is above this one; otherwise as `load_app`.

    Args:
        spec: ``module:name``, ``path/app.py:name``, or either without ``:name`` when there is exactly one such client.

    Raises:
        AppError: as for `load_app`; what greenlets serve is something else here.
    """
    module, name, place = _opened(spec, _ACCEPTED_ASYNCIO)
    if name:
        found = _attribute(module, name, place, _asyncio_clients(module))
        if not _is_asyncio_client(found):
            _refuse({name: found}, place)
            raise AppError(f"{place}:{name} is {_kind(found)}; accepted is a client of {_ROOM_OF_ASYNCIO}")
    else:
        found = _only_one((_asyncio_clients(module),), place)
        if found is None:
            _refuse({**_classes(module), **_clients(module)}, place)
            raise AppError(f"{place} has no client of {_ROOM_OF_ASYNCIO}: {_ACCEPTED_ASYNCIO}")
    return found


def load_hooks(spec: str) -> dict[str, Any]:
    """Return what the module of an app that is loaded has under the names ``on_ready`` and ``on_drain``.

    Args:
        spec: as it was given to `load_app`.
    """
    place = spec.rpartition(":")[0] or spec
    names = vars(sys.modules[Path(place).stem if _is_file(place) else place])
    return {name: names[name] for name in ("on_ready", "on_drain") if name in names}


def _opened(spec: str, accepted: str) -> tuple[ModuleType, str, str]:
    """Return the module that a person named, the name in it, which may be empty, and the module as it was named."""
    place, colon, name = spec.rpartition(":") if ":" in spec else (spec, "", "")
    if not place or (colon and not name):
        raise AppError(f"{spec!r} names no app: {accepted}")
    with importing(place):
        module = _from_file(place) if _is_file(place) else _from_module(place)
    return module, name, place


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place


def source_files(error: AppError | None = None) -> list[str]:
    """Return the files of the user's own modules that are loaded, and those that an app failed in."""
    files = {file for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    cause = error.__cause__ if error is not None else None
    if cause is not None:
        files.update(frame.filename for frame in traceback.extract_tb(cause.__traceback__))
    if isinstance(cause, SyntaxError) and cause.filename:
        files.add(cause.filename)
    return sorted(file for file in files if file.endswith(".py") and _is_users(file))


def _from_file(place: str) -> ModuleType:
    path = Path(place).resolve()
    if not path.is_file():
        raise AppError(f"{place} is no file: name an existing Python file, such as app.py:Receptionist")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise AppError(f"{place} is no Python file: its name must end in .py")
    _search_first(path.parent)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[path.stem]
        _refuse_interrupt(error)
        raise AppError(_failure(place, error)) from error
    return module


def _from_module(place: str) -> ModuleType:
    _search_first(Path.cwd())
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and (place == error.name or place.startswith(f"{error.name}.")):
            raise AppError(_no_module(place, error.name)) from None
        raise AppError(_failure(place, error)) from error
    except BaseException as error:
        _refuse_interrupt(error)
        raise AppError(_failure(place, error)) from error


def _search_first(directory: Path) -> None:
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))


def _refuse_interrupt(error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt):
        raise error


def _no_module(place: str, missing: str) -> str:
    here = sorted(path.stem for path in Path.cwd().glob("*.py"))
    hint = f"; here are {', '.join(here[:10])}" if here else ""
    of = "" if missing == place else f" for {place!r}"
    return f"there is no module {missing!r}{of}: run from its directory, or name the file{hint}"


def _failure(place: str, error: BaseException) -> str:
    """Say in one line what went wrong in the user's own code, and where."""
    what = f"{type(error).__name__}: {error}".splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{place} can't be imported: {error.filename}, line {error.lineno}: {type(error).__name__}: {error.msg}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    where = f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""
    return f"{place} can't be imported: {where}{what}"


def _is_users(filename: str) -> bool:
    """Return whether a file is the user's, rather than Python's, a package's or ours."""
    path = Path(filename)
    if not path.is_absolute():  # <string>, or the source of a compiled module
        return False
    if {"site-packages", "dist-packages"} & {*path.parts}:  # of this environment, or of one below it
        return False
    paths = sysconfig.get_paths()
    ours = (str(Path(module.__file__ or "").parent) for module in (relay_actors, relay_runtime))
    return not any(path.is_relative_to(other) for other in (paths["stdlib"], paths["platstdlib"], *ours))


def _named(module: ModuleType, name: str, place: str) -> App:
    found = _attribute(module, name, place, [*_classes(module), *_clients(module)])
    if isinstance(found, RelayClient) or _is_actor(found):
        app: App = found
        return app
    _refuse({name: found}, place)
    raise AppError(f"{place}:{name} is {_kind(found)}; accepted is a subclass of CallActor, or a RelayClient")


def _attribute(module: ModuleType, name: str, place: str, choices: Iterable[str]) -> Any:
    try:
        return getattr(module, name)
    except AttributeError:
        known = list(choices)
        what = suggestion(name, known) if known else "it has no CallActor class and no RelayClient"
        raise AppError(f"{place} has no {name!r}; {what}") from None


def _kind(found: Any) -> str:
    return f"the class {found.__name__}" if isinstance(found, type) else f"a {type(found).__name__}"


def _only_one(kinds: Iterable[dict[str, Any]], place: str) -> Any:
    """Return the only app of the first kind that a module has any of; None when it has none."""
    for found in kinds:
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            raise AppError(f"{place} has {', '.join(found)}: say which, as in {place}:{next(iter(found))}")
    return None


def _refuse(found: dict[str, Any], place: str) -> None:
    """Complain about an app that needs ``--asyncio``, or must go without it; do nothing if it is none at all."""
    for name, value in found.items():
        if _is_asyncio_client(value):
            raise AppError(f"{place}:{name} is a client of {_ROOM_OF_ASYNCIO}: start it with --asyncio")
        if isinstance(value, RelayClient) or _is_actor(value):
            what = "a CallActor class" if _is_actor(value) else "a client of relay_runtime"
            raise AppError(f"{place}:{name} is {what}, which greenlets serve: start it without --asyncio")


def _is_actor(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, CallActor) and value is not CallActor


def _classes(module: ModuleType) -> dict[str, Any]:
    """Return the module's own CallActor classes; imported ones and those whose name is private don't count."""
    return {
        name: value
        for name, value in vars(module).items()
        if _is_actor(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def _clients(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if isinstance(value, RelayClient)}


def _asyncio_clients(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if _is_asyncio_client(value)}


def _is_asyncio_client(value: Any) -> bool:
    room = sys.modules.get(f"{_ROOM_OF_ASYNCIO}.client")
    return room is not None and isinstance(value, room.RelayClient)
