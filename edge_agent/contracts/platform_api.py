"""What the platform calls of the hub, as a table; units and apps have :mod:`edge_agent.contracts.api`."""

from typing import Final

from edge_agent.contracts.api import Endpoint
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue, Emergency
from edge_agent.contracts.platform import (
    CustomerRecord,
    ErasureLines,
    EventLines,
    Redemption,
    RedemptionAnswer,
    Summary,
)

_STORE: Final = "/v1/platform/stores/{store}"
_NO_STORE: Final = "There is no such store."

PUT_CUSTOMER = Endpoint(
    "put_customer",
    "PUT",
    f"{_STORE}/customers/{{customer}}",
    "Her profile in this store, with her devices' identity keys. Replaces the one before.",
    caller="platform",
    request=CustomerRecord,
    status=204,
    problems={404: _NO_STORE},
)
DELETE_CUSTOMER = Endpoint(
    "delete_customer",
    "DELETE",
    f"{_STORE}/customers/{{customer}}",
    "She withdrew: she is erased here, and every unit is told.",
    caller="platform",
    status=204,
    problems={404: "The store holds no such customer, or there is no such store."},
)
PUT_CATALOGUE = Endpoint(
    "put_catalogue",
    "PUT",
    f"{_STORE}/catalogue",
    "Replace the catalogue whole. Units pull only what has changed; an emergency stays on.",
    caller="platform",
    request=Catalogue,
    status=204,
    problems={404: _NO_STORE},
)
PUT_EMERGENCY = Endpoint(
    "put_emergency",
    "PUT",
    f"{_STORE}/emergency",
    "Show it on every screen of the store within seconds.",
    caller="platform",
    request=Emergency,
    status=204,
    problems={404: _NO_STORE},
)
END_EMERGENCY = Endpoint(
    "end_emergency",
    "DELETE",
    f"{_STORE}/emergency",
    "End it.",
    caller="platform",
    status=204,
    problems={404: "The store has no emergency, or there is no such store."},
)
PUT_CAMPAIGNS = Endpoint(
    "put_campaigns",
    "PUT",
    f"{_STORE}/campaigns",
    "Replace the campaigns whole.",
    caller="platform",
    request=CampaignFile,
    status=204,
    problems={404: _NO_STORE},
)
PUT_CONTENT = Endpoint(
    "put_content",
    "PUT",
    f"{_STORE}/content/{{sha256}}",
    "One picture or film, by its digest; before the catalogue that lists it.",
    caller="platform",
    upload=True,
    status=204,
    problems={404: _NO_STORE},
)
REDEEM = Endpoint(
    "redeem",
    "POST",
    f"{_STORE}/redemptions",
    "A code of a screen was redeemed.",
    caller="platform",
    request=Redemption,
    response=RedemptionAnswer,
    pending="No unit has told of the code yet: it is kept, judged when the unit tells, and can be asked again.",
    problems={
        404: _NO_STORE,
        409: "Another redemption was first, a pending one included.",
        410: "The code had expired when it was redeemed.",
    },
)
ERASURES = Endpoint(
    "erasures",
    "GET",
    f"{_STORE}/erasures",
    "What units have not confirmed; with a customer, how far hers has come, unit by unit.",
    caller="platform",
    response=ErasureLines,
    query=("customer",),
    problems={404: f"{_NO_STORE} Not with a customer."},
)
READ_EVENTS = Endpoint(
    "read_events",
    "GET",
    f"{_STORE}/events",
    "What happened, in the order in which it arrived.",
    caller="platform",
    response=EventLines,
    query=("after", "limit"),
    problems={404: _NO_STORE},
)
SUMMARY = Endpoint(
    "summary",
    "GET",
    f"{_STORE}/summary",
    "How many events of each type.",
    caller="platform",
    response=Summary,
    problems={404: _NO_STORE},
)

PLATFORM_ENDPOINTS: Final = (
    PUT_CUSTOMER,
    DELETE_CUSTOMER,
    PUT_CATALOGUE,
    PUT_EMERGENCY,
    END_EMERGENCY,
    PUT_CAMPAIGNS,
    PUT_CONTENT,
    REDEEM,
    ERASURES,
    READ_EVENTS,
    SUMMARY,
)
"""What the platform calls."""
