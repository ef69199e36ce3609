"""Options, configuration files and the address of the server."""
