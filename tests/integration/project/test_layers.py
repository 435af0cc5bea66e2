"""The guard over the clock guards."""

import json
import subprocess
import sys

import pytest

from tests.world import ROOT


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime\nprint(datetime.now(UTC))\n",
        "import datetime\nprint(datetime.datetime.now(datetime.UTC))\n",
        "from datetime import datetime\nprint(datetime.utcnow())\n",
        "from datetime import datetime\nprint(datetime.today())\n",
        "from datetime import date\nprint(date.today())\n",
        "import time\nprint(time.time())\n",
        "from time import time\nprint(time())\n",
    ],
)
def test_reading_the_clock_is_refused(source: str) -> None:
    assert "TID251" in faults(source, "src/dj_cadence/services/remind.py")


def test_the_clock_itself_may_read_it() -> None:
    source = (ROOT / "src/dj_cadence/clock.py").read_text(encoding="utf-8")
    assert faults(source, "src/dj_cadence/clock.py") == set()


def faults(source: str, path: str) -> set[str]:
    """The rules that ruff finds broken, were `source` the file at `path`."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--quiet", "--no-cache"),
            *("--output-format", "json", "--stdin-filename", ROOT / path, "-"),
        ],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return {fault["code"] for fault in json.loads(done.stdout)}
