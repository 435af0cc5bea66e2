import pytest

from dj_cadence.domain.office import OFFICES, canonical_office, known_names, split_offices


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
        ("书急", None),
        ("", None),
    ],
)
def test_the_office_that_is_meant(written: str, office: str | None) -> None:
    assert canonical_office(written) == office


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("书记、校长", ["书记", "校长"]),
        ("书记，校长", ["书记", "校长"]),
        ("书记/ 校长 ;工会主席", ["书记", "校长", "工会主席"]),
        ("书记", ["书记"]),
        ("、", []),
    ],
)
def test_two_offices_in_one_cell(written: str, parts: list[str]) -> None:
    assert split_offices(written) == parts


def test_no_name_means_two_offices() -> None:
    names = [name for office, aliases in OFFICES.items() for name in (office, *aliases)]

    assert sorted(names) == sorted(known_names())
    assert len(names) == len(set(names))
