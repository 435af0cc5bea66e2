from dj_cadence.problems import Problem, faults, in_order, suggestion


def test_a_warning_says_that_it_is_one() -> None:
    assert str(Problem("a.yaml:1:2", "缺少 title")) == "a.yaml:1:2: 缺少 title"
    assert str(Problem("a.yaml:1:2", "文件是空的", warning=True)) == "a.yaml:1:2: 提示：文件是空的"


def test_faults_are_what_stops_the_work() -> None:
    fault, warning = Problem("a", "x"), Problem("a", "y", warning=True)

    assert faults([warning, fault]) == [fault]


def test_line_9_comes_before_line_10_and_nothing_twice() -> None:
    places = ["b:1:1", "a:10:1", "a:9:10", "a:9:9", "a:9:9"]

    assert [problem.place for problem in in_order(Problem(place, "") for place in places)] == [
        "a:9:9",
        "a:9:10",
        "a:10:1",
        "b:1:1",
    ]


def test_the_nearest_word_is_proposed() -> None:
    assert suggestion("montly", ["monthly", "quarterly"]) == "，是否想写“monthly”？"
    assert suggestion("weekly", ["abc"]) == ""


def test_one_slip_in_a_short_word_is_near_and_two_are_not() -> None:
    assert suggestion("书急", ["书记"]) == "，是否想写“书记”？"
    assert suggestion("班主任", ["财务主任"]) == ""
    assert suggestion("skip", ["keep"]) == ""
