"""Our client with the log of the `relay-runtime` process at `info`."""

from benchmarks.clients.launch import Launch
from benchmarks.clients.ours import Receptionist, log_to_nowhere, serve


def main(launch: Launch) -> None:
    serve(launch, Receptionist, log_to_nowhere)
