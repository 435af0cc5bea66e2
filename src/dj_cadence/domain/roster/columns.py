"""The two sheets of a roster: their columns, and rows of text that know where they stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dj_cadence.domain.table_column import Column, Content
from dj_cadence.problems import LineOf

_CODE = Content.CODE
_COUNT = Content.COUNT
_DATE = Content.DATE
_OF_CODE = ("代码", "编码", "编号")


def _codes(*before: str) -> tuple[str, ...]:
    """组织代码, 组织编码, 组织编号 for 组织."""
    return tuple(name + of for name in before for of in _OF_CODE)


_LAST = ("", "上次", "上届", "本届", "最近", "最近一次", "上一次")

ORG_COLUMNS = (
    Column(
        "code",
        "组织代码",
        "每个组织一个，不重复，不再改变",
        required=True,
        content=_CODE,
        also=_codes("", "组织", "党组织", "支部", "党支部", "本组织"),
        one_each=True,
    ),
    Column(
        "name",
        "组织名称",
        "规范全称",
        required=True,
        also=(
            "组织全称",
            "党组织",
            "党组织名称",
            "党组织全称",
            "支部名称",
            "党支部名称",
            "名称",
            "全称",
        ),
        one_each=True,
    ),
    Column(
        "kind",
        "类别",
        "上级党组织、党委、党总支、党支部、联合党支部、党小组、工会、妇委会、教代会、团委、"
        "教工团支部、学生团支部、少先队、学生会",
        required=True,
        also=("组织类别", "组织类型", "党组织类别", "党组织类型", "类型"),
    ),
    Column(
        "supervisor",
        "上级组织代码",
        "最上一级留空",
        content=_CODE,
        also=(
            "上级",
            "上级组织",
            "上级党组织",
            *_codes("上级", "上级组织", "上级党组织", "所属组织", "隶属组织"),
        ),
    ),
    Column(
        "approver",
        "审批组织代码",
        "留空为上方最近的党委或上级党组织",
        content=_CODE,
        also=("审批组织", "审批党组织", *_codes("审批", "审批组织", "审批党组织")),
    ),
    Column(
        "school",
        "学校",
        "填写相同的组织算一所学校；留空时上级党组织下面第一个党组织即一所学校",
        also=("学校名称", "所属学校", "所在学校"),
    ),
    Column(
        "full_members",
        "正式党员数",
        "整数",
        content=_COUNT,
        also=("正式党员", "正式党员人数", "正式党员数量", "党员数正式", "党员人数正式", "党员正式"),
        one_each=True,
    ),
    Column(
        "probationary_members",
        "预备党员数",
        "整数",
        content=_COUNT,
        also=("预备党员", "预备党员人数", "预备党员数量", "党员数预备", "党员人数预备", "党员预备"),
        one_each=True,
    ),
    Column(
        "has_committee",
        "设支委会",
        "是、否；首次导入留空时，正式党员满7人为是，以后留空则不变",
        also=("支委会", "是否设支委会", "是否设立支委会", "设立支委会", "是否设支部委员会"),
    ),
    Column(
        "groups",
        "党小组数",
        "整数；党小组另起行的，以行数为准",
        content=_COUNT,
        also=("党小组", "党小组个数", "党小组数量"),
        one_each=True,
    ),
    Column(
        "stage",
        "学段",
        "幼儿园、小学、初中、高中、九年一贯制、完全中学、十二年一贯制、中职、特殊教育",
        also=("办学学段", "学校学段"),
    ),
    Column("boarding", "寄宿", "是、否", also=("寄宿制", "是否寄宿", "是否寄宿制")),
    Column("ownership", "办学性质", "公办、民办", also=("学校性质", "公办民办", "公民办")),
    Column("city", "城市", "用来找校历，如 济南、青岛", also=("市", "地市", "所在市", "所在城市")),
    Column(
        "last_election",
        "上次换届日期",
        "选举当天，补选不算；留空则保留原日期",
        content=_DATE,
        also=(
            *(f"{which}换届{when}" for which in _LAST for when in ("日期", "时间")),
            *(f"{which}选举{when}" for which in _LAST for when in ("日期", "时间")),
        ),
    ),
    Column(
        "term_years",
        "任期年数",
        "党委、党总支、党支部可留空；其他组织写了换届日期就要写",
        content=_COUNT,
        also=("任期", "任期年限", "届期"),
    ),
    Column(
        "theme_day",
        "主题党日",
        "如 5日、第一个星期五、最后一个工作日；留空用全站默认",
        also=("主题党日日期", "主题党日时间", "固定党日"),
    ),
    Column(
        "founded",
        "成立日期",
        "成立以前的任务不产生",
        content=_DATE,
        also=("成立时间", "组建日期", "组建时间", "建立日期"),
    ),
    Column(
        "starts_on",
        "起用日期",
        "从这天起产生任务；留空的，启用时导入的按全站起用日期，以后新加的按导入当天",
        content=_DATE,
        also=("启用日期", "起用时间", "启用时间"),
    ),
    Column(
        "dissolved",
        "撤销日期",
        "从这天起不再产生任务",
        content=_DATE,
        also=("撤销时间", "撤并日期"),
    ),
    Column(
        "successor",
        "承接组织代码",
        "撤销后由哪个组织接着办没有办结的任务、事项和任期；要和撤销日期一起填写",
        content=_CODE,
        also=("承接组织", "承接党组织", *_codes("承接", "承接组织", "承接党组织")),
    ),
    Column("tags", "标签", "自用，用分号隔开"),
)
APPOINTMENT_COLUMNS = (
    Column(
        "org",
        "组织代码",
        "组织表里的代码",
        required=True,
        content=_CODE,
        also=_codes("", "组织", "党组织", "支部", "党支部", "所在组织", "所属组织", "所在党组织"),
    ),
    Column(
        "office",
        "职务",
        "如 书记、组织委员；一人两职可写“书记、校长”",
        required=True,
        also=("党内职务", "任职职务", "担任职务", "现任职务", "职务名称"),
    ),
    Column(
        "nature",
        "性质",
        "留空为正式任职；书记空缺或不在、临时负责的写“主持工作”",
        also=("任职性质", "任职类型", "任职方式"),
    ),
    Column(
        "person",
        "人员编号",
        "可不填；不填时邮箱、手机、同组织同名依次认定为同一人",
        content=_CODE,
        also=("人员编码", "人员代码", "工号", "职工号", "教工号"),
    ),
    Column(
        "name", "姓名", "与证件一致", required=True, also=("人员姓名", "党员姓名", "任职人", "名字")
    ),
    Column(
        "email",
        "邮箱",
        "收提醒用",
        also=(
            *(
                "电子邮箱",
                "电子邮件",
                "邮件",
                "邮箱地址",
                "邮件地址",
                "电子邮箱地址",
                "电子邮件地址",
            ),
            *("联系邮箱", "工作邮箱", "邮箱账号", "电邮", "e-mail", "mail", "email地址"),
        ),
    ),
    Column(
        "phone",
        "手机",
        "供电话通知用",
        content=_CODE,
        also=(
            *("手机号", "手机号码", "电话", "电话号码", "联系电话", "移动电话", "移动电话号码"),
            *("联系手机", "联系方式", "联系电话号码", "手机电话"),
        ),
    ),
    Column(
        "addresses",
        "其他渠道",
        "写成“渠道=地址”，多个用分号隔开，如 wecom=zhangsan",
        also=("其它渠道",),
    ),
    Column(
        "since",
        "任职日期",
        "上任当天；留空为一直",
        content=_DATE,
        also=("任职时间", "上任日期", "上任时间", "到任日期", "任职起始日期", "任职开始日期"),
    ),
    Column(
        "until",
        "离任日期",
        "在任的最后一天；在任留空",
        content=_DATE,
        also=("离任时间", "卸任日期", "卸任时间", "免职日期", "任职结束日期", "任职截止日期"),
    ),
)
ORG_SHEET = "组织"
APPOINTMENT_SHEET = "任职"


@dataclass(frozen=True, slots=True)
class Origin:
    """A sheet as it stands in a file; `columns` gives each key's number from 1."""

    name: str
    """`花名册.xlsx 组织`, or a CSV file's name."""
    columns: Mapping[str, int]
    lettered: bool
    """Whether cells are named as in a workbook (C5), or as line and column."""

    def place(self, row: int, key: str) -> str:
        """Where the cell is; only the row where the sheet has no such column."""
        column = self.columns.get(key)
        if self.lettered:
            return f"{self.name}!{column_letters(column) if column else ''}{row}"
        return f"{self.name}:{row}:{column}" if column else f"{self.name}:{row}"


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One row; `cells` has a text for every column of its sheet, empty cells included."""

    origin: Origin
    number: int
    cells: Mapping[str, str]
    unread: frozenset[str] = frozenset()
    """Columns whose cell holds no value that could be taken, which has been told with its place."""

    def place(self, key: str) -> str:
        return self.origin.place(self.number, key)

    def has_column(self, key: str) -> bool:
        return key in self.origin.columns

    def line(self, key: str) -> tuple[str, int]:
        """The row as one line of text, and where in it the cell begins; 0 for no cell."""
        keys = sorted(self.origin.columns, key=self.origin.columns.__getitem__)
        before = [self.cells.get(one, "") for one in keys[: keys.index(key)]] if key in keys else []
        at = len("".join(f"{cell} | " for cell in before)) + 1 if key in keys else 0
        return " | ".join(self.cells.get(one, "") for one in keys), at

    def over(self, stored: Mapping[str, str], kept: Iterable[str]) -> "RosterRow":
        """This row laid over what is known: an empty cell clears, except those in `kept`.

        A column that the sheet does not have changes nothing.
        """
        cells = {**stored, **self.cells}
        cells |= {key: stored[key] for key in kept if key in stored and not cells[key]}
        return replace(self, cells=cells)


@dataclass(frozen=True, slots=True)
class RosterSheets:
    """All rows of the files of one import."""

    orgs: tuple[RosterRow, ...]
    appointments: tuple[RosterRow, ...]

    def line_of(self, wanted: Iterable[str]) -> LineOf:
        """Looks up the rows at the `wanted` places."""
        wanted = set(wanted)
        rows = (*self.orgs, *self.appointments) if wanted else ()
        found = {
            place: row.line(key)
            for row in rows
            for key in ("", *row.origin.columns)
            if (place := row.place(key)) in wanted
        }
        return found.get


def column_letters(number: int) -> str:
    """A workbook's name of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
