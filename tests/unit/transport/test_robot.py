import pytest

from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.transport.robot_list import Robot, parse_robots, robot_of, shown_robots


def test_robots_are_read_one_from_each_line() -> None:
    text = "# 群\n\n一小 = https://x/send?key=k1\n二小＝https://x/hook/k2  SEC2\n"

    assert parse_robots(text) == {
        "一小": Robot("https://x/send?key=k1", ""),
        "二小": Robot("https://x/hook/k2", "SEC2"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("一小 https://x/k1", "第1行应为"),
        ("= https://x/k1", "第1行应为"),
        ("一小 = x/k1", "第1行应为"),
        ("一小 = https://x/k1 SEC more", "第1行应为"),
        ("一小 = https://x/k1\n\n一小 = https://x/k2", "第3行的群名“一小”写了两次"),
        ("", "没有写任何机器人"),
    ],
)
def test_a_line_that_is_none_is_told_without_repeating_it(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        parse_robots(text)

    assert "k1" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "key"), [("https://x/send?key=k1", "k1"), ("https://x/open-apis/bot/v2/hook/k2", "k2")]
)
def test_the_key_inside_the_address_is_secret_too(url: str, key: str) -> None:
    robot = Robot(url, "SEC")

    assert robot.secrets == (url, key, "SEC")
    assert repr(robot) == "Robot()"


def test_a_name_without_a_robot_is_a_bad_address() -> None:
    with pytest.raises(DeliveryError, match="没有设置群机器人“二小”") as caught:
        robot_of({"一小": Robot("https://x/k", "")}, "二小")

    assert caught.value.blame is Blame.ADDRESS


def test_many_groups_are_shown_by_their_number() -> None:
    robots = {name: Robot("https://x/k", "") for name in ("一小", "二小", "三小", "四小")}

    assert shown_robots(robots) == "一小、二小、三小等4个群"
