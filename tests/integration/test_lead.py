"""An obligation that nobody takes, on real parts: the agent is killed again and again, and the lead is told once."""

from pathlib import Path

import pytest

from tests.integration.store import Store, store_file

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

ESCALATE_S = 12


def with_a_complaint() -> dict[str, object]:
    content = store_file()
    content["campaigns"]["campaigns"].append(
        {
            "campaign": "care",
            "title": "An open question",
            "message_class": "service",
            "audience": {"ticket_open": True},
            "screen": False,
            "card": "obligation",
            "department": "service",
            "wording": {"en": {"headline": "We are here for you"}},
        }
    )
    content["customers"][0]["tickets"] = [{"ticket": "t1", "opened_at": "-72h", "department": "service"}]
    return content


def test_the_lead_is_told_once_however_often_the_agent_dies(tmp_path: Path) -> None:
    store = Store(tmp_path, with_a_complaint(), settings={"cards": {"escalate_s": ESCALATE_S}})
    try:
        store.open()
        store.start_display()
        service, lead = store.tablet("tablet-a", "service"), store.tablet("tablet-b", "lead")

        # Nobody takes her card; the agent dies meanwhile.
        store.start_agent("c-anna")
        card = service.wait_for_card("open")
        assert (card.kind, card.escalated) == ("obligation", False)
        store.agent.kill()
        store.start_agent("c-anna")
        escalated = lead.wait_for_card("open", card.card)
        assert (escalated.escalated, escalated.revision, escalated.department) == (True, 2, "service")
        assert service.wait_for_card("open", card.card).created_at == card.created_at

        # It dies again: the lead still has the card, and it has not escalated a second time.
        store.agent.kill()
        lead.cards.clear()
        store.start_agent("c-anna")
        assert lead.wait_for_card("open", card.card).revision == 2
        lead.say(card, "claim")
        assert service.wait_for_card("taken", card.card).holder == "tablet-b"

        # And again: who holds it is not forgotten.
        store.agent.kill()
        lead.cards.clear()
        store.start_agent("c-anna")
        assert lead.wait_for_card("taken", card.card).holder == "tablet-b"
        lead.say(card, "done", outcome="resolved")
        for tablet in (service, lead):
            assert tablet.wait_for_card("closed", card.card).facts == ()

        store.hub.wait_for("c-anna", "clerk.outcome")
        about_it = [event["type"] for event in store.hub.events() if event["data"].get("card") == card.card]
        assert about_it == ["clerk.notified", "clerk.escalated", "clerk.claimed", "clerk.outcome"]
        assert store.agent.stop() == 0
    finally:
        store.close()
