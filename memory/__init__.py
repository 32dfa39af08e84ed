"""Embedders, the vector store and the published memories, one file each; knows no agent and no page."""
