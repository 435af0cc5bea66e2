import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dj_cadence.bootstrap import open_site
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.site import Site
from dj_cadence.store.core.database import Database
from tests.world.shipped import shipped
from tests.world.sites.small_roster import write_roster
from tests.world.terminal import TODAY, Terminal, type_command
from tests.world.village import Village, make_village
from tests.world.web_district import District, make_district


@pytest.fixture(scope="session")
def shipped_catalogue() -> Catalogue:
    """The rules that come with the package."""
    return shipped().catalogue


@pytest.fixture
def district(sqlite_database: Database, shipped_catalogue: Catalogue, tmp_path: Path) -> District:
    """A small district with tasks in every state."""
    return make_district(sqlite_database, shipped_catalogue, tmp_path)


@pytest.fixture
def any_district(database: Database, shipped_catalogue: Catalogue, tmp_path: Path) -> District:
    """The same on both databases."""
    return make_district(database, shipped_catalogue, tmp_path)


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site that `init --demo` makes. Only to be looked at."""
    folder = tmp_path_factory.mktemp("site") / "demo"
    assert type_command("init", folder, "--demo").code == 0
    return folder


@pytest.fixture(scope="session")
def look(demo_site: Path) -> Terminal:
    """For commands that change nothing."""
    return Terminal(demo_site)


@pytest.fixture
def act(demo_site: Path, tmp_path: Path) -> Terminal:
    """For commands that change something: in a copy of the demo site, sending on."""
    terminal = Terminal(Path(shutil.copytree(demo_site, tmp_path / "demo")))
    assert terminal("send", "on").code == 0
    return terminal


@pytest.fixture(scope="session")
def village(tmp_path_factory: pytest.TempPathFactory) -> Village:
    """A site in which some may see less than others. Only to be looked at."""
    return make_village(tmp_path_factory.mktemp("village") / "site")


@pytest.fixture
def village_site(village: Village) -> Iterator[Site]:
    """The village's site, opened."""
    site = village.open()
    yield site
    site.database.engine.dispose()


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site on which nothing was done, with Qian of the small roster as its administrator."""
    folder = tmp_path_factory.mktemp("new") / "site"
    assert type_command("init", folder, "--starts-on", TODAY.replace(day=1)).code == 0
    toml = folder / "site.toml"
    text = toml.read_text(encoding="utf-8")
    text = text.replace("administrator = false", "administrator = true")
    toml.write_text(f'administrators = ["qian@example.cn"]\n{text}', encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def planned_folder(new_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its roster and plan."""
    folder = Path(shutil.copytree(new_folder, tmp_path_factory.mktemp("planned") / "site"))
    shell = Terminal(folder)
    assert shell("roster", "import", write_roster(folder.with_suffix(".xlsx"))).code == 0
    assert shell("plan", "--apply").code == 0
    return folder


@pytest.fixture
def new_site(new_folder: Path, tmp_path: Path) -> Iterator[Site]:
    yield from _opened(new_folder, tmp_path)


@pytest.fixture
def planned_site(planned_folder: Path, tmp_path: Path) -> Iterator[Site]:
    yield from _opened(planned_folder, tmp_path)


def _opened(folder: Path, tmp_path: Path) -> Iterator[Site]:
    site = open_site(Path(shutil.copytree(folder, tmp_path / "site")), {})
    yield site
    site.database.close()
