"""What the tests are made of: districts, clocks, servers, programs; no test stands here.

Imported by its full name, `from tests.world.engine import …`: pytest's importlib mode gives each
test module its path from the root as its name, so that `tests` is a package for all of them.
Programs are run with `python -m tests.world.processes.…` in ROOT.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout."""
