"""Leaves the process as it was: environment, modules, logs. For tests that run the command line in-process."""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gevent.hub import get_hub
from loguru import logger

from relay_actors.kit.deferred_log import defer_to

OURS = ("SIGNALWIRE_", "RELAY_")


_CHECKOUT = f"{Path(__file__).parents[1]}{os.sep}"


def _is_of_a_test(file: str) -> bool:
    """Return whether a module is an app of a test's own. The whole checkout may be a temporary one."""
    return file.startswith(tempfile.gettempdir()) and not file.startswith((_CHECKOUT, sys.prefix))


@contextmanager
def clean_process() -> Iterator[None]:
    environ, path, modules = dict(os.environ), list(sys.path), set(sys.modules)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    thresholds = gc.get_threshold()
    hooks = threading.excepthook, sys.unraisablehook
    for name in list(os.environ):
        if name.startswith(OURS):
            del os.environ[name]
    try:
        yield
    finally:
        if os.environ != environ:
            os.environ.clear()
            os.environ.update(environ)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if _is_of_a_test(getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]
        defer_to(None)
        logger.configure(handlers=[{"sink": sys.stderr, "level": "DEBUG"}], patcher=lambda _: None, extra={})
        logging.captureWarnings(capture=False)
        for name in ("websockets", "urllib3", "asyncio"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        root.handlers[:] = handlers
        root.setLevel(level)
        gc.set_threshold(*thresholds)
        vars(get_hub()).pop("print_exception", None)
        threading.excepthook, sys.unraisablehook = hooks
