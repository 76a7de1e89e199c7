"""``edge-fleet`` as a person types it."""

import io
import json
import re
import stat
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from edge_agent.contracts.catalogue import Emergency
from edge_agent.contracts.claim import parse_claim
from edge_agent.contracts.config import HubServerConfig
from provisioning.cli import main
from provisioning.hub.context import Hub
from provisioning.hub.tables import certificates
from provisioning.report import show_fleet
from provisioning.store_file import StoreFileError, read_store_file
from tests.provisioning.hubs import IDENTITY_KEY, STORE
from tests.sync.pictures import FILM, PICTURE

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)

CARD = {"kind": "static", "device": "card", "token": "ibeacon:00"}

STORE_FILE = {
    "version": 1,
    "catalogue": {
        "currency": "EUR",
        "products": [
            {
                "product": "4006381333931",
                "names": {"en": "Trail jacket"},
                "department": "outdoor",
                "picture": "jacket.png",
                "stock": [{"quantity": 3, "counted_at": "-2h"}],
                "content_class": "public",
            }
        ],
        "loop": [{"picture": "jacket.png"}],
    },
    "campaigns": {
        "version": 1,
        "campaigns": [
            {
                "campaign": "jackets",
                "title": "Jackets",
                "message_class": "offer",
                "department": "outdoor",
                "wording": {"en": {"headline": "Your jacket"}},
            }
        ],
    },
    "customers": [
        {
            "customer": "anna",
            "age": "adult",
            "consents": [{"purpose": "screen", "receipt": "r1", "granted_at": "-1d", "expires_at": "+90d"}],
            "valid_until": "+30d",
            "viewed": [{"product": "4006381333931", "viewed_at": "-20h"}],
            "devices": [{"kind": "rolling", "device": "phone", "identity_key": IDENTITY_KEY}],
        }
    ],
}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    (tmp_path / "jacket.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    path = tmp_path / "store.json"
    path.write_text(json.dumps(STORE_FILE))
    return path


def fleet(tmp_path: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--folder", str(tmp_path / "hub")])


def test_a_store_and_a_unit_are_made_and_filled(tmp_path: Path, sample: Path) -> None:
    claim_file = tmp_path / "claim"
    assert fleet(tmp_path, "store", "add", STORE, "--timezone", "Europe/Vienna").exit_code == 0
    made = fleet(tmp_path, "unit", "add", STORE, "door", "--zone", "Outdoor", "--claim-file", str(claim_file))
    assert made.exit_code == 0, made.output
    claim = parse_claim(claim_file.read_text())
    assert claim.code not in made.output
    assert "edge-agent enrol --hub https://localhost:8443 --claim-file" in made.output
    assert stat.S_IMODE(claim_file.stat().st_mode) == 0o600
    filled = fleet(tmp_path, "load", STORE, "--file", str(sample))
    assert filled.output == "store vienna: 1 products, 1 pictures, 1 campaigns, 1 customers\n"
    assert claim.code.encode() not in (tmp_path / "hub" / "hub.db").read_bytes()
    hub = Hub.open(HubServerConfig(folder=tmp_path / "hub"))
    (status,) = hub.fleet.status()
    hub.close()
    assert (status.customers, status.units[0].state, status.units[0].pulled_s) == (1, "claimable", None)
    shown = fleet(tmp_path, "status")
    assert shown.exit_code == 0
    assert STORE in shown.output


def test_a_misspelt_setting_of_a_unit_is_named(tmp_path: Path) -> None:
    fleet(tmp_path, "store", "add", STORE)
    part = tmp_path / "unit.toml"
    part.write_text('[notise]\nversion = "1"\n')
    answer = fleet(tmp_path, "unit", "add", STORE, "door", "--zone", "Door", "--config-file", str(part))
    assert answer.exit_code == 1
    assert "notise: no such key; check its spelling" in answer.output


def test_campaigns_are_loaded_from_the_file_that_marketing_writes(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    fleet(tmp_path, "store", "add", STORE)
    example = pytestconfig.rootpath / "docs" / "campaigns.example.toml"
    loaded = fleet(tmp_path, "load", STORE, "--campaigns", str(example))
    assert re.fullmatch(rf"store {STORE}: \d+ campaigns\n", loaded.output), loaded.output
    hub = Hub.open(HubServerConfig(folder=tmp_path / "hub"))
    body, etag = hub.content.document(STORE, "campaigns")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(example.read_text().replace("headline", "haedline", 1))
    refused = fleet(tmp_path, "load", STORE, "--campaigns", str(wrong))
    assert refused.exit_code == 1
    assert "haedline" in refused.output
    assert hub.content.document(STORE, "campaigns") == (body, etag)
    hub.close()
    assert fleet(tmp_path, "load", STORE).exit_code == 2


@pytest.mark.parametrize(("name", "is_json"), [("c.JSON", True), ("campaigns", True), ("c.toml", False)])
def test_what_the_check_reads_can_be_loaded(
    name: str, is_json: bool, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    fleet(tmp_path, "store", "add", STORE)
    example = (pytestconfig.rootpath / "docs" / "campaigns.example.toml").read_text()
    text = json.dumps(tomllib.loads(example), default=str) if is_json else example
    path = tmp_path / name
    path.write_text(text, encoding="utf-8" if is_json else "utf-8-sig")
    assert fleet(tmp_path, "load", STORE, "--campaigns", str(path)).exit_code == 0
    path.write_text("a = " + "[" * 100_000)
    assert fleet(tmp_path, "load", STORE, "--campaigns", str(path)).exit_code == 1


def test_the_status_cuts_nothing_off_whatever_the_width(tmp_path: Path) -> None:
    zone = "Outdoor, climbing and everything else that is on the second floor"
    fleet(tmp_path, "store", "add", STORE)
    fleet(tmp_path, "unit", "add", STORE, "door", "--zone", zone, "--claim-file", str(tmp_path / "claim"))
    shown = fleet(tmp_path, "status")
    assert zone in shown.output
    assert "…" not in shown.output
    opened = Hub.open(HubServerConfig(folder=tmp_path / "hub"))
    narrow = Console(width=80, record=True, file=io.StringIO())
    show_fleet(narrow, opened.fleet.status(), [[]], NOW.timestamp())
    opened.close()
    text = narrow.export_text()
    assert "…" not in text
    assert all(word in text for word in [*zone.split(), "claimable", "never"])


def test_what_is_not_erased_yet_and_when_the_hub_last_tidied_up_is_shown(tmp_path: Path, sample: Path) -> None:
    fleet(tmp_path, "store", "add", STORE)
    fleet(tmp_path, "unit", "add", STORE, "door", "--zone", "Outdoor")
    fleet(tmp_path, "load", STORE, "--file", str(sample))
    assert fleet(tmp_path, "erasures", STORE).output == f"store {STORE}: every unit has confirmed every erasure\n"
    assert "housekeeping: not yet" in fleet(tmp_path, "status").output
    hub = Hub.open(HubServerConfig(folder=tmp_path / "hub"))
    with hub.database.writing() as connection:
        row = {"fingerprint": "f", "store": STORE, "unit": "door", "pem": "", "expires_s": 0, "revoked": False}
        connection.execute(certificates.insert().values(row))
    hub.fleet.pulled(STORE, "door", 1, hub.now())
    hub.slices.tombstone(STORE, "anna", hub.now() - timedelta(minutes=5))
    hub.housekeeping.run(hub.now())
    hub.close()
    status, owed = fleet(tmp_path, "status").output, fleet(tmp_path, "erasures", STORE).output
    assert "1 overdue" in status
    assert "deleted nothing" in status
    assert re.search(r"anna +door +overdue +5 min ago +not sent yet", owed)


def test_a_restored_database_is_said_to_be_one(tmp_path: Path) -> None:
    fleet(tmp_path, "store", "add", STORE)
    fleet(tmp_path, "store", "add", "graz")
    answer = fleet(tmp_path, "restored")
    assert answer.exit_code == 0
    assert answer.output.startswith("slices that are loaded anew: 2;")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("erasures", "nowhere"), "There is no such store"),
        (("unit", "add", "nowhere", "door", "--zone", "x"), "There is no such store"),
        (("unit", "claim", STORE, "nobody"), "There is no such unit"),
        (("unit", "add", STORE, "a b", "--zone", "x"), "unit:"),
        (("store", "add", "../x"), "name of a store"),
        (("store", "add", "graz", "--timezone", "Mars"), "no IANA name"),
        (("store", "add", STORE), "There is a store of that name"),
        (("load", STORE, "--file", "absent.json"), "absent.json: cannot be read: No such file or directory"),
        (("load", STORE, "--campaigns", "absent.toml"), "absent.toml: cannot be read: No such file or directory"),
        (("status", "--config", "absent.toml"), "absent.toml: cannot be read: No such file or directory"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    fleet(tmp_path, "store", "add", STORE)
    answer = fleet(tmp_path, *words)
    assert answer.exit_code == 1
    assert message in answer.output


@pytest.mark.parametrize("words", [("load", STORE, "--file"), ("load", STORE, "--campaigns"), ("status", "--config")])
def test_a_file_that_is_no_text_is_refused_at_its_byte(tmp_path: Path, words: tuple[str, ...]) -> None:
    fleet(tmp_path, "store", "add", STORE)
    path = tmp_path / "file.toml"
    path.write_bytes(b"a = '\xff'")
    answer = fleet(tmp_path, *words, str(path))
    assert answer.exit_code == 1
    assert "file.toml: byte 5 is not UTF-8 text; save it as UTF-8" in answer.output


def test_a_units_part_of_the_configuration_is_checked(tmp_path: Path) -> None:
    part = tmp_path / "part.toml"
    part.write_text("[presence]\nenter_m = -1\n")
    fleet(tmp_path, "store", "add", STORE)
    answer = fleet(tmp_path, "unit", "add", STORE, "door", "--zone", "x", "--config-file", str(part))
    assert answer.exit_code == 1
    assert "presence.enter_m" in answer.output


def test_offsets_become_times_and_pictures_digests(sample: Path) -> None:
    loaded = read_store_file(sample, STORE, NOW)
    (anna,) = loaded.content.customers
    assert anna.viewed[0].viewed_at == NOW - timedelta(hours=20)
    assert anna.valid_until == NOW + timedelta(days=30)
    (digest,) = loaded.pictures
    catalogue = loaded.content.catalogue
    assert (catalogue.store, catalogue.products[0].picture, catalogue.loop[0].picture) == (STORE, digest, digest)
    assert (catalogue.content[0].sha256, catalogue.content[0].size_bytes) == (digest, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version"),
        ({"customer": []}, "customer"),
        ({"customers": [{"customer": "a", "valid_until": "tomorrow"}]}, r"customers\.0\.valid_until"),
        ({"catalogue": {"currency": "EUR", "products": [], "loop": [{"picture": "no.png"}]}}, "no.png"),
        (
            {"customers": [{"customer": "a", "valid_until": "+1d", "devices": [CARD, CARD]}]},
            "devices: two have the same name",
        ),
    ],
)
def test_a_wrong_store_file_is_named_with_its_field(sample: Path, change: dict[str, object], message: str) -> None:
    sample.write_text(json.dumps({**STORE_FILE, **change}))
    with pytest.raises(StoreFileError, match=message):
        read_store_file(sample, STORE, NOW)


def filled(tmp_path: Path, *stores: str) -> None:
    for name in stores:
        assert fleet(tmp_path, "store", "add", name).exit_code == 0


def on_screens(tmp_path: Path, store: str) -> Emergency | None:
    opened = Hub.open(HubServerConfig(folder=tmp_path / "hub"))
    try:
        return opened.emergencies.of(store)
    finally:
        opened.close()


def test_an_emergency_begins_and_ends_with_one_line(tmp_path: Path) -> None:
    filled(tmp_path, "vienna", "graz")
    words = ["--headline", "en=Please leave the building", "--body", "en=By the main door", "--until", "+2h"]
    begun = fleet(tmp_path, "emergency", "--all", *words)
    assert begun.exit_code == 0, begun.output
    assert "store graz: on its screens within seconds, until" in begun.output
    told = on_screens(tmp_path, "vienna")
    assert told is not None
    assert (told.headline, told.body) == ({"en": "Please leave the building"}, {"en": "By the main door"})
    assert fleet(tmp_path, "emergency", "vienna", "--end").output == "store vienna: the emergency is over\n"
    assert on_screens(tmp_path, "vienna") is None
    assert on_screens(tmp_path, "graz") is not None


def test_what_one_store_refuses_keeps_an_emergency_from_no_other(tmp_path: Path) -> None:
    filled(tmp_path, "vienna", "geneva")
    (tmp_path / "unit.toml").write_text('[screen]\nlanguages = ["fr"]\n')
    unit = ["unit", "add", "geneva", "door", "--zone", "Door", "--config-file", str(tmp_path / "unit.toml")]
    assert fleet(tmp_path, *unit).exit_code == 0
    begun = fleet(tmp_path, "emergency", "--all", "--headline", "en=Please leave", "--until", "+2h")
    assert begun.exit_code == 1
    assert "headline: fr is missing, a language of unit door" in begun.output
    assert "not shown in: geneva" in begun.output
    assert on_screens(tmp_path, "vienna") is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--headline", "en=Leave", "--until", "+2h"], "say where"),
        (["vienna", "--all", "--end"], "say where"),
        (["vienna"], "say what"),
        (["vienna", "--end", "--until", "+2h"], "say what"),
        (["vienna", "--headline", "en=Leave"], "it must end by itself"),
        (["vienna", "--headline", "Leave", "--until", "+2h"], "write LANGUAGE=TEXT"),
        (["vienna", "--headline", "english=Leave", "--until", "+2h"], "'english' is no language; write it like en"),
        (["vienna", "--headline", "en=Leave", "--until", "18:00"], "write +2h, or a time with its offset"),
        (["vienna", "--headline", "en=Leave", "--until", "-2h"], "valid_until: in the next 7 days"),
        (["vienna", "--headline", "en=Leave", "--until=-999999d"], "write +2h, or a time with its offset"),
        (["viena", "--end"], "there is no such store: viena"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_emergency_that_is_typed_wrongly_says_what_to_type(tmp_path: Path, words: list[str], said: str) -> None:
    filled(tmp_path, "vienna")
    refused = fleet(tmp_path, "emergency", *words)
    assert refused.exit_code != 0
    assert said in refused.output
    assert on_screens(tmp_path, "vienna") is None


STORE_TOML = """
version = 1
customers = []
[campaigns]
version = 1
campaigns = []
[catalogue]
currency = "EUR"
products = []
content = [{ file = "sale-de.png", languages = ["de"], valid_until = "+3d" }]
[[catalogue.loop]]
picture = "sale-de.png"
item = "sale"
kind = "campaign"
weight = 3
motion = "ken_burns"
dayparts = [{ days = ["sat"], begins = 09:00:00, ends = 18:00:00 }]
valid_from = "-1h"
[[catalogue.loop]]
picture = "spring.mp4"
duration_s = 30
"""


def test_a_store_file_in_toml_takes_all_that_a_loop_can_say(tmp_path: Path) -> None:
    (tmp_path / "sale-de.png").write_bytes(PICTURE)
    (tmp_path / "spring.mp4").write_bytes(FILM)
    path = tmp_path / "store.toml"
    path.write_text(STORE_TOML)
    catalogue = read_store_file(path, STORE, NOW).content.catalogue
    sale, spring = catalogue.loop
    assert (sale.item, sale.kind, sale.weight, sale.motion) == ("sale", "campaign", 3, "ken_burns")
    assert (sale.valid_from, sale.dayparts[0].days) == (NOW - timedelta(hours=1), ("sat",))
    picture, film = catalogue.content
    assert (picture.sha256, picture.languages, picture.valid_until) == (sale.picture, ("de",), NOW + timedelta(days=3))
    assert (film.sha256, film.media_type, film.content_class) == (spring.picture, "video/mp4", "public")
    assert "store vienna: 0 products, 2 pictures" in load(tmp_path, path)


def load(tmp_path: Path, path: Path) -> str:
    filled(tmp_path, "vienna")
    return fleet(tmp_path, "load", "vienna", "--file", str(path)).output


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("weight = 3", "wieght = 3"), "catalogue.loop.0.wieght: no such key"),
        (("spring.mp4", "gone.mp4"), "gone.mp4: No such file"),
        (("weight = 3", "weight = 300"), "catalogue.loop.0.weight = 300"),
        (('languages = ["de"]', 'langs = ["de"]'), "0.langs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_store_file_with_a_mistake_names_it(tmp_path: Path, wrong: tuple[str, str], said: str) -> None:
    (tmp_path / "sale-de.png").write_bytes(PICTURE)
    (tmp_path / "spring.mp4").write_bytes(FILM)
    path = tmp_path / "store.toml"
    path.write_text(STORE_TOML.replace(*wrong))
    with pytest.raises(StoreFileError) as refused:
        read_store_file(path, STORE, NOW)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_the_loop_of_the_documentation_can_be_loaded(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "content.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "winter-de.jpg").write_bytes(PICTURE)
    path = tmp_path / "store.toml"
    path.write_text(block)
    catalogue = read_store_file(path, STORE, NOW).content.catalogue
    assert (catalogue.loop[0].item, catalogue.content[0].languages) == ("winter", ("de",))


def test_every_command_is_listed_with_what_it_says_of_itself() -> None:
    context = click.Context(main)
    listed = " ".join(CliRunner().invoke(main, ["--help"]).output.split("Commands:")[1].split())
    for name in main.list_commands(context):  # type: ignore[attr-defined]
        command = main.get_command(context, name)  # type: ignore[attr-defined]
        assert command.help is not None
        assert f"{name} {command.help.splitlines()[0]}" in listed


def test_help_needs_none_of_the_hubs_libraries_and_a_command_names_what_is_missing() -> None:
    bare = "import sys; sys.modules['sqlalchemy'] = None; from provisioning.cli import main; main(sys.argv[1:])"
    told = subprocess.run([sys.executable, "-c", bare, "--help"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    assert "Serve the stores" in told.stdout
    refused = subprocess.run([sys.executable, "-c", bare, "status"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "edge-fleet status needs sqlalchemy" in refused.stderr
    assert "pip install 'edge-agent[hub]'" in refused.stderr
    assert "Traceback" not in refused.stderr
