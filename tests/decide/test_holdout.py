"""Who gets nothing, so that the effect can be measured."""

import pytest

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.slice import Profile
from edge_agent.decide.holdout import held_out
from tests.decide.cases import ANNA, ORDER, Case, campaign

EVERYBODY = [ANNA.model_copy(update={"customer": f"c-{number}"}) for number in range(4000)]
GROUP_OF_ONE_IN_A_THOUSAND = ["c-3484"]


def group(of: Campaign) -> set[str]:
    return {her.customer for her in EVERYBODY if held_out(her, of)}


def in_platforms_group(**changes: object) -> Profile:
    return ANNA.model_copy(update={"holdout": True, **changes})


@pytest.mark.parametrize("share", [0, 0.05, 0.2, 0.5])
def test_it_is_the_share_that_was_asked_for(share):
    assert len(group(campaign("a", holdout=share))) / len(EVERYBODY) == pytest.approx(share, abs=0.03)


def test_a_larger_share_adds_customers_and_lets_nobody_out():
    assert group(campaign("a", holdout=0.1)) < group(campaign("a", holdout=0.2))


def test_each_campaign_has_another_group():
    both = group(campaign("a", holdout=0.5)) & group(campaign("b", holdout=0.5))
    assert len(both) / len(EVERYBODY) == pytest.approx(0.25, abs=0.03)


def test_nobody_changes_sides_with_a_new_version():
    """A group, written down: whoever mends the hash spoils every measurement that is under way."""
    assert sorted(group(campaign("a", holdout=0.001))) == GROUP_OF_ONE_IN_A_THOUSAND


@pytest.mark.parametrize("message_class", ["service", "order"])
@pytest.mark.parametrize(("platforms", "share"), [(True, 0), (False, 0.5)])
def test_of_a_service_message_or_an_order_everybody_hears(message_class, platforms, share):
    her = in_platforms_group(holdout=platforms, customer=next(iter(group(campaign("a", holdout=0.5)))))
    decision = Case(her=her, campaigns=[campaign("a", message_class=message_class, holdout=share)]).decide()
    assert (decision.holdout, decision.screen) == (False, True)


@pytest.mark.parametrize(("platforms", "share"), [(True, 0), (False, 0.5)])
def test_an_offer_that_is_held_back_is_not_replaced_by_the_next_one(platforms, share):
    her = in_platforms_group(holdout=platforms, customer=next(iter(group(campaign("a", holdout=0.5)))))
    offers = [campaign("a", value=9, holdout=share), campaign("b", value=1)]
    decision = Case(her=her, campaigns=offers).decide()
    assert decision.campaign == offers[0]
    assert (decision.holdout, decision.screen, decision.card) == (True, False, False)


def test_whoever_is_held_out_still_hears_that_her_order_is_ready():
    order = campaign("order", message_class="order")
    decision = Case(her=in_platforms_group(orders=(ORDER,)), campaigns=[campaign("a", value=9), order]).decide()
    assert (decision.campaign, decision.holdout) == (order, False)
