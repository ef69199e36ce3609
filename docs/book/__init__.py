"""What makes a site of the pages beside Sphinx, MyST and Furo: the order of the pages, and pages of the code."""
