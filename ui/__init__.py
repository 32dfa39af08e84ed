"""The command line and the studio; guards the top-level names before anything else is imported."""

from sandbox.siblings import check_siblings

check_siblings()
