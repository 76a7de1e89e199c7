"""What both interface documents are made of: the JSON Schemas of models, and references to them."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{model}"


def ref(name: str) -> Json:
    """Return a reference to a schema of the document by its name."""
    return {"$ref": _REF.format(model=name)}


def ref_to(model: type[BaseModel]) -> Json:
    """Return a reference to the schema of a model."""
    return ref(model.__name__)


def schemas_of(models: Iterable[type[BaseModel]]) -> Json:
    """Return the schemas of models, and of what they are made of, by name."""
    unique = dict.fromkeys(models)
    _, definitions = models_json_schema([(model, "validation") for model in unique], ref_template=_REF)
    schemas: Json = definitions["$defs"]
    return {name: schemas[name] for name in sorted(schemas)}


def first_line(model: type[BaseModel]) -> str:
    """Return what a model is, in a sentence."""
    return (model.__doc__ or "").strip().splitlines()[0]
