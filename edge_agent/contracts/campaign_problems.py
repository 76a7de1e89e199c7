"""Say what is wrong with a file of campaigns, to the person in marketing who wrote it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edge_agent.contracts.campaign import CAMPAIGNS_MAX, Audience, Campaign, CampaignFile, Cap
from edge_agent.contracts.dayparts import Daypart
from edge_agent.contracts.wording import ModeWording, Wording

_SHOWN_MAX: Final = 60
_MODELS: Final[dict[str, type[BaseModel]]] = {
    "campaigns": Campaign,
    "audience": Audience,
    "caps": Cap,
    "dayparts": Daypart,
    "wording": Wording,
    "contextual": ModeWording,
    "badge": ModeWording,
    "named": ModeWording,
}


def read_campaigns(tree: object) -> tuple[dict[int, Campaign], list[str]]:
    """Return the campaigns of a file's tree that are right, by their number in it from 1, and a line per mistake.

    Every mistake is told, not only the first one: campaigns are looked at one by one.
    """
    if not isinstance(tree, Mapping):
        return {}, ["this is no file of campaigns; it begins with version = 1 and has [[campaigns]] tables"]
    raw = tree.get("campaigns")
    lines = _checked(CampaignFile, {**tree, "campaigns": []}, ())[1]
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        what = "are missing" if raw is None else f"{_short(raw)} is no list"
        return {}, [*lines, f"campaigns: {what}; each campaign is a [[campaigns]] table"]
    if len(raw) > CAMPAIGNS_MAX:
        return {}, [*lines, f"campaigns: has {len(raw)}; at most {CAMPAIGNS_MAX} are possible"]
    right = {}
    for number, one in enumerate(raw, start=1):
        campaign, wrong = _checked(Campaign, one, (name_of(one, number),))
        lines += wrong
        if isinstance(campaign, Campaign):
            right[number] = campaign
    ids = Counter(one["campaign"] for one in raw if isinstance(one, Mapping) and isinstance(one.get("campaign"), str))
    lines += [
        f"campaign '{name}': {count} campaigns have this id; give each its own"
        for name, count in ids.items()
        if count > 1
    ]
    return right, lines


def name_of(campaign: object, number: int) -> str:
    """Return how a line calls a campaign: by its id, else by its number in the file."""
    name = campaign.get("campaign") if isinstance(campaign, Mapping) else None
    return f"campaign '{name}'" if isinstance(name, str) and name else f"campaign {number}"


def _checked(model: type[BaseModel], tree: object, place: tuple[str, ...]) -> tuple[BaseModel | None, list[str]]:
    try:
        return model.model_validate(tree), []
    except ValidationError as error:
        problems = error.errors(include_url=False)
        places = [problem["loc"] for problem in problems]
        return None, [
            _line(problem, model, place)
            for problem, loc in zip(problems, places, strict=True)
            # A list whose parts are wrong is not also too short.
            if problem["type"] != "too_short"
            or not any(len(other) > len(loc) and other[: len(loc)] == loc for other in places)
        ]


def _line(problem: ErrorDetails, model: type[BaseModel], place: tuple[str, ...]) -> str:
    said = _said(problem, model)
    if problem["loc"]:
        return f"{', '.join((*place, _field(problem['loc'])))}: {said}"
    # About the whole: what contradicts each other names its fields itself.
    joint = ", " if problem["type"] == "value_error" else ": "
    return joint.join((*place, said))


def _field(loc: tuple[int | str, ...]) -> str:
    """Return the way to a field: ``dayparts 2, begins``, ``wording.en.headline``."""
    way = ""
    for part in loc:
        if isinstance(part, int):
            way += f" {part + 1}"
        elif part != "[key]":
            way += ("" if not way else ", " if way[-1].isdigit() else ".") + part
    return way


def _said(problem: ErrorDetails, model: type[BaseModel]) -> str:
    kind, given = problem["type"], _short(problem["input"])
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown(problem["loc"], model)
    if kind == "value_error":
        return problem["msg"].removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        if "[A-Z]{2}" in problem["ctx"]["pattern"]:
            return f"{given} is no language; write one such as en, de-AT or zh-Hant"
        return f"{given} is no name; letters, digits and . _ ~ - may be in it, and no spaces"
    for words, say in _SAYINGS.items():
        if kind in words:
            return say(given, problem.get("ctx", {}))
    return f"{given}: {problem['msg']}"


_SAYINGS: Final[dict[tuple[str, ...], Callable[[str, dict[str, Any]], str]]] = {
    ("literal_error",): lambda given, ctx: f"{given} is not possible; write {ctx['expected']}",
    ("time_parsing", "time_type"): lambda given, _: f"{given} is no time of day; write 09:00",
    ("datetime_parsing", "datetime_from_date_parsing", "datetime_type", "datetime_object_invalid"): (
        lambda given, _: f"{given} is no date with a time; write 2026-12-01T09:00:00+01:00"
    ),
    ("timezone_aware",): (
        lambda given, _: (
            f"{given} has no time zone; write +01:00 after it, or Z for Greenwich: 2026-12-01T09:00:00+01:00"
        )
    ),
    ("greater_than_equal",): lambda given, ctx: f"{given} is too small; at least {ctx['ge']:g}",
    ("greater_than",): lambda given, ctx: f"{given} is too small; more than {ctx['gt']:g}",
    ("less_than_equal",): lambda given, ctx: f"{given} is too large; at most {ctx['le']:g}",
    ("string_too_short",): lambda _, __: "must not be empty",
    ("string_too_long",): lambda _, ctx: f"is too long; at most {ctx['max_length']} characters",
    ("too_short",): lambda _, ctx: f"must have at least {ctx['min_length']}",
    ("too_long",): lambda _, ctx: f"has {ctx['actual_length']}; at most {ctx['max_length']} are possible",
    ("string_type",): lambda given, _: f'{given} is no text; texts stand in quotation marks: "so"',
    ("int_parsing", "int_type", "int_from_float"): lambda given, _: f"{given} is no whole number",
    ("float_parsing", "float_type", "finite_number"): lambda given, _: f"{given} is no number",
    ("bool_parsing", "bool_type"): lambda given, _: f"{given} is not possible; write true or false",
    ("tuple_type", "list_type"): lambda given, _: f"{given} is no list; lists stand in brackets: [ ... ]",
    ("dict_type", "model_type", "model_attributes_type"): (
        lambda given, _: f"{given} is not possible; fields of its own belong here"
    ),
}


def _unknown(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    for part in loc[:-1]:
        model = _MODELS.get(str(part), model)
    fields = list(model.model_fields)
    near = get_close_matches(str(loc[-1]), fields, n=1)
    return (
        f"there is no such field; did you mean '{near[0]}'?"
        if near
        else f"there is no such field; write {_any(fields)}"
    )


def _any(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _short(value: object) -> str:
    text = value.isoformat() if isinstance(value, (date, time)) else value if isinstance(value, str) else repr(value)
    text = text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
    return f"'{text}'" if isinstance(value, (str, date, time)) else text
