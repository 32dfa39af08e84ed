"""Traits of simulated people: instruments, persona wording, reflections and their dose; knows no platform."""
