"""Served language models: the client, its wrappers, and the brain that decides through them."""
