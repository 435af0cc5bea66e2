"""What a rule rests on, and how sure that is."""

from collections.abc import Iterable
from dataclasses import dataclass

from dj_cadence.chinese import LabelledEnum


class Certainty(LabelledEnum):
    """How sure a basis is, the surest first."""

    STANDARD = "standard", "基本要求原文"
    VERIFIED = "verified", "已核对条文"
    SECONDARY = "secondary", "据转述，未见原文"
    RECALLED = "recalled", "未核实"
    DEFAULT = "default", "本系统默认，无条文依据"

    @property
    def binds(self) -> bool:
        """Whether a superior sees a period that rests on this as late."""
        return self in (Certainty.STANDARD, Certainty.VERIFIED)


EVIDENCE = {
    "minutes": "会议记录",
    "sign_in": "签到表",
    "photos": "照片",
    "plan": "计划或方案",
    "notice": "通知或函",
    "report": "报告或总结",
    "approval": "请示与批复",
    "tally": "票决或测评统计",
    "issues": "问题和整改清单",
    "ledger": "台账",
    "publication": "公示材料",
}
"""What a rule may offer as proof, by its key in the rules."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a duty, its period, its due date or one of its steps comes from."""

    certainty: Certainty
    supports: tuple[str, ...]
    """Of: duty, period, due, notice."""
    document: str = ""
    article: str = ""
    note: str = ""


def certainty_of(bases: Iterable[Basis], supported: str) -> Certainty:
    """How sure that which is `supported` is: as sure as the surest basis for it."""
    order = list(Certainty)
    certainties = [basis.certainty for basis in bases if supported in basis.supports]
    return min(certainties, key=order.index, default=Certainty.DEFAULT)
