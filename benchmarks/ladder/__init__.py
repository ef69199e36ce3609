"""From the least that a process can do to ours, one step at a time, so that anybody sees what each costs."""
