"""A customer, a shop and a moment in which everything may be said; a test changes one thing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from edge_agent.contracts.campaign import Campaign, Wording
from edge_agent.contracts.catalogue import Product, Stock
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.slice import Consent, Profile, ReadyOrder, ServiceTicket
from edge_agent.decide.contacts import ContactLog
from edge_agent.decide.decision import Decision, decide
from edge_agent.decide.knowledge import Situation
from edge_agent.events import ContactRow
from tests.scenario.shop import JACKET, LEASE, START, WELCOME, Shelf, profile

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANNA = profile("anna")
TICKET = ServiceTicket(ticket="t1", opened_at=START - timedelta(days=2), department="service")
ORDER = ReadyOrder(order="o1", ready_at=START, desk="Desk 2")
HERE_AND_NOW = Situation(
    utc=START,
    utc_trusted=True,
    lease_until=START + LEASE,
    notice=True,
    mode="badge",
    screen=True,
    withdrawn=False,
    zone="Outdoor",
    visit="v1",
)


@dataclass
class Case:
    """What a decision is made from."""

    her: Profile = ANNA
    products: Sequence[Product] = (JACKET,)
    campaigns: Sequence[Campaign] = (WELCOME,)
    situation: Situation = HERE_AND_NOW

    def decide(self) -> Decision:
        products = {product.product: product for product in self.products}
        shelf = Shelf({self.her.customer: self.her}, products, tuple(self.campaigns))
        return decide(self.her.customer, shelf, self.situation)

    def why(self) -> str | None:
        """Return why the one campaign is not said."""
        return why(self.decide(), self.campaigns[0].campaign)


def why(decision: Decision, campaign: str) -> str | None:
    """Return why a campaign is not said."""
    reasons = [reason for reason, names in decision.explanation.rejected.items() if campaign in names]
    assert len(reasons) <= 1
    return reasons[0] if reasons else None


def changed(case: Case, **changes) -> Case:
    """Change fields, each in the first of situation, profile, product and campaign that has it."""
    for name, value in changes.items():
        if name in Situation.__dataclass_fields__:
            case = replace(case, situation=replace(case.situation, **{name: value}))
        elif name in Profile.model_fields and name != "holdout":
            case = replace(case, her=case.her.model_copy(update={name: value}))
        elif name in Product.model_fields and name != "product":
            case = replace(case, products=[case.products[0].model_copy(update={name: value}), *case.products[1:]])
        else:
            case = replace(case, campaigns=[case.campaigns[0].model_copy(update={name: value}), *case.campaigns[1:]])
    return case


def said(*contacts: ContactRow | Iterable[ContactRow]) -> ContactLog:
    """Return what the unit has said."""
    return ContactLog(row for rows in contacts for row in ([rows] if isinstance(rows, ContactRow) else rows))


def contact(
    campaign: str = "jacket",
    channel: str = "screen",
    ago: timedelta = HOUR,
    customer: str = "anna",
    visit: str = "v0",
    decision: str = "",
    message_class: str = "offer",
) -> ContactRow:
    return ContactRow(customer, campaign, channel, START - ago, visit, decision, message_class)


def consent(purpose: str, start=START - HOUR, end=START + HOUR) -> Consent:
    return Consent(purpose=purpose, receipt="r", granted_at=start, expires_at=end)


def stock(quantity: int = 3, size: str | None = "M", age: timedelta = HOUR) -> tuple[Stock, ...]:
    return (Stock(size=size, quantity=quantity, counted_at=START - age),)


def campaign(name: str, **changes) -> Campaign:
    """Return a campaign that anybody may hear on the screen."""
    plain = Campaign(
        campaign=name,
        title=name,
        message_class="offer",
        department="outdoor",
        wording={"en": Wording(headline="Hello")},
    )
    return plain.model_copy(update=changes)


def listed(explanation: Explanation) -> int:
    """Return how many campaigns an explanation names."""
    return len(explanation.ranking) + sum(map(len, explanation.rejected.values()))
