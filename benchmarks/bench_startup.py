"""How long a command makes one wait before it begins, beside what its libraries alone take.

python benchmarks/bench_startup.py [SITE]; SITE is the folder of a demonstration site, else one
is made. Whole processes, in turns, so that a busy machine slows all of them alike.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 15
CADENCE = (sys.executable, "-m", "dj_cadence")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = sys.argv[1] if len(sys.argv) > 1 else _demo(Path(folder) / "demo")
        seconds = _medians(
            {
                "help": (*CADENCE, "--help"),
                "typer": (sys.executable, "-c", "import typer"),
                "tasks": (*CADENCE, "--site", site, "tasks"),
                "libraries": (
                    *(sys.executable, "-c"),
                    "import sqlalchemy.orm, pydantic, ruamel.yaml",
                ),
            }
        )
    for name, beside, most in (("help", "typer", 3), ("tasks", "libraries", 2)):
        ratio = seconds[name] / seconds[beside]
        print(
            f"{name}: {seconds[name] * 1000:.0f} ms, {beside} alone "
            f"{seconds[beside] * 1000:.0f} ms, ratio {ratio:.2f} (at most {most})"
        )


def _demo(site: Path) -> str:
    _run((*CADENCE, "init", str(site), "--demo"))
    return str(site)


def _medians(commands: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Of each command's seconds; the first round fills the caches and does not count."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS + 1):
        for name, command in commands.items():
            taken[name].append(_run(command))
    return {name: median(seconds[1:]) for name, seconds in taken.items()}


def _run(command: Sequence[str]) -> float:
    begun = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - begun


if __name__ == "__main__":
    main()
