import pytest

from dj_cadence.domain.organizations.offices import (
    CANONICAL,
    OFFICES,
    OTHER_OFFICES,
    canonical_office,
    nearest_office,
)


@pytest.mark.parametrize(
    ("written", "office"),
    [
        ("书记", "书记"),
        (" 党支部书记 ", "书记"),
        ("党总支副书记", "副书记"),
        ("支委", "委员"),
        ("党办", "党务工作者"),
        ("园长", "校长"),
        ("大队辅导员", "少先队总辅导员"),
        ("团支部书记", "团支部书记"),
        ("支书", "书记"),
        ("党总支书记", "书记"),
        ("教育工委书记", "书记"),
        ("副支书", "副书记"),
        ("校长书记", None),
        ("书急", None),
        ("", None),
    ],
)
def test_the_office_that_is_meant(written: str, office: str | None) -> None:
    assert canonical_office(written) == office


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("书急", "，是否想写“书记”？"),
        ("支部书急", "，是否想写“支部书记”？"),
        ("组识委员", "，是否想写“组织委员”？"),
        ("班主任", ""),
        ("教务主任", ""),
        ("教师", ""),
        ("", ""),
    ],
)
def test_a_near_name_begins_alike(written: str, near: str) -> None:
    assert nearest_office(written) == near


def test_no_name_means_two_offices() -> None:
    offices = [*OFFICES.items(), *OTHER_OFFICES.items()]
    names = [name for office, aliases in offices for name in (office, *aliases)]

    assert sorted(names) == sorted(CANONICAL)
    assert len(names) == len(set(names))
