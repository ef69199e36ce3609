"""The machine: sockets, the client, configuration, the command and the sandbox."""
