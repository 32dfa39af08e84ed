"""Synthetic interaction data: one canonical impression-level log, and the published formats derived from it."""
