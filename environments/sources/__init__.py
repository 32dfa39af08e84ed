"""Where logs come from: one file per format; knows files, and nothing of what is done with their rows."""
