"""The process that serves an app: loading, probes, systemd, reload."""
