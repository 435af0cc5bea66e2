"""The closed list of offices, with the names people write for them."""

from dj_cadence.normal_form import compatible
from dj_cadence.problems import suggestion

SECRETARY = "书记"
DEPUTY = "副书记"
CLERK = "党务工作者"


def _with_names(names: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Offices with the other names for them, which blanks part."""
    return {office: tuple(others.split()) for office, others in names.items()}


OFFICES = _with_names(
    {
        SECRETARY: "支书 党支书 支部书记 党支部书记 总支书记 党总支书记 党委书记 党组织书记 "
        "工委书记 教育工委书记 支部负责人 党支部负责人 党组织负责人",
        DEPUTY: "副支书 支部副书记 党支部副书记 总支副书记 党总支副书记 党委副书记 专职副书记 "
        "常务副书记 工委副书记 教育工委副书记",
        "组织委员": "组织工作委员",
        "宣传委员": "宣教委员 宣传教育委员",
        "纪检委员": "纪律检查委员 纪检监察委员 纪律委员",
        "统战委员": "统一战线委员",
        "委员": "支委 支部委员 党支部委员 党委委员 总支委员 党总支委员",
        "党小组长": "小组长 党小组组长",
        CLERK: "党办 党务干部 党务工作人员 党务干事 党务专干 党务秘书 党务专员 党建专干 "
        "党建干事 党建专员 党建工作者 党建工作人员 党建办 党建办主任 党建办公室主任 "
        "党办主任 党办干事 党办秘书 党委办公室主任 党委秘书 党总支秘书 专职党务工作者 "
        "兼职党务工作者 专职党务干部 组织干事",
        "校长": "学校校长 中心校校长 园长 总园长",
        "副校长": "副园长",
        "工会主席": "",
        "妇委会主任": "妇女委员会主任 妇委会主席 妇女主任 妇联主席 女工委主任 妇工委主任",
        "团委书记": "校团委书记",
        "团支部书记": "团支书 教工团支部书记 学生团支部书记",
        "少先队总辅导员": "总辅导员 大队辅导员 少先队大队辅导员",
        "财务负责人": "财务 财务主任",
    }
)
"""Whom rules write to."""

OTHER_OFFICES = _with_names(
    {
        "第一书记": "",
        "纪委书记": "纪检书记",
        "纪委副书记": "",
        "纪委委员": "",
        "组织员": "专职组织员 兼职组织员 党建组织员",
        "党建工作指导员": "党建指导员",
        "青年委员": "青工委员 共青团委员 青少年委员",
        "群众委员": "群工委员 群团委员 群众工作委员 工青妇委员",
        "妇女委员": "女工委员 妇工委员",
        "生活委员": "",
        "学习委员": "",
        "文体委员": "文艺委员 体育委员",
        "保密委员": "",
        "安全委员": "安全保卫委员 保卫委员",
        "校长助理": "园长助理",
        "工会副主席": "",
        "工会委员": "",
        "团委副书记": "校团委副书记",
    }
)
"""Kept as they are written, though no shipped rule needs them."""

CHIEF_OF = {DEPUTY: SECRETARY, "副校长": "校长", "工会副主席": "工会主席", "团委副书记": "团委书记"}
"""Whose work a deputy does who 主持工作."""

EVERY_OFFICE = frozenset(OFFICES) | frozenset(OTHER_OFFICES)
_LONGEST_NAME = 20
CANONICAL = {
    name: office
    for offices in (OFFICES, OTHER_OFFICES)
    for office, names in offices.items()
    for name in (office, *names)
}
"""By every name that is understood, aliases included."""


def canonical_office(written: str) -> str | None:
    """The office meant by `written`, or None where the closed list has no such name."""
    return CANONICAL.get(written) or CANONICAL.get(compatible(written).replace(" ", ""))


def nearest_office(written: str) -> str:
    """「，是否想写 X？」, or nothing where no name is near.

    What tells 财务主任 from 班主任 or 教务主任 stands in front, so a near name begins alike.
    """
    if len(written) > _LONGEST_NAME:
        return ""
    return suggestion(written, [name for name in CANONICAL if name[0] == written[:1]])
