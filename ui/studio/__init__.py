"""The studio: run folders as pages of a browser app; reads only, and starts the command line for work."""
