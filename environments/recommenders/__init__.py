"""Recommenders behind the `Recommender` seam, one file a kind of model; each knows a log and nothing of people."""
