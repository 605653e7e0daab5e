"""The manifest's column `instruction`: sentences in, structured edits out.

======================================================  =====================================================
将「新品上市」改为「年度热销」，字体颜色变为金色             replace_text, attribute colour=gold
删除左上角的品牌Logo                                     remove_object, object brand logo, place=top left
在中央空白处添加「618狂欢购」，使用红色粗体字               add_text, colour=red; weight=bold; place=center
将图片中的「免运费」翻译为「Free Shipping」，并居中显示      translate_text, align=center
Translate "新品上市" into English                       translate_text; the copy comes from the copy deck
Add "NEW" at the top left in bold red; remove "OLD"     two edits
======================================================  =====================================================

Texts stand in quotes of any kind: 「」『』“”"" '' ‘’《》«». What is not in quotes must be words that
`localizer.instructions.words` knows, in an order that ``grammar.lark`` knows; anything else is an error that
says what was not understood. Nothing is left out and nothing is guessed:

- a wish belongs to the edit right before it; where an earlier one in reach has none, it is an error;
- a place says where a text is added, or where an object is. An engine may look for the object there, or
  hold the job for a person; no engine takes out more than that (``place=top left``);
- a text that is in the picture already is found by its words. To pick one of several, give its `box`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from localizer.errors import RowError
from localizer.instructions.tokens import NotUnderstood, Part, tokens
from localizer.instructions.tree import SETS_TEXT, Command, Item, Place, Thing, Wish, clauses, removal
from localizer.locales import UNDETERMINED, language_of, normalise_locale, same_language
from localizer.model import Action, Box, Edit
from localizer.text.wishes import check_wish

FIELD = "instruction"
MAX_CHARACTERS = 4000
_SHOWN = 48
_PLACED = {Action.ADD_TEXT, Action.REMOVE_OBJECT}
_VERBS = {
    "TO": Action.REPLACE_TEXT, "REPLACE": Action.REPLACE_TEXT, "TRANSLATE": Action.TRANSLATE_TEXT,
    "TRANSLATE_TO": Action.TRANSLATE_TEXT, "REMOVE": Action.REMOVE_TEXT, "ADD": Action.ADD_TEXT,
}  # fmt: skip


def parse_instruction(
    text: str, *, row: int, locale: str = UNDETERMINED, box: Box | None = None
) -> tuple[Edit, ...]:
    """The edits that an instruction asks for, in its order; at least one.

    Args:
        row: manifest row, for the edits and for errors.
        locale: the row's target locale; an instruction that names another language is wrong.
        box: the row's box; it is that of the one edit.

    Raises:
        RowError: any part of it was not understood; says which, and shows the structured form.
    """
    try:
        if len(text) > MAX_CHARACTERS:
            hint = f"it is {len(text)} characters long; {MAX_CHARACTERS} are the most"
            raise NotUnderstood(0, _SHOWN, hint)
        commands = _commands(clauses(tokens(text)))
        if not commands:
            raise NotUnderstood(0, len(text), "it asks for no edit")
        if box is not None and len(commands) > 1:
            raise NotUnderstood(0, len(text), f"the row has one box for {len(commands)} edits; one row each")
        return tuple(_edit(command, row, locale, box) for command in commands)
    except NotUnderstood as error:
        raise RowError(_message(text, error), row=row, field=FIELD) from None


def _commands(sentences: list[list[Item]]) -> list[Command]:
    """Every edit, with the wishes, places and further things that stand beside it."""
    commands: list[Command] = []
    for items in sentences:
        scope = len(commands)
        waiting: list[Place | Wish] = []
        for before, item, after in _neighbours(items):
            if isinstance(item, Command):
                commands.append(item)
                _take(item, waiting)
                waiting = []
            elif isinstance(item, Thing):
                commands.append(_another(before, commands, item))
            elif isinstance(item, Place):
                if _goes_back(item, commands[scope:], after):
                    commands[-1].put(item)
                else:
                    waiting.append(item)
            elif len(commands) == scope and any(isinstance(x, Command) for x in items):
                waiting.append(item)
            else:
                _wished(item, commands[scope:] or commands)
        if waiting:
            span = waiting[0].span
            raise NotUnderstood(span.start, span.end, "no edit beside it can have that")
    return commands


def _neighbours(items: list[Item]) -> Iterator[tuple[Item | None, Item, Item | None]]:
    for i, item in enumerate(items):
        yield items[i - 1] if i else None, item, items[i + 1] if i + 1 < len(items) else None


def _take(command: Command, waiting: list[Place | Wish]) -> None:
    """Places and wishes that stood before their edit."""
    for one in waiting:
        if isinstance(one, Place):
            if command.action is not Action.ADD_TEXT:
                raise NotUnderstood(one.span.start, one.span.end, "no edit beside it can have that")
            command.put(one)
        else:
            _wished(one, [command])


def _another(before: Item | None, commands: list[Command], thing: Thing) -> Command:
    """「A」和「B」: the second has the verb of the first."""
    last = commands[-1] if commands and isinstance(before, Command | Thing) else None
    if last and last.action in {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}:
        return removal(thing)
    if last and last.action is Action.TRANSLATE_TEXT and not last.replacement and thing.text:
        return Command(last.action, thing.span, text=thing.text, language=last.language, place=thing.place)
    raise NotUnderstood(thing.span.start, thing.span.end, "what is to be done with it is not said")


def _goes_back(place: Place, here: list[Command], after: Item | None) -> bool:
    """Whether a place that stands by itself belongs to the edit before it, not to the one after."""
    back = bool(here) and here[-1].action in _PLACED and here[-1].place is None
    ahead = isinstance(after, Command | Wish) and not back
    if back and isinstance(after, Command) and after.action is Action.ADD_TEXT and after.place is None:
        hint = "it can belong to the edit before or after it; part the two by ；"
        raise NotUnderstood(place.span.start, place.span.end, hint)
    return back and not ahead


def _wished(wish: Wish, within: list[Command]) -> None:
    """Give a wish to the last edit, if it is clear that no other is meant."""
    span = wish.span
    if not within or within[-1].action not in SETS_TEXT:
        raise NotUnderstood(span.start, span.end, "no edit that sets text stands right before it")
    if any(c.action in SETS_TEXT and not c.styles for c in within[:-1]):
        hint = "it may be meant for more than one edit; give every edit its own, or part them by ；"
        raise NotUnderstood(span.start, span.end, hint)
    within[-1].wish(wish.styles, span)


def _edit(command: Command, row: int, locale: str, box: Box | None) -> Edit:
    span = command.span
    if command.language and not _fits(command.language, locale):
        hint = f"it says {command.language}, the row's locale is {locale}"
        raise NotUnderstood(span.start, span.end, hint)
    words = command.place.words if command.place else ""
    if command.action is Action.REMOVE_OBJECT and not words and box is None:
        hint = f"say where the {command.object} is: in which corner, or give its box"
        raise NotUnderstood(span.start, span.end, hint)
    if command.action not in _PLACED and command.place and box is None:
        hint = "a text that is there is found by its words; leave its place out, or give its box"
        raise NotUnderstood(command.place.span.start, command.place.span.end, hint)
    is_somewhere = box is None and command.place is None
    if command.action is Action.ADD_TEXT and command.styles.get("align") == "center" and is_somewhere:
        hint = "centred in the picture (write 在中央添加, add in the centre) or in its own lines?"
        raise NotUnderstood(span.start, span.end, hint)
    attribute = dict(command.styles)
    for key, value in attribute.items():
        try:
            check_wish(key, value)
        except ValueError as error:
            raise NotUnderstood(span.start, span.end, f"{key}: {error}") from None
    if words:
        attribute["place"] = words
    return Edit(command.action, command.text, command.replacement, box, command.object, attribute, row)


def _fits(language: str, locale: str) -> bool:
    """Whether a row's locale is in the language that is named; plain "Chinese" is any Chinese."""
    if language == "zh":
        return language_of(locale) == "zh"
    try:
        return same_language(normalise_locale(language), normalise_locale(locale))
    except ValueError:
        return True  # the locale is wrong, which the row says of itself


