"""The words, seams and engine of twinfeed; knows no agent, no platform, no memory and no model."""
