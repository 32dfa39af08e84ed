"""The benchmark commands, one file each: options in, one JSON object or one table out."""
