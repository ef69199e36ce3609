"""The ledger of what a process serves, on the disk of its host, and the successor that goes on with it."""
