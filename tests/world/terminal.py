"""Typing commands: in this process with the clock stopped, so that a demo site is always the same.

It is Friday 2026-11-20, 10:00 in Shanghai.
"""

import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from dj_cadence.entrypoints.cli.app import main

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every line of the output, each of which must be one JSON object."""
        found = [json.loads(line) for line in self.lines]
        assert all(isinstance(one, dict) for one in found)
        return found


@dataclass(frozen=True)
class Terminal:
    """A terminal in front of a site."""

    site: Path

    def __call__(self, *words: object, environ: Mapping[str, str] | None = None) -> Answer:
        return type_command("--site", self.site, *words, environ=environ)


def type_command(*words: object, environ: Mapping[str, str] | None = None) -> Answer:
    """Run one command as `dj-cadence` does."""
    out, err = StringIO(), StringIO()
    with freeze_time(NOW), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dj-cadence", *map(str, words)])
        for name, value in (environ or {}).items():
            patch.setenv(name, value)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
            main()
    return Answer(int(left.value.code or 0), out.getvalue(), err.getvalue())
