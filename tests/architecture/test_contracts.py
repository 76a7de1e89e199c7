"""Every field that crosses a process says what it means."""

import importlib
import pkgutil

import pytest
from pydantic import BaseModel

import edge_agent.contracts
from edge_agent.contracts.base import Contract, FileContract


def _models() -> list[type[BaseModel]]:
    modules = [
        importlib.import_module(f"edge_agent.contracts.{found.name}")
        for found in pkgutil.iter_modules(edge_agent.contracts.__path__)
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
    ]


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_model_and_fields_are_described(model: type[BaseModel]) -> None:
    assert (model.__doc__ or "").strip()
    assert [name for name, field in model.model_fields.items() if not (field.description or "").strip()] == []


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_model_is_a_message_or_a_file(model: type[BaseModel]) -> None:
    assert issubclass(model, Contract | FileContract)
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == ("forbid" if issubclass(model, FileContract) else "ignore")
