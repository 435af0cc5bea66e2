"""`python -m dj_cadence` is the same as `dj-cadence`."""

from dj_cadence.entrypoints.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
