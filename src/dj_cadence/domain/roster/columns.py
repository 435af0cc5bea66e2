"""The columns of the two sheets of a roster, 组织 and 任职."""

from dj_cadence.domain.roster.headers import OTHER_APPOINTMENT_HEADERS, OTHER_ORG_HEADERS
from dj_cadence.domain.table_column import Column, Content, with_headers

_CODE, _COUNT, _DATE = Content.CODE, Content.COUNT, Content.DATE

ORG_SHEET, APPOINTMENT_SHEET = "组织", "任职"
ORG_COLUMNS = with_headers(
    OTHER_ORG_HEADERS,
    Column(
        "code", "组织代码", "每个组织一个，不重复，不再改变", _CODE, required=True, one_each=True
    ),
    Column("name", "组织名称", "规范全称", required=True, one_each=True),
    Column(
        "kind",
        "类别",
        "上级党组织、党委、党总支、党支部、联合党支部、党小组、工会、妇委会、教代会、团委、"
        "教工团支部、学生团支部、少先队、学生会",
        required=True,
    ),
    Column("supervisor", "上级组织代码", "最上一级留空", _CODE),
    Column("approver", "审批组织代码", "留空为上方最近的党委或上级党组织", _CODE),
    Column(
        "school", "学校", "填写相同的组织算一所学校；留空时上级党组织下面第一个党组织即一所学校"
    ),
    Column("full_members", "正式党员数", "整数", _COUNT, one_each=True),
    Column("probationary_members", "预备党员数", "整数", _COUNT, one_each=True),
    Column(
        "has_committee", "设支委会", "是、否；首次导入留空时，正式党员满7人为是，以后留空则不变"
    ),
    Column("groups", "党小组数", "整数；党小组另起行的，以行数为准", _COUNT, one_each=True),
    Column(
        "stage",
        "学段",
        "幼儿园、小学、初中、高中、九年一贯制、完全中学、十二年一贯制、中职、特殊教育",
    ),
    Column("boarding", "寄宿", "是、否"),
    Column("ownership", "办学性质", "公办、民办"),
    Column("city", "城市", "用来找校历，如 济南、青岛"),
    Column("last_election", "上次换届日期", "选举当天，补选不算；留空则保留原日期", _DATE),
    Column(
        "term_years", "任期年数", "党委、党总支、党支部可留空；其他组织写了换届日期就要写", _COUNT
    ),
    Column("theme_day", "主题党日", "如 5日、第一个星期五、最后一个工作日；留空用全站默认"),
    Column("founded", "成立日期", "成立以前的任务不产生", _DATE),
    Column(
        "starts_on",
        "起用日期",
        "从这天起产生任务；留空的，启用时导入的按全站起用日期，以后新加的按导入当天",
        _DATE,
    ),
    Column("dissolved", "撤销日期", "从这天起不再产生任务", _DATE),
    Column(
        "successor",
        "承接组织代码",
        "撤销后由哪个组织接着办没有办结的任务、事项和任期；要和撤销日期一起填写",
        _CODE,
    ),
    Column("tags", "标签", "自用，用分号隔开"),
)
APPOINTMENT_COLUMNS = with_headers(
    OTHER_APPOINTMENT_HEADERS,
    Column("org", "组织代码", "组织表里的代码", _CODE, required=True),
    Column("office", "职务", "如 书记、组织委员；一人两职可写“书记、校长”", required=True),
    Column("nature", "性质", "留空为正式任职；书记空缺或不在、临时负责的写“主持工作”"),
    Column("person", "人员编号", "可不填；不填时邮箱、手机、同组织同名依次认定为同一人", _CODE),
    Column("name", "姓名", "与证件一致", required=True),
    Column("email", "邮箱", "收提醒用"),
    Column("phone", "手机", "供电话通知用", _CODE),
    Column("addresses", "其他渠道", "写成“渠道=地址”，多个用分号隔开，如 wecom=zhangsan"),
    Column("since", "任职日期", "上任当天；留空为一直", _DATE),
    Column("until", "离任日期", "在任的最后一天；在任留空", _DATE),
)
