"""What a page may ask the review app to do: the bodies of its requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from localizer.model import Verdict
from localizer.review.host import Choice

_AT_ONCE = 2000

Id = Annotated[str, Field(min_length=1, max_length=250)]
Text = Annotated[str, Field(max_length=1000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    dag_id: Id
    run_id: Id
    version: Annotated[str, Field(max_length=200)]


class NewMark(BaseModel):
    """A draft verdict on one item; None takes it back.

    Attributes:
        sha: as the item had it when it was looked at, if the page says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    verdict: Verdict | None
    reason: Text = ""
    sha: Annotated[str, Field(max_length=64)] | None = None


class MarksBody(_Body):
    """``POST api/marks``."""

    marks: Annotated[list[NewMark], Field(min_length=1, max_length=_AT_ONCE)]


class AnswerBody(_Body):
    """``POST api/answer``."""

    choice: Choice
    comment: Text = ""


class RollBackBody(_Body):
    """``POST api/rollback``."""

    release_id: Annotated[str, Field(max_length=100)]
    reason: Annotated[Text, Field(min_length=3)]


class RedoBody(_Body):
    """``POST api/redo``; `copy` has an entry per edit of the item, None for one that stays as it is."""

    id: Id
    engine: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    replacements: Annotated[list[Text | None], Field(max_length=200, alias="copy")] = []
    comment: Text = ""
