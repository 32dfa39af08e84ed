"""The commands, one file a group; each imports what it runs only when it is called."""
