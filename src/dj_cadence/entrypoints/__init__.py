"""The command line, the daemon and the pages: each speaks to services only."""
