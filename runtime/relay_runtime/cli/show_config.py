"""``relay-runtime config``: the effective settings, and where each came from."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from relay_runtime.cli import configuring, flags
from relay_runtime.cli.console import print_json, print_rich
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.config import Config, Setting
from relay_runtime.watch.escaping import escaped

__all__ = ["show_config", "table"]


def show_config(
    *,
    contexts: flags.Contexts,
    server: flags.Server,
    calls: flags.CallsAsInStart,
    process: flags.Process,
    recording: flags.Recording,
    watching: flags.Watching,
    logs: flags.Logs,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Print the settings that start would use, and where each came from. Secrets are masked.

    Example: relay-runtime config --env-file .env
    """
    given = {**contexts, **server, **calls, **process, **recording, **watching, **logs}
    settings = configuring.with_proxy(configuring.effective(given, config_file=config, env_file=env_file))
    if as_json:
        print_json({each.option.name: {"value": _plain(each), "from": each.origin} for each in settings})
        return ExitCode.OK
    print_rich(table(settings))
    return ExitCode.OK


def table(settings: Config) -> Table:
    """Return the settings as a table for people, secrets masked."""
    rows = Table("setting", "value", "from", "meaning", box=None, pad_edge=False)
    for each in settings:
        rows.add_row(each.option.name, escaped(each.shown), escaped(each.origin), each.option.meaning)
    return rows


def _plain(setting: Setting) -> Any:
    """Return a value for JSON, secrets masked."""
    return setting.shown if setting.secret else setting.value
