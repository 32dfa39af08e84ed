"""The composition root: YAML scenarios, and the one place that turns their names into objects."""
