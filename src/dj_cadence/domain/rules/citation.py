"""How a legal basis is cited, never surer than it is.

A document is named in full, with the article; the standard, which numbers nothing below its
seven parts, with the part. The numbers of `rows` are ours and stand in no citation.
"""

from collections.abc import Iterable, Mapping, Sequence

from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.workflow import Step

STANDARD = "山东省中小学校党建工作基本要求"
SECTIONS = {
    "1": "制度机制",
    "2": "组织建设",
    "3": "思想政治工作",
    "4": "作风及反腐倡廉建设",
    "5": "统战群团及安全稳定工作",
    "6": "基础保障",
    "7": "事业发展",
}
"""The parts of the standard, by the number with which our rows begin."""
_SUPPORTS = {"duty": "职责", "period": "周期", "due": "期限", "notice": "提醒"}
_IN_SHORT = {
    Certainty.SECONDARY: "据转述",
    Certainty.RECALLED: "未核实",
    Certainty.DEFAULT: "为系统默认",
}
_IN_FULL = {certainty: f"：{certainty.label}" for certainty in _IN_SHORT}
_ORDER = list(Certainty)
_DIGITS = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """From 1 to 999 as articles are counted: 十一, 二十, 一百零三."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def standard_cited(rows: Sequence[str]) -> str:
    """《the standard》 with its parts in which these rows stand."""
    numbers = sorted({row.partition(".")[0] for row in rows} & SECTIONS.keys())
    parts = "".join(f"“{SECTIONS[number]}”" for number in numbers)
    return f"《{STANDARD}》" + (f"{parts}部分" if parts else "")


def cited(basis: Basis, rows: Sequence[str] = ()) -> str:
    """《document》第十一条、第十四条; empty where there is no document."""
    if basis.certainty is Certainty.STANDARD and basis.document in ("", STANDARD):
        return standard_cited(rows)
    return f"《{basis.document}》{_articles(basis.article)}" if basis.document else ""


def full_citation(basis: Basis, rows: Sequence[str] = ()) -> str:
    """A basis with what it supports, how sure it is, and what there is to say about it."""
    supports = "、".join(_SUPPORTS[name] for name in basis.supports)
    note = f"（{basis.note}）" if basis.note else ""
    return f"{cited(basis, rows) or '无文件'}，支持{supports}；{basis.certainty.label}{note}"


def basis_line(duty: Duty, step: Step | None = None) -> str:
    """For a message: the standard, and the surest regulation beside it."""
    return _told(duty, step, _IN_SHORT, most=2)


def basis_text(duty: Duty, step: Step | None = None) -> str:
    """For a page: every document that supports the duty or its period."""
    return _told(duty, step, _IN_FULL, most=len(duty.basis))


def _told(duty: Duty, step: Step | None, doubts: Mapping[Certainty, str], most: int) -> str:
    """Documents with how sure they are, then the period, or the step's dates, if they are not."""
    if step is None or step.is_own:
        what, certainty, places = "周期", duty.certainty, _places(duty.basis, duty.rows)
    else:
        what, certainty = "本环节日期", step.certainty
        places = _places(step.basis, duty.rows) or _places(duty.basis, duty.rows)
    line = "；".join(places[:most])
    if not line:
        is_based = any({"duty", "period"} & set(basis.supports) for basis in duty.basis)
        return certainty.label if is_based else ""
    if certainty.binds or certainty.label in line:
        return line
    return f"{line}（{what}{doubts[certainty]}）"


def _places(bases: Iterable[Basis], rows: Sequence[str]) -> list[str]:
    """Each document once, the surest first; of two alike, what gives the period as well."""
    supporting = [basis for basis in bases if {"duty", "period"} & set(basis.supports)]
    supporting.sort(key=lambda b: (_ORDER.index(b.certainty), "period" not in b.supports))
    doubtful = (Certainty.SECONDARY, Certainty.RECALLED)
    places = (
        f"{place}（{basis.certainty.label}）" if basis.certainty in doubtful else place
        for basis in supporting
        if (place := cited(basis, rows))
    )
    return list(dict.fromkeys(places))


def _articles(text: str) -> str:
    """第十一条、第十四条 for 11、14; what is no number stays as it is written."""
    parts = [part.strip() for part in text.split("、")]
    numbered = (
        f"第{numeral(int(p))}条" if p.isdecimal() and 0 < int(p) < 1000 else p for p in parts
    )
    return "、".join(numbered)
