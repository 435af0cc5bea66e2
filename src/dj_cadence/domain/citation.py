"""How a legal basis is cited, never surer than it is."""

from dj_cadence.domain.basis import Basis, Certainty
from dj_cadence.domain.duty import Duty

STANDARD = "山东省中小学校党建工作基本要求"
_SUPPORTS = {"duty": "职责", "period": "周期", "due": "期限", "notice": "提醒"}


def cited(basis: Basis) -> str:
    """《document》第N条; empty where there is no document."""
    if not basis.document:
        return ""
    article = f"第{basis.article}条" if basis.article[:1].isdecimal() else basis.article
    return f"《{basis.document}》{article}"


def full_citation(basis: Basis) -> str:
    """A basis with what it supports, how sure it is, and what there is to say about it."""
    supports = "、".join(_SUPPORTS[name] for name in basis.supports)
    note = f"（{basis.note}）" if basis.note else ""
    return f"{cited(basis) or '无文件'}，支持{supports}；{basis.certainty.label}{note}"


def basis_line(duty: Duty) -> str:
    """The surest basis of a duty or of its period, in one line, with how sure it is."""
    found = [b for b in duty.basis if {"duty", "period"} & set(b.supports)]
    if not found:
        return ""
    surest = min(found, key=lambda basis: list(Certainty).index(basis.certainty))
    if surest.certainty is Certainty.STANDARD:
        return f"基本要求 {'、'.join(duty.rows)}".strip()
    doubt = surest.certainty in (Certainty.SECONDARY, Certainty.RECALLED)
    label = surest.certainty.label
    return (cited(surest) or label) + (f"（{label}）" if doubt and surest.document else "")


def basis_text(duty: Duty) -> str:
    """The basis of a duty, and what its period rests on where that is not sure."""
    line, doubt = basis_line(duty), duty.certainty.label
    return line if duty.binds or doubt in line else f"{line}（周期：{doubt}）"
