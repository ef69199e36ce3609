"""A phone on the desk: whoever writes an app dials it, hears it, presses keys, and sees what happens."""
