"""Every command is in the table of acts, with the page where it is done, and those pages exist."""

import re

from starlette.routing import Route

from dj_cadence.entrypoints.web import make_app
from tests.world import ROOT
from tests.world.commands import COMMANDS
from tests.world.web_district import District

_TEXT = (ROOT / "docs/reference/pages.md").read_text(encoding="utf-8")
TABLE = dict(re.findall(r"^\| `([a-z -]+)` \| (.+?) \|", _TEXT, re.MULTILINE))


def test_each_command_stands_in_the_table() -> None:
    assert set(TABLE) == set(COMMANDS)


def test_what_has_no_page_says_why() -> None:
    without = {name: text for name, text in TABLE.items() if "`/" not in text}

    assert all(text.startswith("command only: ") for text in without.values())


def test_each_page_of_the_table_is_an_address_of_the_application(district: District) -> None:
    routes = {
        re.sub(r"\{[a-z]+\}", "X", route.path)
        for route in make_app(district.context).routes
        if isinstance(route, Route)
    }
    named = {address for text in TABLE.values() for address in re.findall(r"`(/[^`]*)`", text)}

    assert {re.sub(r"CODE|ID|KIND", "X", address) for address in named} <= routes
