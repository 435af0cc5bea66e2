"""The standard itself as an author writes it: its sentences, numbered."""

from typing import Annotated

from pydantic import Field

from dj_cadence.loading.rules.duty import SentenceKey, Text
from dj_cadence.loading.rules.yaml_file import RuleModel


class SentenceRule(RuleModel):
    """One entry below `sentences`: a sentence of the standard, or a part of one."""

    text: Text
    state: Annotated[str, Field(min_length=1)] | None = None
    """Why no duty keeps it, where there is nothing to be dated."""


class StandardFile(RuleModel):
    """standard.yaml."""

    sentences: dict[SentenceKey, SentenceRule]
