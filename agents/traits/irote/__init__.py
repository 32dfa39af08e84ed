"""IROTE (arXiv 2508.08719): optimises a self-reflection to be evocative and compact; knows no server."""
