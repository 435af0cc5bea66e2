"""What hashes are taken of."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dj_cadence.fingerprint import digest, plain


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    name: str
    days: frozenset[date]
    colour: Colour = Colour.RED
    source: str = field(default="", compare=False)


def test_values_become_json_in_one_way() -> None:
    days = frozenset({date(2026, 3, 5), date(2026, 3, 4)})

    assert plain({1: (Thing("a", days, source="here"), None, True)}) == {
        "1": [{"name": "a", "days": ["2026-03-04", "2026-03-05"], "colour": "red"}, None, True]
    }


def test_equal_values_have_equal_digests_whatever_their_order_and_source() -> None:
    one = Thing("a", frozenset({date(2026, 3, 4), date(2026, 3, 5)}), source="here")
    same = Thing("a", frozenset({date(2026, 3, 5), date(2026, 3, 4)}), source="there")

    assert digest(one, {"x": 1, "y": 2}) == digest(same, {"y": 2, "x": 1})
    assert digest(one) != digest(Thing("b", one.days))
    assert digest("a", "b") != digest("b", "a")


def test_a_digest_is_the_same_in_every_process() -> None:
    assert digest("党日", date(2026, 3, 5)) == (
        "c2a7e6dbc1dd3a2e7d50d106565c63258127f7ec37751635b71b8e636e8a485a"
    )
