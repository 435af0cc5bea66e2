"""What looks alike is alike: codes, names, words."""

from urllib.parse import unquote

import pytest

from dj_cadence.domain.organizations.organization import code_in_path, organization_path
from dj_cadence.normal_form import (
    code_key,
    code_text,
    is_cut_number,
    is_placeholder,
    name_key,
    person_name,
    word_key,
)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ZS-001", "ZS-001"),
        ("ＺＳ－００１", "ZS-001"),
        ("zs–001", "zs-001"),
        (" ZS\u00a0-\u3000001 ", "ZS-001"),
        ("\ufeffZS\u200b-001\u2060", "ZS-001"),
        ("ZS\u00ad-001", "ZS-001"),
        ("云溪０１", "云溪01"),
        ("0012", "0012"),
        ("①", "1"),
        ("\u200b\u3000", ""),
        ("a\x07b\tc", "abc"),
        ("37/01?#", "37/01?#"),
    ],
)
def test_a_code_is_kept_without_what_nobody_sees(written: str, kept: str) -> None:
    assert code_text(written) == kept


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("zs-01", "ＺＳ—01", True),
        ("s1", "S 1", True),
        ("Straße", "STRASSE", True),
        ("01", "1", False),
        ("S1", "S-1", False),
        ("甲１", "甲1", True),
        ("O1", "01", False),
    ],
)
def test_codes_are_compared_by_their_key(one: str, other: str, same: bool) -> None:
    assert (code_key(one) == code_key(other)) is same


@pytest.mark.parametrize(
    ("written", "cut"),
    [
        ("3.7E+17", True),
        ("3.70203198001011E+17", True),
        ("1E+15", True),
        ("２．５e+16", True),
        ("9.99E16", True),
        ("1E5", False),
        ("3E", False),
        ("E+17", False),
        ("370203198001011234", False),
    ],
)
def test_a_number_that_a_sheet_cut_is_recognised(written: str, cut: bool) -> None:
    assert is_cut_number(written) is cut


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("王芳", "王芳"),
        ("王 芳", "王芳"),
        ("王　芳", "王芳"),
        ("王\u200b\u00a0芳", "王芳"),
        ("欧阳 \n 明", "欧阳明"),
        ("买买提 • 艾力", "买买提·艾力"),
        ("买买提・艾力", "买买提·艾力"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("巴特尔‧孟和", "巴特尔·孟和"),
        ("古丽·艾 山", "古丽·艾山"),
        ("John  Smith", "John Smith"),
        ("Ｊｏｈｎ\u3000Ｓｍｉｔｈ", "John Smith"),
        ("J. Smith", "J. Smith"),
        ("㐂子", "㐂子"),
        ("王 \U00031350", "王\U00031350"),
        ("\U0002ebf0　明\ufffe", "\U0002ebf0明"),
    ],
)
def test_a_name_as_it_is_kept(written: str, name: str) -> None:
    assert person_name(written) == name


def test_what_says_that_there_is_nothing() -> None:
    words = ("无", " 暂 无 ", "／", "—", "－－", "N/A", "待定", "无锡", "-1", "")
    assert [is_placeholder(word) for word in words] == [True] * 7 + [False] * 3


def test_names_and_words_are_compared_by_their_keys() -> None:
    assert name_key("JOHN smith") == name_key("John Smith")
    assert name_key("John Smith") != name_key("JohnSmith")
    assert word_key("青禾小学（东 校区）") == word_key("青禾小学(东校区)")
    assert word_key("Ｙｅｓ ") == "yes"


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("S1-1", "/orgs/S1-1"),
        ("一小", "/orgs/%E4%B8%80%E5%B0%8F"),
        ("A b&c", "/orgs/A%20b%26c"),
        ("37/01", "/orgs/37~2F01"),
        ("50%", "/orgs/50~25"),
        ("a?b#c", "/orgs/a~3Fb~23c"),
        ("..", "/orgs/~2E~2E"),
        (".", "/orgs/~2E"),
        ("a\\b;c", "/orgs/a~5Cb~3Bc"),
        ("%2F~2F", "/orgs/~252F~7E2F"),
    ],
)
def test_every_code_is_one_part_of_an_address(code: str, path: str) -> None:

    assert organization_path(code) == path
    assert code_in_path(unquote(path.removeprefix("/orgs/"))) == code
