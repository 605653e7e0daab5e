"""From an instruction's tokens to its clauses: the grammar, and what each of its rules means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.lexer import Lexer
from lark.tree import Meta

from localizer.instructions.tokens import NotUnderstood, Part
from localizer.model import Action

SETS_TEXT = {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.ADD_TEXT}
_VALUED = {
    "TEXT", "ALL", "LANGUAGE", "OBJECT", "PLACE", "CENTRE", "COLOUR", "WEIGHT", "ITALIC", "CASE", "ALIGN",
    "FAMILY", "MEASURE", "NUMBER", "NAME",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Where a clause stands in the instruction, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Style:
    """One wish, in the words of the attributes."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the picture; no words: wherever there is room."""

    words: str
    span: Span


@dataclass(frozen=True, slots=True)
class Wish:
    """Wishes that stand together: ``in bold red``."""

    styles: tuple[Style, ...]
    span: Span


@dataclass(slots=True)
class Thing:
    """A text or an object that is in the picture."""

    text: str
    object: str
    place: Place | None
    span: Span


@dataclass(slots=True)
class Command:
    """One edit, and what was said about it so far."""

    action: Action
    span: Span
    text: str = ""
    replacement: str = ""
    object: str = ""
    language: str = ""
    styles: dict[str, str] = field(default_factory=dict)
    place: Place | None = None

    def wish(self, styles: Sequence[Style], span: Span) -> None:
        """Add wishes.

        Raises:
            NotUnderstood: the edit has another wish of that kind already.
        """
        for style in styles:
            if self.styles.setdefault(style.key, style.value) != style.value:
                was = f"{style.key} is {self.styles[style.key]} already, and {style.value} here"
                raise NotUnderstood(span.start, span.end, was)

    def put(self, place: Place) -> None:
        """Say where.

        Raises:
            NotUnderstood: it is said already.
        """
        known = self.place
        if known is not None and known.words and place.words and known.words != place.words:
            hint = f"the place is {known.words} already, and {place.words} here"
            raise NotUnderstood(place.span.start, place.span.end, hint)
        if known is None or place.words:
            self.place = place


Item = Command | Place | Wish | Thing


def clauses(parts: Sequence[Part]) -> list[list[Item]]:
    """The sentences of an instruction, each as its clauses in order.

    Raises:
        NotUnderstood: the tokens are no instruction, or contradict each other.
    """
    try:
        return _Meaning().transform(_parser().parse(parts))
    except VisitError as error:
        if isinstance(error.orig_exc, NotUnderstood):
            raise error.orig_exc from None
        raise
    except UnexpectedToken as error:
        if error.token.type == "$END":
            end = parts[-1].end if parts else 0
            raise NotUnderstood(end, end, "something is missing at its end") from None
        start = error.token.start_pos or 0
        ends = [p.start for p in parts if p.terminal == "STOP" and p.start > start]
        raise NotUnderstood(start, min([*ends, parts[-1].end])) from None
    except UnexpectedInput as error:
        raise NotUnderstood(0, 0, str(error)) from None


class _Tokens(Lexer):
    """Hands our tokens to the parser."""

    def __init__(self, conf: object) -> None:
        """Lark builds it; nothing is configured."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        for part in data:
            name = part.terminal if part.terminal in _VALUED else f"_{part.terminal}"
            yield Token(name, part.value, start_pos=part.start, end_pos=part.end)


def build_parser(*, debug: bool = False) -> Lark:
    """The parser of ``grammar.lark``; with `debug`, Lark's logger tells of every conflict in it."""
    grammar = resources.files("localizer.instructions").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=_Tokens, propagate_positions=True, debug=debug)


_parser = cache(build_parser)


def _span(meta: Meta) -> Span:
    return Span(getattr(meta, "start_pos", 0), getattr(meta, "end_pos", 0))


def _style(key: str) -> Any:
    return lambda self, tokens: Style(key, str(tokens[0]))


