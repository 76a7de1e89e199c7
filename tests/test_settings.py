"""The configuration: every mistake is one line that says where, what and what is allowed."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w
from pydantic import BaseModel

from edge_agent.contracts.config import AgentConfig, HubServerConfig
from edge_agent.errors import FileError
from edge_agent.settings import load_config

LEAST = {"store": "vienna-1", "unit": "entrance", "zone": "Outdoor"}


@pytest.fixture
def example(pytestconfig: pytest.Config) -> str:
    return (pytestconfig.rootpath / "docs" / "agent.example.toml").read_text()


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every setting with its default."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field.default


def leaves(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in tree.items():
        found |= leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return found


def load(tmp_path: Path, **tree: object) -> AgentConfig:
    path = tmp_path / "agent.toml"
    path.write_text(tomli_w.dumps({**LEAST, **tree}))
    return load_config(path)


def test_every_setting_is_documented_and_every_documented_one_exists(example: str) -> None:
    documented = leaves(tomllib.loads(re.sub(r"(?m)^#(?=\w+ = )", "", example)))
    assert set(documented) == {name for name, _ in settings(AgentConfig)}


def test_every_setting_of_the_hub_is_documented_with_its_default(pytestconfig: pytest.Config) -> None:
    text = (pytestconfig.rootpath / "docs" / "hub.example.toml").read_text()
    documented = tomllib.loads(re.sub(r"(?m)^#(?=\w+ = )", "", text))
    assert set(documented) == set(HubServerConfig.model_fields)
    assert HubServerConfig.model_validate(documented) == HubServerConfig(database=documented["database"])


def test_what_is_commented_out_is_the_default(example: str) -> None:
    documented = tomllib.loads(re.sub(r"(?m)^#(?=\w+ = )", "", example))
    shown = leaves(AgentConfig.model_validate(documented).model_dump(mode="json"))
    defaults = dict(settings(AgentConfig))
    for name in leaves(tomllib.loads(example)):
        del shown[name]
    plain = AgentConfig.model_validate(LEAST).model_dump(mode="json")
    with_defaults = {name: value for name, value in leaves(plain).items() if defaults[name] is not None}
    assert {name: shown[name] for name in with_defaults if name in shown} == {
        name: value for name, value in with_defaults.items() if name in shown
    }


def test_the_example_loads_and_every_line_of_it_too(example: str, tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(example)
    assert load_config(path).store == "vienna-1"
    path.write_text(re.sub(r"(?m)^#(?=\w+ = )", "", example))
    assert load_config(path).hub.url == "https://hub.example:8443"


@pytest.mark.parametrize(
    ("tree", "line"),
    [
        ({"stroe": "x"}, "stroe: no such key"),
        ({"presence": {"enter": 2}}, "presence.enter: no such key"),
        ({"presence": {"enter_m": "near"}}, "presence.enter_m = 'near': .*number"),
        ({"presence": {"enter_m": -1}}, "presence.enter_m = -1: .*greater than 0"),
        ({"presence": 3}, "presence = 3: .*"),
        ({"radio": {"backend": "zigbee"}}, "radio.backend = 'zigbee': .*'bleak', 'mgmt', 'simulated' or 'off'"),
        ({"radio": {"adapters": ["eth0"]}}, "radio.adapters.0 = 'eth0': .*hci"),
        ({"web": {"port": 70000}}, "web.port = 70000: .*65535"),
        ({"hub": {"url": "http://hub"}}, "hub.url = 'http://hub': .*https"),
        ({"hub": {"url": "https://[::1"}}, r"hub.url = 'https://\[::1': .*https://NAME:PORT .*IPv6"),
        ({"hub": {"url": "https://hub:port"}}, "hub.url = 'https://hub:port': .*https://NAME:PORT .*port number"),
        ({"hub": {"url": "https://hub:99999"}}, "hub.url = .*port number"),
        ({"hub": {"url": "https://me@hub:8443"}}, "hub.url = .*https://NAME:PORT, and nothing else"),
        ({"hub": {"url": "https://hub?x"}}, "hub.url = .*nothing else"),
        ({"hub": {"url": "https://héb..x"}}, "hub.url = .*nothing else"),
        ({"screen": {"languages": []}}, r"screen.languages = \[\]: .*at least 1"),
        ({"store": "Wien Mitte"}, "store = 'Wien Mitte': .*pattern"),
        ({"zone": "x" * 1000}, "zone = 'x+…: .*200"),
        ({"radio": {"silent_s": 30}}, "presence.visit_silence_min_s: must be at least 33"),
    ],
)
def test_a_mistake_is_one_line_with_file_key_value_and_what_is_allowed(
    tree: dict[str, object], line: str, tmp_path: Path
) -> None:
    with pytest.raises(FileError) as raised:
        load(tmp_path, **tree)
    [said] = str(raised.value).splitlines()
    assert re.fullmatch(f"{re.escape(str(tmp_path / 'agent.toml'))}: {line}.*", said), said
    assert len(said) < 400


def test_every_wrong_setting_is_refused(tmp_path: Path) -> None:
    for name, _ in settings(AgentConfig):
        tree: dict[str, object] = dict(LEAST)
        *levels, last = name.split(".")
        inner = tree
        for level in levels:
            inner = inner.setdefault(level, {})  # type: ignore[assignment]
        inner[last] = {"nothing": {"like": "this"}}
        path = tmp_path / "agent.toml"
        path.write_text(tomli_w.dumps(tree))
        with pytest.raises(FileError, match=re.escape(name)):
            load_config(path)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileError) as raised:
        load(tmp_path, stroe="x", web={"port": 0}, unit="")
    assert [line.split(": ")[1].split(" ")[0] for line in str(raised.value).splitlines()] == [
        "unit",
        "web.port",
        "stroe",
    ]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text('store = "x"\nunit = "y"\n')
    with pytest.raises(FileError, match=r"agent\.toml: zone: is missing"):
        load_config(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"store = \n", "is not TOML: .*line 1, column 9"),
        (b"store = '\xff'", "byte 9 is not UTF-8"),
        (b"store = " + b"[" * 100_000, "brackets within brackets"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_none(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileError, match=message):
        load_config(path)


def test_a_variable_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_AGENT_PRESENCE__ENTER_M", "1.5")
    monkeypatch.setenv("EDGE_AGENT_SCREEN__LANGUAGES", '["de", "en"]')
    config = load(tmp_path, presence={"enter_m": 1.0, "leave_m": 7.0})
    assert (config.presence.enter_m, config.presence.leave_m) == (1.5, 7.0)
    assert config.screen.languages == ("de", "en")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("EDGE_AGENT_PRESENCE__ENTER_M", "near", "^EDGE_AGENT_PRESENCE__ENTER_M: presence.enter_m = 'near'"),
        ("EDGE_AGENT_PRESENCE__ENTRE_M", "1", "^EDGE_AGENT_PRESENCE__ENTRE_M: presence.entre_m: no such key"),
        ("EDGE_AGENT_PRESENCE_ENTER_M", "1", "^EDGE_AGENT_PRESENCE_ENTER_M: no such key; levels are joined by '__'"),
        ("EDGE_AGENT_SCREEN__LANGUAGES", "de", "screen.*lists are written as JSON|EDGE_AGENT_SCREEN__LANGUAGES"),
    ],
)
def test_a_wrong_variable_is_named(
    name: str, value: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(FileError, match=message):
        load(tmp_path)
