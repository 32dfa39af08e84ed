"""The embedded user: a discrete-choice model fitted to a training log, one step at a time or thousands at once."""
