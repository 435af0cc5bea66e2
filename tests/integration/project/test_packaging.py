"""What is installed carries the rules, the notifiers and the templates, and runs."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from tests.world import ROOT

LINKED = ("schedules", "notifiers", "templates")

pytestmark = pytest.mark.skipif(
    (ROOT / "PKG-INFO").exists(),
    reason="an unpacked sdist keeps these folders inside the package only",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the sdist, as package registries get it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    assert len(list(folder.glob("*.tar.gz"))) == 1
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.parametrize("name", LINKED)
def test_package_links_to_the_folder_at_the_root(name: str) -> None:
    linked = Path(str(files("dj_cadence"))) / name
    assert linked.is_dir(), f"{linked} is no folder: was git told core.symlinks=false?"
    assert linked.samefile(ROOT / name)


@pytest.mark.parametrize("name", LINKED)
def test_wheel_carries_every_file_of_the_folder(wheel: Path, name: str) -> None:
    here = {
        f"dj_cadence/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    there = {path for path in content(wheel) if path.startswith(f"dj_cadence/{name}/")}
    assert here
    assert there == here


def test_wheel_carries_the_migrations(wheel: Path) -> None:
    assert content(wheel) >= {
        "dj_cadence/store/migrations/env.py",
        "dj_cadence/store/migrations/versions/0001_initial.py",
    }


def test_installed_program_finds_its_files_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment that has our dependencies, but not our checkout."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path)
    python = tmp_path / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install"),
        *("--quiet", "--no-index", "--no-deps", wheel),
    )
    (site_packages,) = tmp_path.glob("lib/python*/site-packages")
    dependencies = sysconfig.get_path("purelib")  # a folder named in a .pth file comes last
    (site_packages / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")

    where = run(python, "-c", "import dj_cadence; print(dj_cadence.__file__)")
    assert Path(where.strip()).is_relative_to(site_packages)
    run(tmp_path / "bin" / "dj-cadence", "check")


def content(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def run(*command: str | Path) -> str:
    """What `command` prints, started from the root of the file system; it must succeed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "DJ_CADENCE_SITE"}
    }
    done = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
