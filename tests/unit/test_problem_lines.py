"""A problem with the line it is about."""

from dj_cadence.problems import Problem, lines_of, with_lines

TEXT = "duties:\n  a:\n    title: 主题党日  tier: X  \n"


def shown(place: str) -> str:
    (found,) = with_lines([Problem(place, "不可用")], lines_of({"x.yaml": TEXT}))
    return found.quoted()


def test_the_mark_stands_under_the_place_and_chinese_is_two_wide() -> None:
    assert shown("x.yaml:3:18") == (
        "x.yaml:3:18: 不可用\n    |     title: 主题党日  tier: X\n    |                      ^"
    )


def test_a_place_that_is_not_known_shows_no_line() -> None:
    for place in ("x.yaml:9:1", "y.yaml:1:1", "x.yaml", "花名册.xlsx 组织!C5"):
        assert shown(place) == f"{place}: 不可用"


def test_the_line_makes_no_other_problem_of_it() -> None:
    assert Problem("a:1:1", "x", line="l", column=1) == Problem("a:1:1", "x")
