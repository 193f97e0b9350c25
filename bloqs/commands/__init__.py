"""The larger commands, one a file; nothing heavy is imported before one runs."""
