from pathlib import Path

import pytest

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.loading.catalogue import load_catalogue, shipped_schedules
from dj_cadence.store.database import Database

from .district import District, make_district


@pytest.fixture(scope="session")
def shipped_catalogue() -> Catalogue:
    """The rules that come with the package."""
    return load_catalogue([shipped_schedules()]).catalogue


@pytest.fixture
def district(sqlite_database: Database, shipped_catalogue: Catalogue, tmp_path: Path) -> District:
    """A small district with tasks in every state."""
    return make_district(sqlite_database, shipped_catalogue, tmp_path)


@pytest.fixture
def any_district(database: Database, shipped_catalogue: Catalogue, tmp_path: Path) -> District:
    """The same on both databases."""
    return make_district(database, shipped_catalogue, tmp_path)