def _message(text: str, error: NotUnderstood) -> str:
    part = _shown(text[error.start : error.end]) or _shown(text)
    hints = [error.hint] if error.hint else []
    if not error.hint and not re.search("[\"'“‘「『《«]", text):
        hints.append('texts stand in quotes: 「…」 or "…"')
    told = f"“{part}” was not understood" + "".join(f" ({hint})" for hint in hints)
    return f"{told}; say it in other words, or leave this empty and fill the columns: {_structured(text)}"


def _shown(part: str) -> str:
    part = " ".join(part.split())
    return part if len(part) <= _SHOWN else part[: _SHOWN - 1] + "…"


def _structured(text: str) -> str:
    """The columns to fill instead, with what could be made out."""
    parts = _readable(text)
    action = next((_VERBS[p.terminal] for p in parts if p.terminal in _VERBS), Action.REPLACE_TEXT)
    texts = [p.value for p in parts if p.terminal == "TEXT"]
    first, second = (*texts, "…", "…")[:2]
    thing = next((p.value for p in parts if p.terminal == "OBJECT"), "")
    if action is Action.REMOVE_TEXT and thing:
        return f"action=remove_object, object={thing}, box=x0 y0 x1 y1 (or attribute=place=top left)"
    if action is Action.REMOVE_TEXT:
        return f"action=remove_text, text={first}"
    if action is Action.ADD_TEXT:
        return f"action=add_text, replacement={first}, attribute=place=top left; colour=red; weight=bold"
    form = f"action={action}, text={first}, replacement={second}"
    return f"{form}, attribute=colour=gold; align=center"


def _readable(text: str) -> list[Part]:
    """The tokens up to the first thing that is none."""
    try:
        return tokens(text)
    except NotUnderstood as error:
        return tokens(text[: error.start]) if error.start else []
