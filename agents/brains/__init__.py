"""Brains that look at nothing but what is legal: for tests, for measuring our own cost, and as controls."""
