"""The commands: thin, one function each, Chinese for people and JSON lines for scripts."""
