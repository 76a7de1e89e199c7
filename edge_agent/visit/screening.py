"""What the display says: that it came or went, which scenes it showed, and for how long."""

from dataclasses import replace

from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import ContentPlayed, ContentShown, CouponIssued
from edge_agent.contracts.screen import Hello, ProofOfPlay, Refused, Shown
from edge_agent.visit.counter import Counter
from edge_agent.visit.coupons import expires_at
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.journey import Journey, Signal
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.roster import Roster
from edge_agent.visit.sharing import Sharing
from edge_agent.visit.speaker import Speaker


class Screening:
    """Brings the display's words to the visits that they are about."""

    def __init__(
        self,
        config: AgentConfig,
        roster: Roster,
        greeter: Greeter,
        speaker: Speaker,
        counter: Counter,
        sharing: Sharing,
        ledger: Ledger,
    ) -> None:
        self._config = config
        self._roster = roster
        self._greeter = greeter
        self._speaker = speaker
        self._counter = counter
        self._sharing = sharing
        self._ledger = ledger

    def joined(self, hello: Hello) -> None:
        """A display connected and said what it is showing."""
        self._roster.screen_connected = True
        self._greeter.joined()
        if hello.showing is not None:  # the word that it was shown was lost in a restart
            self._shown(hello.showing)
        # Whoever had nothing to hear from a unit without a screen may have now.
        self._roster.review(journey.customer for journey in self._roster.all())

    def lost(self) -> None:
        """The display is gone. Its scene goes on when it is back in time, and fades by itself if it is not."""
        self._roster.screen_connected = False

    def said(self, message: Shown | ProofOfPlay | Refused) -> None:
        """The display reports on a scene."""
        match message:
            case Shown():
                self._shown(message.message_id)
            case ProofOfPlay():
                self._ended(message.message_id)
                for journey in self._roster.showing(message.message_id):
                    self._ledger.report("content.played", self._played(journey, message), journey.customer)
            case Refused(message_id=str() as message_id):
                self._ended(message_id)
            case Refused():
                pass  # it could not even read which scene was meant; the link logs it

    def _ended(self, message_id: str) -> None:
        if self._greeter.awaits(message_id):
            self._greeter.ended(message_id)
            self._speaker.screen_is_free()

    def _shown(self, message_id: str) -> None:
        for journey in self._roster.showing(message_id):
            if journey.shown_s is not None or journey.message_id != message_id:
                continue
            journey = replace(journey.on(Signal.SHOWN), shown_s=self._ledger.now.monotonic_s).without_card()
            self._roster.put(journey)
            campaign = journey.said(message_id)
            if campaign is not None:
                self._roster.contacted(journey, campaign, "screen")
            base = self._roster.base(journey.customer, journey.visit)
            shown = ContentShown(**base, decision=message_id, campaign=campaign)
            self._ledger.report("content.shown", shown, journey.customer)
            self._issue_coupon(journey, message_id)
            due_s = self._counter.due_s(journey)
            wait_s = None if due_s is None else max(0.0, due_s - self._ledger.now.monotonic_s)
            self._roster.tell("shown", journey.customer, journey.badge, due_s=wait_s)
            self._sharing.hurry()

    def _issue_coupon(self, journey: Journey, message_id: str) -> None:
        """Tell the platform of the code on a scene that has just come up; one that nobody saw was never issued."""
        code = self._greeter.code_shown(message_id)
        if code is None:
            return
        issued = CouponIssued(
            **self._roster.base(journey.customer, journey.visit),
            decision=message_id,
            campaign=code.campaign,
            coupon=code.coupon,
            code_digest=code.digest,
            expires_at=expires_at(self._ledger.now.utc, self._config.screen.maximum_s),
        )
        self._ledger.report("coupon.issued", issued, journey.customer)

    def _played(self, journey: Journey, proof: ProofOfPlay) -> ContentPlayed:
        return ContentPlayed(
            **self._roster.base(journey.customer, journey.visit),
            decision=proof.message_id,
            campaign=journey.said(proof.message_id),
            first_frame_at=proof.first_frame_at,
            on_screen_s=proof.on_screen_s,
            ended=proof.ended,
        )
