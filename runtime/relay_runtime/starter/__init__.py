"""A small project to begin with: the files in ``templates``, as they stand, and how they come into a folder."""
