"""What the hub takes for its stores' screens, and what it refuses with a reason."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge_agent.contracts.catalogue import Catalogue, CatalogueChanges, Emergency
from provisioning.hub.content import Content
from provisioning.hub.emergencies import Emergencies
from provisioning.hub.fleet import Fleet
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database
from tests.provisioning.hubs import STORE
from tests.sync.pictures import FILM, OTHER, PICTURE, catalogue, item, sha256

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Hub:
    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self.fleet = Fleet(database)
        self.fleet.add_store(STORE, "Europe/Vienna", NOW)
        self.content = Content(database, folder / "content")
        self.emergencies = Emergencies(database, self.content)
        for content in (PICTURE, OTHER, FILM):
            self.take(content)

    def take(self, content: bytes) -> None:
        source = self.folder / "source"
        source.write_bytes(content)
        self.content.copy_file(STORE, sha256(content), source)

    def held(self) -> Catalogue:
        return Catalogue.model_validate_json(self.content.document(STORE, "catalogue")[0])


@pytest.fixture
def hub(database: Database, tmp_path: Path) -> Hub:
    return Hub(database, tmp_path)


def emergency(until: datetime = NOW + HOUR, **words: str) -> Emergency:
    return Emergency(headline=words or {"en": "Please leave the building"}, valid_until=until)


def loop(**fields: Any) -> list[dict[str, Any]]:
    return [{"picture": sha256(PICTURE), **fields}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"content": [item(PICTURE), item(PICTURE)]}, "content.1.sha256: listed twice"),
        ({"content": [item(PICTURE, "image/jpeg")]}, "content.0.media_type: it is image/png"),
        ({"content": [item(FILM, "video/webm")], "loop": []}, "content.0.media_type: it is video/mp4"),
        ({"content": [item(PICTURE, size_bytes=3)]}, "content.0.size_bytes: it has"),
        ({"content": [item(PICTURE, content_class="discreet")]}, "loop.0.picture: its file is discreet"),
        ({"content": [item(PICTURE, valid_from=NOW, valid_until=NOW)]}, "content.0.valid_until: is not later"),
        ({"loop": loop(valid_from=NOW + HOUR, valid_until=NOW)}, "loop.0.valid_until: is not later"),
        ({"loop": [*loop(item="sale"), {"picture": sha256(OTHER), "item": "sale"}]}, "loop.1.item: sale is another"),
        ({"content": [item(OTHER)]}, sha256(PICTURE)),
        ({"content": [item(PICTURE), item(b"never sent")]}, sha256(b"never sent")),
        ({"emergency": emergency()}, "PUT .../emergency"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_could_never_be_shown_is_refused_by_its_field(hub: Hub, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ProblemError, match="422") as refused:
        hub.content.put_catalogue(STORE, catalogue(PICTURE, **fields))
    assert said in refused.value.problem.detail


def test_all_that_an_item_can_say_comes_out_as_it_went_in(hub: Hub) -> None:
    rich = loop(
        item="winter",
        kind="campaign",
        weight=3,
        motion="ken_burns",
        dayparts=[{"days": ["mon", "sat"], "begins": "09:00", "ends": "18:00"}],
        valid_from=NOW,
        valid_until=NOW + HOUR,
    )
    files = [item(PICTURE, languages=["en", "de"], valid_from=NOW), item(FILM, "video/mp4")]
    put = catalogue(content=files, loop=[*rich, {"picture": sha256(FILM), "duration_s": 30}])
    hub.content.put_catalogue(STORE, put)
    assert hub.held() == put


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html><svg>", b"%PDF-1.7"])
def test_a_file_that_no_screen_can_show_is_not_taken(hub: Hub, content: bytes) -> None:
    with pytest.raises(ProblemError, match="nothing that a screen can show"):
        hub.take(content)


def test_an_emergency_outlives_every_new_catalogue_until_it_is_ended(hub: Hub) -> None:
    hub.content.put_catalogue(STORE, catalogue(PICTURE))
    before = hub.content.document(STORE, "catalogue")[1]
    hub.emergencies.put(STORE, emergency(), NOW)
    assert hub.held() == catalogue(PICTURE, emergency=emergency())
    hub.content.put_catalogue(STORE, catalogue(PICTURE, OTHER))
    assert hub.held().emergency == emergency()
    changes = CatalogueChanges.model_validate_json(hub.content.changes(STORE, (before,))[0])
    assert changes.rest is not None
    assert changes.rest.emergency == emergency()
    assert hub.emergencies.end(STORE)
    assert hub.held() == catalogue(PICTURE, OTHER)
    changes = CatalogueChanges.model_validate_json(hub.content.changes(STORE, (before,))[0])
    assert changes.rest is not None
    assert changes.rest.emergency is None
    assert not hub.emergencies.end(STORE)
    hub.content.put_catalogue(STORE, catalogue(PICTURE))
    assert hub.content.document(STORE, "catalogue")[1] == before, "and nothing of it is left"


def test_an_emergency_that_this_version_cannot_read_ends_all_the_same(hub: Hub) -> None:
    def of_another_version(before: str | None) -> str:
        return json.dumps({**json.loads(before or ""), "emergency": {"words": "?"}})

    hub.content.put_catalogue(STORE, catalogue(PICTURE))
    hub.content.replace_catalogue(STORE, of_another_version)
    assert hub.emergencies.end(STORE)
    assert hub.held() == catalogue(PICTURE)


def test_a_store_without_a_catalogue_has_emergencies_too(hub: Hub) -> None:
    hub.emergencies.put(STORE, emergency(), NOW)
    assert hub.held().emergency == emergency()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (emergency(NOW), "valid_until"),
        (emergency(NOW + timedelta(days=30)), "valid_until: in the next 7 days"),
        (emergency(en=" "), "headline.en: 1 to 80"),
        (emergency(en="x" * 81), "headline.en: 1 to 80"),
        (emergency(de="Bitte verlassen Sie das Haus"), "headline: en is missing, a language of unit door"),
        (emergency().model_copy(update={"body": {"de": "Zum Ausgang"}}), "body: en is missing"),
    ],
    ids=["past", "far", "blank", "long", "language", "body"],
)
def test_an_emergency_that_not_everybody_could_read_in_time_is_refused(hub: Hub, told: Emergency, said: str) -> None:
    hub.fleet.add_unit(STORE, "door", "Outdoor", {"screen": {"languages": ["en-GB"]}}, NOW)
    hub.fleet.add_unit(
        STORE, "back", "Stock room", {"display": {"enabled": False}, "screen": {"languages": ["fr"]}}, NOW
    )
    with pytest.raises(ProblemError, match="422") as refused:
        hub.emergencies.put(STORE, told, NOW)
    assert said.replace("en is", "en-GB is") in refused.value.problem.detail
    hub.emergencies.put(STORE, emergency(), NOW)


def test_an_emergency_needs_a_store(hub: Hub) -> None:
    with pytest.raises(ProblemError, match="404"):
        hub.emergencies.put("nowhere", emergency(), NOW)
