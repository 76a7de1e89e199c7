import asyncio
import stat
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.contracts.claim import Claim, parse_claim
from edge_agent.contracts.config import AgentConfig
from edge_agent.errors import FileError, HubError
from edge_agent.sync.enrol import enrol
from tests.provisioning.hubs import STORE, RunningHub, running_hub

pytestmark = pytest.mark.integration


async def enrolled(served: RunningHub, claim: Claim, folder: Path) -> AgentConfig:
    return await asyncio.to_thread(enrol, served.url, claim, folder, folder / "agent.toml")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_claim_becomes_an_identity_and_a_configuration(served: RunningHub, tmp_path: Path) -> None:
    config = await enrolled(served, served.claim(), tmp_path)
    assert (config.store, config.unit, config.timezone) == (STORE, "door", "Europe/Vienna")
    written = AgentConfig.model_validate(tomllib.loads((tmp_path / "agent.toml").read_text()))
    assert written == config
    assert written.hub.url == served.url
    identity = tmp_path / "identity"
    assert sorted(path.name for path in identity.iterdir()) == ["ca.pem", "certificate.pem", "key.pem"]
    assert stat.S_IMODE((identity / "key.pem").stat().st_mode) == 0o600


async def test_repeating_with_the_same_key_gives_the_same_certificate_for_an_hour(
    served: RunningHub, tmp_path: Path
) -> None:
    claim = served.claim()
    folder = tmp_path / "unit"
    await enrolled(served, claim, folder)
    before = contents(folder)
    served.clock.ahead = timedelta(minutes=59)
    await enrolled(served, claim, folder)
    assert contents(folder) == before
    served.clock.ahead = timedelta(minutes=62)
    with pytest.raises(HubError, match="claim code is not good"):
        await enrolled(served, claim, folder)
    assert contents(folder) == before


async def test_a_claim_works_for_one_machine(served: RunningHub, tmp_path: Path) -> None:
    claim = served.claim()
    await enrolled(served, claim, tmp_path / "first")
    with pytest.raises(HubError, match="claim code is not good"):
        await enrolled(served, claim, tmp_path / "second")
    assert not (tmp_path / "second" / "agent.toml").exists()


async def test_wrong_expired_and_replaced_codes_are_refused_alike(served: RunningHub, tmp_path: Path) -> None:
    good = served.claim()
    wrong = Claim("A" * 32, good.fingerprint)
    replaced, newest = good, served.claim()
    answers = set()
    for claim in (wrong, replaced):
        with pytest.raises(HubError) as raised:
            await enrolled(served, claim, tmp_path)
        answers.add(str(raised.value))
    served.clock.ahead = timedelta(days=15)
    with pytest.raises(HubError) as raised:
        await enrolled(served, newest, tmp_path)
    answers.add(str(raised.value))
    assert len(answers) == 1


async def test_the_code_is_not_sent_to_a_hub_with_another_fingerprint(served: RunningHub, tmp_path: Path) -> None:
    claim = served.claim()
    async with running_hub(tmp_path / "other") as other:
        with pytest.raises(HubError, match="another fingerprint"):
            await asyncio.to_thread(enrol, other.url, claim, tmp_path / "unit", tmp_path / "agent.toml")
    await enrolled(served, claim, tmp_path / "unit")  # it is still good


async def test_a_hub_that_is_away_or_no_hub_at_all(served: RunningHub, tmp_path: Path) -> None:
    for url in ("https://127.0.0.1:1", served.url.replace("https", "http")):
        with pytest.raises(HubError):
            await asyncio.to_thread(enrol, url, served.claim(), tmp_path, tmp_path / "agent.toml")


async def test_a_damaged_key_is_said_and_kept(served: RunningHub, tmp_path: Path) -> None:
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "key.pem").write_text("garbage")
    with pytest.raises(FileError, match="not a private key"):
        await enrolled(served, served.claim(), tmp_path)


def test_the_claim_file_round_trips_and_hides_its_code() -> None:
    claim = Claim("c" * 32, "0f" * 32)
    assert parse_claim(claim.text("for unit door")) == claim
    assert claim.code not in repr(claim)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this one has 0"),
        ("short\nsha256:" + "0" * 64, "line 1"),
        ("c" * 32 + "\nsha1:00", "line 2"),
        ("c" * 32 + "\nsha256:" + "0" * 64 + "\nmore", "this one has 3"),
    ],
)
def test_a_broken_claim_file_says_which_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        parse_claim(text)
    assert "c" * 32 not in str(raised.value)
