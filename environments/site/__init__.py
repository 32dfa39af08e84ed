"""The platform as a served site: one arm that people and browsers can click; knows no scenario and no run folder."""
