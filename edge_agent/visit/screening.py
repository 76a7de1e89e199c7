"""What the display says: that it came or went, whether anybody can see it, what it showed, and for how long."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import ContentLooped, ContentPlayed, ContentShown, CouponIssued
from edge_agent.contracts.screen import Hello, LoopPlayed, Panel, ProofOfPlay, Refused, Shown
from edge_agent.events import ScreenReport
from edge_agent.visit.contacts import StoreContacts
from edge_agent.visit.coupons import expires_at
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.journey import Journey, Signal
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.liaison import Liaison
from edge_agent.visit.roster import Roster
from edge_agent.visit.sharing import Sharing
from edge_agent.visit.speaker import Speaker
from edge_agent.visit.view import Ended

PROOFS_MAX: Final = 4
"""So many scenes may have come up whose proof of play is still to come: one that fades, and the next."""

PROVEN_MAX: Final = 64
"""So many scenes that were proved are remembered: more than are told to all who are here."""


class Screening:
    """Brings the display's words to the visits that they are about."""

    def __init__(
        self,
        config: AgentConfig,
        roster: Roster,
        greeter: Greeter,
        speaker: Speaker,
        liaison: Liaison,
        contacts: StoreContacts,
        sharing: Sharing,
        ledger: Ledger,
    ) -> None:
        self._config = config
        self._roster = roster
        self._greeter = greeter
        self._speaker = speaker
        self._liaison = liaison
        self._contacts = contacts
        self._sharing = sharing
        self._ledger = ledger
        self._first_frame: tuple[str, float] | None = None
        self._unproven: deque[Journey] = deque(maxlen=PROOFS_MAX)
        """Whose scenes came up, as they were then: another unit may go on with a visit before its proof is here."""
        self._proven: deque[str] = deque(maxlen=PROVEN_MAX)
        """The scenes that were proved last: a display that repeats itself proves nothing new."""
        self.ended: Ended | None = None
        """The scene that ended last; for the field tools."""

    def shown_s(self, message_id: str) -> float | None:
        """Return the monotonic second of the first frame of the present scene; ``None``: it has not come up yet."""
        shown = self._first_frame
        return shown[1] if shown is not None and shown[0] == message_id else None

    def joined(self, hello: Hello) -> None:
        """A display connected and said what it is showing."""
        self._greeter.joined()
        if hello.showing is not None:  # the word that it was shown was lost in a restart
            self._first_frame = self._first_frame or (hello.showing, self._ledger.now.monotonic_s)
            self._shown(hello.showing)
        self._works()  # a panel that does not is told of next

    def lost(self) -> None:
        """The display is gone. Its scene goes on when it is back in time, and fades by itself if it is not."""
        self._roster.screen_works = False

    def _works(self) -> None:
        """Go on with a screen: whoever had nothing to hear from a unit without one may have now."""
        if not self._roster.screen_works:
            self._roster.screen_works = True
            self._roster.review(journey.customer for journey in self._roster.all())

    def said(self, message: ScreenReport) -> None:
        """The display reports on a scene, on its loop, or on its panel."""
        match message:
            case Panel(state="on"):
                self._works()
            case Panel():
                self.lost()
            case LoopPlayed():
                self._ledger.report("content.loop_played", self._looped(message), None)
            case Shown():
                self._first_frame = message.message_id, min(message.first_frame_s, self._ledger.now.monotonic_s)
                self._shown(message.message_id)
            case ProofOfPlay():
                self._has_ended(message.message_id, message.ended, message.on_screen_s)
                self._ended(message.message_id)
                for journey in self._to_prove(message.message_id):
                    self._ledger.report("content.played", self._played(journey, message), journey.customer)
            case Refused(message_id=str() as message_id):
                if self._greeter.awaits(message_id):  # else it was only to be prepared
                    self._has_ended(message_id, message.reason, 0.0)
                self._ended(message_id)
            case Refused():
                pass  # it could not even read which scene was meant; the link logs it

    def _has_ended(self, message_id: str, why: str, on_screen_s: float) -> None:
        self.ended = Ended(message_id, why, on_screen_s, self._ledger.now.monotonic_s)

    def _ended(self, message_id: str) -> None:
        if self._greeter.awaits(message_id):
            self._greeter.ended(message_id)
            self._speaker.screen_is_free()

    def _to_prove(self, message_id: str) -> Sequence[Journey]:
        """Return the visits of a scene that has ended; once."""
        gone = [journey for journey in self._unproven if journey.message_id == message_id]
        for journey in gone:
            self._unproven.remove(journey)
        if message_id in self._proven:
            return ()
        self._proven.append(message_id)
        known = [journey for journey in gone if self._roster.may_be_known(journey.customer)]
        return self._roster.showing(message_id) or known

    def _shown(self, message_id: str) -> None:
        for journey in self._roster.showing(message_id):
            if journey.shown_s is not None or journey.message_id != message_id:
                continue
            journey = replace(journey.on(Signal.SHOWN), shown_s=self._ledger.now.monotonic_s).without_card()
            self._roster.put(journey)
            self._unproven.append(journey)
            campaign = journey.said(message_id)
            if campaign is not None:
                self._contacts.made(journey, campaign, "screen")
            base = self._roster.base(journey.customer, journey.visit)
            shown = ContentShown(**base, decision=message_id, campaign=campaign)
            self._ledger.report("content.shown", shown, journey.customer)
            self._issue_coupon(journey, message_id)
            due_s = self._liaison.due_s(journey)
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
            startdate=proof.first_frame_at,
            spotlength=_milliseconds(proof.on_screen_s),
            ended=proof.ended,
            content_version=proof.content_version,
        )

    def _looped(self, played: LoopPlayed) -> ContentLooped:
        return ContentLooped(
            zone=self._config.zone,
            creativeid=played.picture,
            creativename=played.item,
            startdate=played.from_at,
            enddate=played.until_at,
            plays=played.plays,
            spotlength=_milliseconds(played.on_screen_s),
            content_version=played.content_version,
        )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
