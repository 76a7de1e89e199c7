"""One sentence of a wording, as a Fluent pattern (projectfluent.org): ``Only { $pieces } left, { $place }``.

What passes :func:`check_pattern` cannot fail and cannot grow when it is filled: it reaches certain slots and nothing
else, refers to nothing, calls nothing but ``NUMBER``, and is bounded in length, parts and depth.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final, NoReturn

from fluent.syntax import FluentParser, ast

PATTERN_MAX: Final = 600
"""A pattern has at most so many characters. What it gives is shorter: only one of its variants is said."""

SCREEN_SLOTS: Final = ("badge", "product", "price", "place", "pieces", "desk", "time")
"""What a sentence on a screen may be filled with: public facts, and nothing else."""

CARD_SLOTS: Final = (*SCREEN_SLOTS, "size", "quantity")
"""What a sentence on a card may be filled with."""

NUMBERS: Final = ("pieces", "quantity")
"""The slots that count something: a sentence may choose its words by them."""

_PARTS_MAX: Final = 20
_DEPTH_MAX: Final = 4  # braces within braces; the parser descends once for each
_PLURALS: Final = ("zero", "one", "two", "few", "many", "other")
_DIGITS: Final = {"minimumIntegerDigits": 6, "minimumFractionDigits": 3, "maximumFractionDigits": 3}
_NAME: Final = "sentence = "
_SIMPLE: Final = re.compile(r"(?:[^{}\r\n]|\{ *\$[a-z]+ *\})*")  # slots in a line of text: nearly all sentences
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_SLOT: Final = re.compile(r"\{ *\$([a-z]+) *\}")


def parse_pattern(text: str) -> ast.Message:
    """Return a sentence as a Fluent message. Raises ValueError that says what is wrong, and where."""
    if _depth(text) > _DEPTH_MAX:
        raise ValueError(f"has braces within braces, more than {_DEPTH_MAX} deep")
    lines = text.strip().split("\n")  # no other character ends a line in Fluent
    body = FluentParser(with_spans=False).parse(_NAME + "\n ".join(lines) + "\n").body
    for entry in body:
        if isinstance(entry, ast.Junk):
            _refuse_junk(entry, text.strip())
    message = body[0] if len(body) == 1 else None
    if not isinstance(message, ast.Message) or message.value is None or message.attributes:
        raise ValueError("must be one sentence")
    return message


@lru_cache(8192)
def check_pattern(text: str, slots: tuple[str, ...], most: int) -> str:
    """Return the text if it is a sentence that reaches these slots only, and is not too long whatever fills them.

    Raises ValueError, for the person who wrote it. Answers are kept: the same campaigns come again and again.
    """
    if _SIMPLE.fullmatch(text):  # these the parser takes as they are, a thousand times slower
        names = _SLOT.findall(text)
        for name in names:
            _check_slot(name, slots)
        _check_parts(len(names))
        least = _SLOT.sub("", text)
    else:
        pattern = parse_pattern(text).value
        assert pattern is not None
        _Checker(slots).pattern(pattern)
        least = "".join(part.value for part in pattern.elements if isinstance(part, ast.TextElement))
    _check_text(least, slots)
    if len(least) > most:
        raise ValueError(f"has {len(least)} characters even before it is filled; at most {most} fit")
    return text


class _Checker:
    """Walks a pattern; what is not known here to be harmless is refused."""

    def __init__(self, slots: Collection[str]) -> None:
        self._slots = slots
        self._parts = 0

    def pattern(self, pattern: ast.Pattern) -> None:
        for element in pattern.elements:
            if isinstance(element, ast.Placeable):
                self._placeable(element)
            elif isinstance(element, ast.TextElement):
                _check_text(element.value, self._slots)

    def _placeable(self, placeable: ast.Placeable) -> None:
        self._parts += 1
        _check_parts(self._parts)
        expression = placeable.expression
        if isinstance(expression, ast.SelectExpression):
            self._select(expression)
        elif isinstance(expression, ast.VariableReference):
            _check_slot(expression.id.name, self._slots)
        elif isinstance(expression, ast.FunctionReference):
            self._number(expression)
        elif isinstance(expression, ast.Placeable):
            self._placeable(expression)
        elif isinstance(expression, ast.StringLiteral):
            _check_characters(expression.parse()["value"])
        elif not isinstance(expression, ast.NumberLiteral):
            name = getattr(getattr(expression, "id", None), "name", "")
            raise ValueError(f"{{ {name} }} refers to another text; a slot is written {{ ${name or self._first()} }}")

    def _select(self, select: ast.SelectExpression) -> None:
        if isinstance(select.selector, ast.FunctionReference):
            self._number(select.selector)
        else:
            self._counter(select.selector)
        for variant in select.variants:
            if isinstance(variant.key, ast.Identifier) and variant.key.name not in _PLURALS:
                raise ValueError(f"[{variant.key.name}] is no plural; write a number or one of {', '.join(_PLURALS)}")
            self.pattern(variant.value)

    def _number(self, call: ast.FunctionReference) -> None:
        if call.id.name != "NUMBER":
            raise ValueError(f"{call.id.name}() cannot be called; only NUMBER() can")
        if len(call.arguments.positional) != 1:
            raise ValueError("NUMBER() takes one slot that counts something")
        self._counter(call.arguments.positional[0])
        for option in call.arguments.named:
            most = _DIGITS.get(option.name.name)
            digits = option.value.value
            if most is None or not digits.isdecimal() or int(digits) > most:
                allowed = ", ".join(f"{name} to {limit}" for name, limit in _DIGITS.items())
                raise ValueError(f"NUMBER(): {option.name.name}: {digits} is not allowed; options are {allowed}")

    def _counter(self, expression: ast.SyntaxNode) -> None:
        counters = [slot for slot in self._slots if slot in NUMBERS]
        if not isinstance(expression, ast.VariableReference) or expression.id.name not in counters:
            raise ValueError(f"only a slot that counts can choose the words: {_listed(counters)}")

    def _first(self) -> str:
        return next(iter(self._slots))


def _check_parts(parts: int) -> None:
    if parts > _PARTS_MAX:
        raise ValueError(f"has more than {_PARTS_MAX} pairs of braces")


def _check_slot(name: str, slots: Collection[str]) -> None:
    if name not in slots:
        raise ValueError(f"{{ ${name} }} is no slot here; slots are {_listed(slots)}")


def _check_text(text: str, slots: Collection[str]) -> None:
    """Refuse a slot without braces: it would stand on the screen as it is."""
    for bare in re.finditer(r"\$\{?([a-z_]+)", text):
        if bare[1] in slots:
            raise ValueError(f"{bare[0]}: a slot is written {{ ${bare[1]} }}")
    _check_characters(text)


def _check_characters(text: str) -> None:
    """Refuse what cannot be drawn, and what turns round the direction of whatever follows."""
    unseen = _UNSEEN.search(text)
    if unseen is not None:
        raise ValueError(f"has the invisible character U+{ord(unseen[0]):04X}; delete it")


def _refuse_junk(junk: ast.Junk, text: str) -> NoReturn:
    problem = junk.annotations[0]
    end = 0 if problem.span is None else problem.span.start - len(_NAME)
    before = text[: max(0, end)]
    said = " ".join(before[-20:].split())
    if problem.message == 'Expected token: "\N{SYMBOL FOR NEWLINE}"':
        raise ValueError(f'is no sentence: after "{said}" a new line begins, and with each [choice] another one')
    raise ValueError(f'is no sentence: {problem.message} after "{said}"; a slot is written {{ $product }}')


def _depth(text: str) -> int:
    deepest = depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    return deepest


def _listed(slots: Collection[str]) -> str:
    return ", ".join(f"{{ ${slot} }}" for slot in slots)
