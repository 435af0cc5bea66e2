"""An invented district: one education committee, three schools of each kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from dj_cadence.domain.dates.arithmetic import add_months
from dj_cadence.domain.organizations.facts import COMMITTEE_THRESHOLD
from dj_cadence.domain.roster.columns import (
    APPOINTMENT_COLUMNS,
    APPOINTMENT_SHEET,
    ORG_COLUMNS,
    ORG_SHEET,
)
from dj_cadence.domain.roster.rows import RosterSheets, sheet_rows

_COMMITTEE = ("YX", "示例市云溪区教育工委")
_SCHOOLS = (
    ("QH", "青禾中学", "完全中学", "党委"),
    ("YS", "远山中学", "高中", "党委"),
    ("LH", "临湖职业学校", "中职", "党委"),
    ("BY", "白杨小学", "小学", "党总支"),
    ("XX", "溪畔小学", "小学", "党总支"),
    ("HT", "河田学校", "九年一贯制", "党总支"),
    ("MY", "木槿幼儿园", "幼儿园", "党支部"),
    ("SQ", "石桥小学", "小学", "党支部"),
    ("NP", "南坪小学", "小学", "党支部"),
)
"""(code, name, stage, kind of its top)."""
_BELOW = {
    "党委": (
        ("-Z", "教工党总支", "党总支", ""),
        ("-1", "第一党支部", "党支部", "-Z"),
        ("-2", "第二党支部", "党支部", "-Z"),
        ("-3", "行政党支部", "党支部", ""),
    ),
    "党总支": (("-1", "第一党支部", "党支部", ""), ("-2", "第二党支部", "党支部", "")),
    "党支部": (),
}
"""(code, name, kind, what it is below) by kind of the school's top, codes after the school's."""
_MASS = {
    "QH": ("-T", "团委", "团委", "团委书记"),
    "YS": ("-G", "工会", "工会", "工会主席"),
    "BY": ("-S", "少先队大队", "少先队", "少先队总辅导员"),
}
_MEMBERS = (12, 5, 9, 18, 6, 4, 8)
_THEME_DAYS = ("5日", "第一个星期五", "最后一个工作日", "10日", "第二个星期三", "")
_COMMITTEE_OFFICES = ("书记", "组织委员", "宣传委员", "纪检委员")
_OFFICES = {
    "上级党组织": ("书记", "党务工作者"),
    "党委": ("书记", "副书记", "党务工作者"),
    "党总支": ("书记", "组织委员"),
}
_TWO_OFFICES = {"MY": "校长"}
"""What the 书记 is besides."""
_WITHOUT_ADDRESS = ("BY-2", "宣传委员")
_LATE_STARTER = "LH-3"
_TITLES = {"党务工作者": "干事", "少先队总辅导员": "辅导员"}
"""What people are called after their office, where its last two characters will not do."""
_STEMS = "甲乙丙丁戊己庚辛壬癸"


@dataclass
class _District:
    """Rows while they are made."""

    starts_on: date
    today: date
    orgs: list[dict[str, str]] = field(default_factory=list)
    appointments: list[dict[str, str]] = field(default_factory=list)

    def add(self, code: str, name: str, kind: str, below: str, **more: str) -> None:
        cells = {"code": code, "name": name, "kind": kind, "supervisor": below}
        self.orgs.append(cells | more)

    def add_party(self, code: str, name: str, kind: str, below: str, **more: str) -> None:
        """A Party organization with its officers; a branch also with members and a day."""
        elected = self._elected_on(code)
        more |= {"founded": "2012-09-01", "last_election": elected}
        offices = _OFFICES.get(kind, _COMMITTEE_OFFICES)
        if kind == "党支部":
            number = len(self.orgs)
            members = _MEMBERS[number % len(_MEMBERS)]
            offices = offices if members >= COMMITTEE_THRESHOLD else ("书记",)
            more |= {
                "full_members": str(members),
                "has_committee": "是" if members >= COMMITTEE_THRESHOLD else "否",
                "groups": "2" if members > 10 else "",
                "theme_day": _THEME_DAYS[number % len(_THEME_DAYS)],
            }
        self.add(code, name, kind, below, **more)
        self.appoint(code, more["school"], offices, elected)

    def appoint(self, code: str, school: str, offices: Sequence[str], since: str = "") -> None:
        """Fill the offices with invented people, each with an address of their own."""
        for office in offices:
            number = len(self.appointments) + 1
            stem = _STEMS[number % len(_STEMS)]
            reached = (code, office) != _WITHOUT_ADDRESS
            person = {
                "org": code,
                "name": f"{school[:2]}{_TITLES.get(office, office[-2:])}{stem}",
                "email": f"{code.lower()}.{number:03}@example.org" if reached else "",
                "since": since,
            }
            self.appointments.append({"office": office, **person})
            if office == "书记" and code in _TWO_OFFICES:
                self.appointments.append({"office": _TWO_OFFICES[code], **person})

    def _elected_on(self, code: str) -> str:
        """About to end, to be announced by the superior, run out, not known; else well inside."""
        of_note: Mapping[str, date | None] = {
            "QH-1": add_months(self.today, 3 - 36),
            "XX-1": add_months(self.today + timedelta(days=14), 6 - 36),
            "SQ": add_months(self.today, -1 - 36),
            "NP": None,
        }
        day = of_note.get(code, add_months(self.today, -(6 + len(self.orgs) * 5 % 20)))
        return day.isoformat() if day else ""


def demo_rows(starts_on: date, today: date) -> RosterSheets:
    """The district as read from a workbook, and as `roster export` gives it back.

    Terms are so that on `today` one is in its last months, one is to be announced by the
    superior within weeks, one has run out and one is not known. `starts_on` is the site's;
    one branch comes in a month later.
    """
    district = _District(starts_on, today)
    code, name = _COMMITTEE
    district.add(code, name, "上级党组织", "")
    district.appoint(code, "云溪", _OFFICES["上级党组织"])
    for school in _SCHOOLS:
        _add_school(district, *school)
    return RosterSheets(
        sheet_rows(ORG_SHEET, ORG_COLUMNS, district.orgs),
        sheet_rows(APPOINTMENT_SHEET, APPOINTMENT_COLUMNS, district.appointments),
    )


def _add_school(district: _District, code: str, name: str, stage: str, kind: str) -> None:
    about = {"school": name, "stage": stage, "ownership": "公办"}
    district.add_party(code, f"云溪区{name}{kind}", kind, _COMMITTEE[0], **about)
    for suffix, title, below_kind, above in _BELOW[kind]:
        more = dict(about)
        if code + suffix == _LATE_STARTER:
            more["starts_on"] = add_months(district.starts_on, 1).isoformat()
        full_name = f"云溪区{name}{title}"
        district.add_party(code + suffix, full_name, below_kind, code + above, **more)
    if code in _MASS:
        suffix, title, mass_kind, office = _MASS[code]
        district.add(code + suffix, f"云溪区{name}{title}", mass_kind, code, **about)
        district.appoint(code + suffix, name, (office,))
