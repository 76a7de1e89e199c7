"""Emergencies: what every screen of a store shows instead of anything else, within seconds of being put."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import pydantic_core
from sqlalchemy import select

from edge_agent.contracts.catalogue import Catalogue, Emergency
from edge_agent.contracts.config import ScreenConfig
from provisioning.hub.content import Content
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database
from provisioning.hub.tables import units

LONGEST: Final = timedelta(days=7)
"""None lasts longer unless it is put again: a wrong year must not close a shop."""

HEADLINE_MAX: Final = 80
"""Longer ones could not be drawn large enough to be read from across a shop."""

_NO_CURRENCY: Final = "XXX"  # ISO 4217: there is none


class Emergencies:
    """At most one for a store, kept with its catalogue, so that units pull both in one."""

    def __init__(self, database: Database, content: Content) -> None:
        self._database = database
        self._content = content

    def put(self, store: str, emergency: Emergency, now: datetime) -> None:
        """Begin an emergency, or replace the one that is on.

        Raises a 404 problem without the store, 422 where the screens could not show it to everybody in time.
        """
        if not now < emergency.valid_until <= now + LONGEST:
            raise ProblemError(422, "An emergency ends by itself.", f"valid_until: in the next {LONGEST.days} days")
        self._check_words(store, emergency)
        tree = json.loads(emergency.model_dump_json(exclude_defaults=True))

        def begun(before: str | None) -> str:
            catalogue = _catalogue_of(store, before)
            return _json({**catalogue, "emergency": tree})

        self._content.replace_catalogue(store, begun)

    def end(self, store: str) -> bool:
        """End the emergency of a store; False: there was none. One that this version cannot read ends as well."""
        if self._tree_of(store) is None:
            return False

        def ended(before: str | None) -> str:
            catalogue = _catalogue_of(store, before)
            return _json({name: value for name, value in catalogue.items() if name != "emergency"})

        self._content.replace_catalogue(store, ended)
        return True

    def of(self, store: str) -> Emergency | None:
        """Return the emergency of a store, which may have ended by itself; ``None``: there is none."""
        tree = self._tree_of(store)
        return None if tree is None else Emergency.model_validate(tree)

    def _tree_of(self, store: str) -> dict[str, Any] | None:
        held = self._content.held_catalogue(store)
        return None if held is None else json.loads(held[0]).get("emergency")

    def _check_words(self, store: str, emergency: Emergency) -> None:
        for language, text in emergency.headline.items():
            if not text.strip() or len(text) > HEADLINE_MAX:
                raise ProblemError(
                    422, "It must be read at a glance.", f"headline.{language}: 1 to {HEADLINE_MAX} characters"
                )
        spoken = self._languages(store)
        for field, words in (("headline", emergency.headline), ("body", emergency.body)):
            missing = [language for language in spoken if not {language, language.split("-")[0]} & words.keys()]
            if words and missing:
                told = ", ".join(
                    f"{language} is missing, a language of unit {spoken[language]}" for language in missing
                )
                raise ProblemError(
                    422, "Everybody must understand an emergency.", f"{field}: {told} (screen.languages)"
                )

    def _languages(self, store: str) -> Mapping[str, str]:
        """Return the languages of a store's screens, each with a unit that speaks it."""
        with self._database.reading() as connection:
            rows = connection.execute(select(units.c.unit, units.c.config).where(units.c.store == store)).all()
        found: dict[str, str] = {}
        for unit, config in rows:
            known = json.loads(config)  # not checked again: it may be of an older version
            if known.get("display", {}).get("enabled", True):
                found |= dict.fromkeys(known.get("screen", {}).get("languages", ScreenConfig().languages), unit)
        return found


def _catalogue_of(store: str, catalogue: str | None) -> dict[str, Any]:
    """Return the catalogue as a tree. A store that has none yet has emergencies all the same."""
    if catalogue is None:
        empty = Catalogue(store=store, currency=_NO_CURRENCY, products=())
        catalogue = empty.model_dump_json(exclude_defaults=True)
    tree: dict[str, Any] = json.loads(catalogue)
    return tree


def _json(tree: Mapping[str, Any]) -> str:
    return pydantic_core.to_json(tree).decode()
