"""`python -m dj_cadence` is the same as `dj-cadence`."""

import gc

gc.disable()  # nothing of what is imported ever becomes garbage; open_site turns it on again
from dj_cadence.entrypoints.cli.app import main  # noqa: E402

__all__ = ["main"]

if __name__ == "__main__":
    main()
