"""A phone and a live view of a sandbox in the browser: one page, served on this machine to whoever has its URL."""
