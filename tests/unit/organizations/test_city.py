import pytest

from dj_cadence.domain.organizations.facts import city_name, unknown_city


def test_the_name_by_which_a_city_is_found() -> None:
    assert city_name("青岛市") == city_name(" 青岛 ") == "青岛"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", ""),
        ("济南", ""),
        ("济南市", ""),
        ("苏州市", ""),
        ("荷泽市", "没有见过的城市“荷泽市”，是否想写“菏泽”？"),
        ("上饶", "没有见过的城市“上饶”，请核对。"),
    ],
)
def test_a_city_that_no_calendar_can_be_for(written: str, said: str) -> None:
    assert unknown_city(written, {"苏州"}) == said
