"""Client and sandbox in one process, in virtual time, under faults by seed: the parts of `proof.simulation`."""
