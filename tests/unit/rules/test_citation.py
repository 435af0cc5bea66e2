"""Bases as people read them: documents and articles, no number of ours, no more than is sure."""

from dataclasses import replace

import pytest

from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.citation import (
    SECTIONS,
    STANDARD,
    basis_line,
    basis_text,
    cited,
    full_citation,
    numeral,
    standard_cited,
)
from tests.world.shipped import shipped

RULES = shipped().catalogue
NAMED = Basis(Certainty.STANDARD, ("duty",), STANDARD)


def line(*basis: Basis, rows: tuple[str, ...] = ("2.4",)) -> str:
    return basis_line(replace(RULES.duties["theme_party_day"], rows=rows, basis=basis))


def text(*basis: Basis, rows: tuple[str, ...] = ("2.4",)) -> str:
    return basis_text(replace(RULES.duties["theme_party_day"], rows=rows, basis=basis))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (34, "三十四"),
        (100, "一百"),
        (103, "一百零三"),
        (110, "一百一十"),
        (115, "一百一十五"),
        (999, "九百九十九"),
    ],
)
def test_articles_are_counted_in_chinese(number: int, said: str) -> None:
    assert numeral(number) == said


@pytest.mark.parametrize(
    ("article", "said"),
    [
        ("", "《支部条例》"),
        ("11", "《支部条例》第十一条"),
        ("11、14", "《支部条例》第十一条、第十四条"),
        ("56、 58", "《支部条例》第五十六条、第五十八条"),
        ("第五章", "《支部条例》第五章"),
        ("第十一条第二款", "《支部条例》第十一条第二款"),
        ("2、第三章", "《支部条例》第二条、第三章"),
        ("1000", "《支部条例》1000"),
    ],
)
def test_a_document_is_cited_with_its_articles(article: str, said: str) -> None:
    assert cited(Basis(Certainty.VERIFIED, ("duty",), "支部条例", article)) == said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("2.4",), f"《{STANDARD}》“组织建设”部分"),
        (("2.3", "2.4"), f"《{STANDARD}》“组织建设”部分"),
        (("5.1", "1.3"), f"《{STANDARD}》“制度机制”“统战群团及安全稳定工作”部分"),
        (("4.2",), f"《{STANDARD}》“作风及反腐倡廉建设”部分"),
        ((), f"《{STANDARD}》"),
        (("9.9",), f"《{STANDARD}》"),
    ],
)
def test_the_standard_is_cited_by_its_parts(rows: tuple[str, ...], said: str) -> None:
    assert standard_cited(rows) == cited(NAMED, rows) == said


def test_a_message_names_the_standard_and_the_surest_regulation() -> None:
    told = [
        NAMED,
        Basis(Certainty.SECONDARY, ("period",), "某通知", "3"),
        Basis(Certainty.VERIFIED, ("duty",), "教育条例", "9"),
        Basis(Certainty.VERIFIED, ("duty", "period"), "支部条例", "12"),
        Basis(Certainty.VERIFIED, ("due",), "别的规定", "1"),
    ]
    assert line(*told) == f"《{STANDARD}》“组织建设”部分；《支部条例》第十二条"
    assert text(*told) == (
        f"《{STANDARD}》“组织建设”部分；《支部条例》第十二条；《教育条例》第九条；"
        "《某通知》第三条（据转述，未见原文）"
    )


@pytest.mark.parametrize(
    ("period", "short", "whole"),
    [
        (
            Basis(Certainty.DEFAULT, ("period",)),
            "（周期为系统默认）",
            "（周期：本系统默认，无条文依据）",
        ),
        (Basis(Certainty.RECALLED, ("period",)), "（周期未核实）", "（周期：未核实）"),
        (Basis(Certainty.SECONDARY, ("period",)), "（周期据转述）", "（周期：据转述，未见原文）"),
        (
            Basis(Certainty.SECONDARY, ("period",), "某规则", "5"),
            "；《某规则》第五条（据转述，未见原文）",
            "；《某规则》第五条（据转述，未见原文）",
        ),
        (
            Basis(Certainty.RECALLED, ("period",), "某规则", "5"),
            "；《某规则》第五条（未核实）",
            "；《某规则》第五条（未核实）",
        ),
        (Basis(Certainty.STANDARD, ("period",), STANDARD), "", ""),
    ],
)
def test_a_period_is_never_said_to_be_surer_than_it_is(
    period: Basis, short: str, whole: str
) -> None:
    assert line(NAMED, period) == f"《{STANDARD}》“组织建设”部分{short}"
    assert text(NAMED, period) == f"《{STANDARD}》“组织建设”部分{whole}"


def test_without_a_document_it_says_how_sure_it_is() -> None:
    assert line(Basis(Certainty.DEFAULT, ("period",))) == "本系统默认，无条文依据"
    assert line(Basis(Certainty.RECALLED, ("period",)), rows=()) == "未核实"
    assert line(Basis(Certainty.VERIFIED, ("notice",), "某通知")) == ""
    assert line() == ""


def test_another_provinces_standard_is_cited_by_its_own_name() -> None:
    other = Basis(Certainty.STANDARD, ("duty", "period"), "某省学校党建标准", "6")
    assert line(other) == "《某省学校党建标准》第六条"


def test_a_step_rests_on_its_own_documents_or_says_that_its_dates_are_ours() -> None:
    term = RULES.duties["committee_term"]
    assert term.workflow
    request = term.workflow.step("request")
    assert request
    assert basis_line(term, request).endswith("（本环节日期为系统默认）")
    assert basis_text(term, request).endswith("（本环节日期：本系统默认，无条文依据）")
    sure = Basis(Certainty.VERIFIED, ("duty", "period"), "某细则", "10")
    assert basis_line(term, replace(request, basis=(sure,))) == "《某细则》第十条"
    assert basis_line(term, term.workflow.own) == basis_line(term)


def test_the_whole_says_what_a_document_supports() -> None:
    one = Basis(Certainty.VERIFIED, ("duty", "period"), "支部条例", "17", "每年一次")
    assert full_citation(one) == "《支部条例》第十七条，支持职责、周期；已核对条文（每年一次）"
    assert full_citation(NAMED, ("2.1",)) == (
        f"《{STANDARD}》“组织建设”部分，支持职责；基本要求原文"
    )


@pytest.mark.parametrize("key", RULES.duties)
def test_every_shipped_duty_names_its_documents_and_no_number_of_ours(key: str) -> None:
    duty = RULES.duties[key]
    said = basis_text(duty)
    assert not [row for row in duty.rows if row in said or row in basis_line(duty)]
    if any(b.certainty is Certainty.STANDARD for b in duty.basis):
        parts = {SECTIONS[row.partition(".")[0]] for row in duty.rows}
        assert all(f"“{part}”" in basis_line(duty) for part in parts)
    for basis in duty.basis:
        if basis.document and {"duty", "period"} & set(basis.supports):
            assert cited(basis, duty.rows) in said
    if not duty.certainty.binds:
        assert any(word in basis_line(duty) for word in ("转述", "未核实", "默认"))
