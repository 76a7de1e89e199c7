"""A product that is not public can never reach a screen: no type lets it through."""

import ast
import inspect
import typing

import pytest

from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.slice import Profile
from edge_agent.decide import scenes
from edge_agent.decide.products import PublicProduct, public, speakable
from tests.scenario.shop import JACKET, START


def of_class(content_class):
    return JACKET.model_copy(update={"content_class": content_class})


@pytest.mark.parametrize("content_class", ["discreet", "sensitive"])
def test_only_a_public_product_becomes_one(content_class):
    assert public(of_class(content_class), START) is None
    with pytest.raises(ValueError, match="not for a screen"):
        PublicProduct(of_class(content_class), START)
    assert public(None, START) is None


def test_a_public_product_stays_what_it_is():
    jacket = public(JACKET, START)
    assert (jacket.names, jacket.place, jacket.pieces) == (JACKET.names, JACKET.place, 3)
    with pytest.raises(AttributeError):
        jacket.names = {"en": "something else"}
    with pytest.raises(TypeError):
        PublicProduct(names={"en": "something else"})


def test_what_a_product_says_of_its_class_when_it_says_nothing():
    silent = Product.model_validate(JACKET.model_dump(exclude={"content_class"}))
    assert public(silent, START) is None
    assert speakable(silent) is None


@pytest.mark.parametrize(("content_class", "named"), [("public", True), ("discreet", True), ("sensitive", False)])
def test_what_a_card_may_name(content_class, named):
    assert (speakable(of_class(content_class)) is not None) is named


def test_the_composition_of_scenes_cannot_see_a_profile_or_a_product_of_the_catalogue():
    tree = ast.parse(inspect.getsource(scenes))
    imported = {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert not any(name.startswith("edge_agent.contracts.slice") for name in imported)
    assert not any(name.startswith("edge_agent.contracts.catalogue") for name in imported)
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))


@pytest.mark.parametrize("compose", [scenes.compose_scene, scenes.compose_group])
def test_nor_is_it_given_one(compose):
    taken = typing.get_type_hints(compose)
    for hint in taken.values():
        assert not {Profile, Product} & {hint, *typing.get_args(hint)}
        assert hint is not typing.Any
