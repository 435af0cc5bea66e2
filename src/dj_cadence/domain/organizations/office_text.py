"""Offices as a cell of a roster names them: several at once, with remarks in brackets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dj_cadence.domain.organizations.offices import CANONICAL, CHIEF_OF, SECRETARY, canonical_office
from dj_cadence.normal_form import HAN, compatible

_SEPARATOR = re.compile(r"[、,;/|&+。\n]|\s-\s")
_BRACKETS = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]")
_AND = re.compile(r"兼任?|暨|和|与|及")
_OF_A_SCHOOL = (
    rf"(?:中共)?(?:(?!原|前|时任)[{HAN}]{{1,15}}?(?:学校|小学|中学|初中|高中|幼儿园|学区|中心校))?"
)
_OF_THE_PARTY = (
    r"(?:学校|本校|校|中心校|小学|初中|高中|中学|幼儿园|园|机关|教工|教职工|直属|联合|离退休"
    r"|第|[一二三四五六七八九十0-9])*"
    r"(?:党委|党总支部?|总支部?|党支部|支部|党组织|党组|教育工委|工委)(?:委员会)?的?"
)
_PREFIXED = re.compile(rf"{_OF_A_SCHOOL}(?P<party>{_OF_THE_PARTY})?(?P<rest>.+)")
_IN_A_PARTY_ORGANIZATION = ("书记", "委员", "组织员", "党务工作者")
"""What stands behind the name of a Party organization ends so."""
_STAND_IN = "临时负责人"
_NAMES = (*CANONICAL, _STAND_IN)
_LONGEST = 60
"""Letters of a cell; whoever is five things at once has as many rows."""
_IN_CHARGE = re.compile(r"(?:临时)?主持(?:全面|党务|党建|支部|日常|行政)?(?:工作)?|临时负责(?:人)?")
_ACTING = re.compile(r"代理?|暂代")
_OF_NO_MATTER = frozenset(("兼", "兼任", "兼职", "专职", "挂职", "现任", "试用期", "正职"))


@dataclass(frozen=True, slots=True)
class NamedOffice:
    """One office that a cell names."""

    office: str
    """Canonical."""
    acting: bool = False
    """Whether it is done for somebody who is missing."""


@dataclass(frozen=True, slots=True)
class NamedOffices:
    """What a cell says: the offices in its order, each once, and what nobody knows."""

    offices: tuple[NamedOffice, ...]
    unknown: tuple[str, ...] = ()


@lru_cache(maxsize=4096)  # a roster says the same few things again and again
def named_offices(written: str, *, in_charge: bool = False) -> NamedOffices:
    """The offices of a cell. A deputy who 主持工作 is the chief's stand-in as well.

    `in_charge` says that the column beside it says so.
    """
    acting: dict[str, bool] = {}
    unknown: list[str] = []
    for part in _parts(written) if len(written) <= _LONGEST else [written]:
        named = _named(part, in_charge=in_charge)
        if named is None:
            unknown.append(part)
        for office in named or ():
            acting[office.office] = acting.get(office.office, True) and office.acting
    return NamedOffices(tuple(NamedOffice(*office) for office in acting.items()), tuple(unknown))


def is_in_charge(written: str) -> bool:
    """Whether a remark says that somebody does the work of a chief who is missing."""
    words = compatible(written).replace(" ", "").replace("(", "").replace(")", "")
    return bool(words) and re.fullmatch(f"(?:{_IN_CHARGE.pattern})+", words) is not None


def _parts(written: str) -> Iterator[str]:
    """The names in a cell: cut at separators outside of brackets, then as far as needed."""
    text = "\n".join(compatible(line) for line in written.splitlines())
    pieces = [piece for piece in _outside_brackets(text) if piece]
    for index, piece in enumerate(pieces):
        whole = piece.replace(" ", "")
        if _named(whole) is not None:
            yield whole
        elif any("委员" in later for later in pieces[index + 1 :]) and _named(f"{whole}委员"):
            yield f"{whole}委员"  # 组织、宣传委员
        else:
            yield from _cut(piece, whole)


def _outside_brackets(text: str) -> list[str]:
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x00"

    held = _BRACKETS.sub(keep, text)
    pieces = (piece.strip() for piece in _SEPARATOR.split(held))
    return [re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], piece) for piece in pieces]


def _cut(piece: str, whole: str) -> Iterator[str]:
    """A piece that is no name by itself: at 兼 and the like, at blanks; else as it stands."""
    for names in (_AND.split(whole), piece.split(), _joined_committee(whole)):
        full = [_with_ending(name) for name in filter(None, names)]
        if len(full) > 1 and any(_named(name) is not None for name in full):
            yield from full
            return
    yield whole


def _with_ending(name: str) -> str:
    """组织 is 组织委员 where it is no name by itself."""
    full = f"{name}委员"
    return full if _named(name) is None and _named(full) is not None else name


def _joined_committee(whole: str) -> list[str]:
    """组织宣传委员, where nobody wrote what parts the two."""
    match = re.fullmatch(r"(?P<first>组织|宣传|纪检|统战|青年|群众)(?P<second>.+委员)", whole)
    if whole == "组宣委员":
        return ["组织委员", "宣传委员"]
    return [f"{match['first']}委员", match["second"]] if match else []


def _named(name: str, *, in_charge: bool = False) -> tuple[NamedOffice, ...] | None:
    """What one name with its remarks means; None where a part of it is not known."""
    if not any(office_word in name for office_word in _NAMES):
        return None
    remarks = [part for inside in _BRACKETS.findall(name) for part in _SEPARATOR.split(inside)]
    bare = _BRACKETS.sub("", name)
    acting, others = False, []
    for remark in (part.strip().replace(" ", "") for part in remarks):
        if is_in_charge(remark):
            in_charge = True
        elif _ACTING.fullmatch(remark):
            acting = True
        elif remark in _OF_NO_MATTER or not remark:
            continue
        elif (other := _office(_with_ending(remark.strip("兼")))) is not None:
            others.append(NamedOffice(other))
        else:
            return None
    if bare.endswith(_STAND_IN):
        bare, acting = bare.removesuffix(_STAND_IN) + SECRETARY, True
    bare, said_in_charge, said_acting = _without_remarks(bare)
    office = _office(bare)
    if office is None:
        return None
    in_charge, acting = in_charge or said_in_charge, acting or said_acting
    if in_charge and (chief := CHIEF_OF.get(office)):
        return (NamedOffice(chief, acting=True), NamedOffice(office), *others)
    return (NamedOffice(office, acting=acting or in_charge), *others)


def _without_remarks(bare: str) -> tuple[str, bool, bool]:
    """(the office, whether in charge, whether acting) of 主持工作的副书记, 代书记, 兼职委员."""
    if _office(bare) is not None:
        return bare, False, False
    charge = _IN_CHARGE.pattern
    if match := re.fullmatch(rf"(?:(?:{charge})的?(.+)|(.+?)(?:{charge}))", bare):
        return match[1] or match[2], True, False
    if match := re.fullmatch(r"(?:代理?|暂代|临时)(.+)", bare):
        return match[1], False, True
    match = re.fullmatch(r"(?:专职|兼职|兼任?|现任|挂职)?(.+?)(?:兼任?|同志)?", bare)
    return (match[1] if match else bare), False, False


def _office(name: str) -> str | None:
    """The office of a name, without the names of school and Party organization before it."""
    if not name.endswith(_NAMES):
        return None
    if office := canonical_office(name):
        return office
    match = _PREFIXED.fullmatch(name)
    office = canonical_office(match["rest"]) if match else None
    if match and office and match["party"]:
        return office if office.endswith(_IN_A_PARTY_ORGANIZATION) else None
    return office
