"""Simulated users: their graphs, brains, personas, fatigue and traits; knows no platform and no store."""