class _Meaning(Transformer[Token, list[list[Item]]]):
    """Rule by rule. Methods have the names of the grammar's rules."""

    colour = colour_of = _style("colour")
    weight = weight_of = _style("weight")
    italic, case, align = _style("italic"), _style("case"), _style("align")
    family, outline, shadow = _style("font"), _style("outline"), _style("shadow")

    def size(self, tokens: list[Token]) -> Style:
        return Style("size", str(tokens[0]).removesuffix("px"))

    size_of = size

    def font(self, tokens: list[Token]) -> Style:
        return Style("font", " ".join(map(str, tokens)))

    font_of = font

    @v_args(meta=True)
    def led_wish(self, meta: Meta, styles: list[Style]) -> Wish:
        return Wish(tuple(styles), _span(meta))

    @v_args(meta=True)
    def wish(self, meta: Meta, found: list[Style | Wish]) -> Wish:
        styles = [s for one in found for s in (one.styles if isinstance(one, Wish) else (one,))]
        return Wish(tuple(styles), _span(meta))

    @v_args(meta=True)
    def centred(self, meta: Meta, _: list[Token]) -> Wish:
        return Wish((Style("align", "center"),), _span(meta))

    @v_args(meta=True)
    def cast(self, meta: Meta, _: list[Token]) -> Wish:
        return Wish((Style("shadow", "yes"),), _span(meta))

    @v_args(meta=True)
    def place(self, meta: Meta, tokens: list[Token]) -> Place:
        return Place(str(tokens[0]) if tokens else "", _span(meta))

    def spot(self, found: list[Place]) -> Place:
        return found[0]

    target_spot = spot

    @v_args(meta=True)
    def source(self, meta: Meta, found: list[Token | Place]) -> Thing:
        return self._thing(meta, found)

    @v_args(meta=True)
    def object(self, meta: Meta, found: list[Token | Place]) -> Thing:
        return self._thing(meta, found)

    def _thing(self, meta: Meta, found: list[Token | Place]) -> Thing:
        places = [x for x in found if isinstance(x, Place)]
        token = next(x for x in found if isinstance(x, Token))
        if len(places) > 1:
            raise NotUnderstood(*_ends(meta), "the place is said twice")
        is_object = token.type == "OBJECT"
        text = _copied(token, meta) if token.type == "TEXT" else str(token)
        place = places[0] if places else None
        return Thing("" if is_object else text, text if is_object else "", place, _span(meta))

    @v_args(meta=True)
    def text(self, meta: Meta, tokens: list[Token]) -> str:
        return _copied(tokens[0], meta)

    def language(self, tokens: list[Token]) -> Token:
        return tokens[0]

    def target(self, found: list[Token | str]) -> tuple[str, str]:
        """Language and text, either of which may be empty."""
        language = next((str(x) for x in found if isinstance(x, Token)), "")
        return language, next((x for x in found if not isinstance(x, Token)), "")

    named = target

    @v_args(meta=True)
    def new(self, meta: Meta, found: list[Style | Token]) -> tuple[str, Wish]:
        text = next(x for x in found if isinstance(x, Token))
        return _copied(text, meta), Wish(tuple(x for x in found if isinstance(x, Style)), _span(meta))

    @v_args(meta=True)
    def replace(self, meta: Meta, found: list[Any]) -> Command:
        source, (text, wish), *more = found
        return _changed(Action.REPLACE_TEXT, meta, source, text, [wish, *more])

    @v_args(meta=True)
    def exchange(self, meta: Meta, found: list[Any]) -> Command:
        return _changed(Action.REPLACE_TEXT, meta, found[1], found[0], [])

    @v_args(meta=True)
    def translate(self, meta: Meta, found: list[Any]) -> Command:
        source, (language, text), *more = found if len(found) > 1 else (*found, ("", ""))
        command = _changed(Action.TRANSLATE_TEXT, meta, source, text, more)
        command.language = language
        return command

    def remove(self, things: list[Thing]) -> list[Command]:
        return [removal(thing) for thing in things]

    def more(self, found: list[Thing]) -> Thing:
        return found[0]

    @v_args(meta=True)
    def add(self, meta: Meta, found: list[Any]) -> Command:
        text, wish = next(x for x in found if isinstance(x, tuple))
        command = Command(Action.ADD_TEXT, _span(meta), replacement=text)
        command.wish(wish.styles, wish.span)
        for one in found:
            if isinstance(one, Wish):
                command.wish(one.styles, one.span)
            elif isinstance(one, Place):
                command.put(one)
        return command

    def sentence(self, found: list[Any]) -> list[Item]:
        return [item for one in found for item in (one if isinstance(one, list) else [one])]

    def start(self, sentences: list[list[Item]]) -> list[list[Item]]:
        return sentences


def removal(thing: Thing) -> Command:
    """The edit that takes a thing out."""
    action = Action.REMOVE_OBJECT if thing.object else Action.REMOVE_TEXT
    return Command(action, thing.span, text=thing.text, object=thing.object, place=thing.place)


def _changed(action: Action, meta: Meta, source: Thing, text: str, wishes: list[Wish]) -> Command:
    command = Command(action, _span(meta), text=source.text, replacement=text, place=source.place)
    for wish in wishes:
        command.wish(wish.styles, wish.span)
    return command


def _copied(token: Token, meta: Meta) -> str:
    """A quoted text; an asterisk in quotes is not the ``*`` that means all text."""
    if token.strip() == "*":
        raise NotUnderstood(*_ends(meta), "for all text write 所有文字 or all text, without quotes")
    return str(token)


def _ends(meta: Meta) -> tuple[int, int]:
    span = _span(meta)
    return span.start, span.end
