"""The cities of Shandong, whose bureaus publish the school calendars."""

from collections.abc import Collection

from dj_cadence.problems import suggestion

CITIES = (
    *("济南", "青岛", "淄博", "枣庄", "东营", "烟台", "潍坊", "济宁"),
    *("泰安", "威海", "日照", "临沂", "德州", "聊城", "滨州", "菏泽"),
)


def city_name(written: str) -> str:
    """The name by which a city is found: 青岛 for 青岛市 too."""
    return written.strip().removesuffix("市")


def unknown_city(written: str, others: Collection[str]) -> str:
    """What to say of a city that is neither in Shandong nor one of `others`; else empty."""
    city, cities = city_name(written), (*CITIES, *others)
    if not city or city in cities:
        return ""
    return f"没有见过的城市“{written}”{suggestion(city, cities) or '，请核对。'}"
