"""The closed list of offices, with the names people write for them."""

import re

from dj_cadence.domain.problem import suggestion

SECRETARY = "书记"
DEPUTY = "副书记"
CLERK = "党务工作者"

OFFICES: dict[str, tuple[str, ...]] = {
    SECRETARY: (
        "支书",
        "党支书",
        "支部书记",
        "党支部书记",
        "总支书记",
        "党总支书记",
        "党委书记",
        "党组织书记",
        "工委书记",
        "教育工委书记",
    ),
    DEPUTY: (
        "副支书",
        "支部副书记",
        "党支部副书记",
        "总支副书记",
        "党总支副书记",
        "党委副书记",
        "专职副书记",
        "工委副书记",
        "教育工委副书记",
    ),
    "组织委员": (),
    "宣传委员": (),
    "纪检委员": ("纪律检查委员",),
    "统战委员": (),
    "委员": ("支委", "支部委员", "党支部委员", "党委委员", "总支委员", "党总支委员"),
    "党小组长": ("小组长", "党小组组长"),
    CLERK: (
        "党办",
        "党务干部",
        "党务工作人员",
        "党办主任",
        "党办干事",
        "专职党务工作者",
        "兼职党务工作者",
    ),
    "校长": ("学校校长", "园长"),
    "副校长": ("副园长",),
    "工会主席": (),
    "妇委会主任": ("妇女委员会主任", "妇女主任", "妇委会主席"),
    "团委书记": ("校团委书记",),
    "团支部书记": ("团支书",),
    "少先队总辅导员": ("总辅导员", "大队辅导员", "少先队大队辅导员"),
    "财务负责人": ("财务", "财务主任"),
}

_CANONICAL = {name: office for office, names in OFFICES.items() for name in (office, *names)}


def canonical_office(written: str) -> str | None:
    """The office meant by `written`, or None where the closed list has no such name."""
    return _CANONICAL.get(written.strip())


def split_offices(written: str) -> list[str]:
    """「书记、校长」 names two offices; the parts are returned as written."""
    return [part for part in (p.strip() for p in re.split(r"[、,，;；/]", written)) if part]


def known_names() -> list[str]:
    """Every name that is understood, aliases included."""
    return list(_CANONICAL)


def nearest_office(written: str) -> str:
    """「，是否想写 X？」, or nothing where no name is near.

    What tells 财务主任 from 班主任 or 教务主任 stands in front, so a near name begins alike.
    """
    return suggestion(written, [name for name in known_names() if name[0] == written[:1]])
