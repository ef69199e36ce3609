"""The clients that are measured, each a driver module with `main(launch)`: one process, one core, one connection."""
