// The cards of this tablet, as pure functions: state and monotonic milliseconds in, state out.
// The highest revision counts, and an expired card is gone, whatever arrives.

export const ANSWER_MS = 4000; // a reply that changed nothing after so long is called unanswered
export const RECHECK_MS = 4000; // after a reconnection, cards that nobody confirms within this go
export const SNOOZE_MS = 120000;
const CARDS_MAX = 200; // more open cards than any department has

export const empty = () => ({ cards: new Map(), away: new Set() });

/** Take a card as it arrived. `sentAt` and the card's times are the unit's clock; only their difference counts. */
export function receive(state, card, sentAt, now) {
  const waitedMs = Date.parse(sentAt) - Date.parse(card.waiting_since);
  const leftMs = Date.parse(card.expires_at) - Date.parse(sentAt);
  const known = state.cards.get(card.card);
  if (!(leftMs > 0)) return forget(state, card.card);
  if (known && known.card.revision > card.revision) return state;
  if (!known && state.cards.size >= CARDS_MAX) return state;
  const same = known && known.card.revision === card.revision;
  return put(state, card.card, {
    card,
    until: now + leftMs,
    waitsFrom: waitedMs > 0 ? now - waitedMs : now,
    arrived: known ? known.arrived : now,
    snoozedUntil: known ? known.snoozedUntil : 0,
    hidden: same ? known.hidden : false,
    pending: same ? known.pending : null,
    problem: same ? known.problem : false,
    recheckBy: null,
  });
}

/** Note what the clerk said, until the unit answers. Some answers take the card off this tablet at once. */
export function replied(state, id, action, now) {
  const entry = state.cards.get(id);
  if (!entry) return state;
  if (action === "snooze") return put(state, id, { ...entry, snoozedUntil: now + SNOOZE_MS });
  if (action === "decline" || action === "hand_over") return put(state, id, { ...entry, hidden: true });
  return put(state, id, { ...entry, pending: { action, by: now + ANSWER_MS }, problem: false });
}

/** Something may have been missed: cards that are not sent again soon will go. Without `unit`: all cards. */
export function recheck(state, now, unit) {
  const cards = new Map(state.cards);
  for (const [id, entry] of cards) {
    if (!unit || entry.card.unit === unit) cards.set(id, { ...entry, recheckBy: now + RECHECK_MS });
  }
  return { ...state, cards };
}

/** A unit came or went. */
export function unitSeen(state, unit, online, now) {
  const away = new Set(state.away);
  if (!online) away.add(unit);
  else if (away.delete(unit)) return recheck({ ...state, away }, now, unit);
  return { ...state, away };
}

/** Let time pass. Returns the same state where nothing is due. */
export function tick(state, now) {
  let changed = false;
  const cards = new Map();
  for (const [id, entry] of state.cards) {
    const unconfirmed = entry.recheckBy !== null && entry.recheckBy <= now && !state.away.has(entry.card.unit);
    if (entry.until <= now || unconfirmed) changed = true;
    else if (entry.pending && entry.pending.by <= now) {
      cards.set(id, { ...entry, pending: null, problem: true });
      changed = true;
    } else cards.set(id, entry);
  }
  return changed ? { ...state, cards } : state;
}

/** What is shown, in order: mine, what has escalated (longest waiting first), obligations, opportunities (newest
 *  first), and what others have taken. */
export function visible(state, tablet, now) {
  const mine = [], open = [], taken = [];
  for (const entry of state.cards.values()) {
    if (entry.hidden) continue;
    if (entry.card.state === "taken") (entry.card.holder === tablet ? mine : taken).push(entry);
    else if (entry.card.state === "open" && entry.snoozedUntil <= now) open.push(entry);
  }
  const urgency = ({ card }) => (card.escalated === true ? 0 : card.kind === "obligation" ? 1 : 2);
  const oldestFirst = (a, b) => a.waitsFrom - b.waitsFrom;
  const newestFirst = (a, b) => b.arrived - a.arrived;
  open.sort((a, b) => urgency(a) - urgency(b) || (urgency(a) === 0 ? oldestFirst(a, b) : newestFirst(a, b)));
  return { mine, open, taken };
}

/** Whether a message looks like a card: what is wrong is dropped, so that nothing later can trip over it. */
export function isCard(data) {
  const strings = ["card", "unit", "state", "kind", "department", "zone", "expires_at"];
  return (
    data !== null && typeof data === "object" &&
    strings.every((name) => typeof data[name] === "string") &&
    Number.isInteger(data.revision) &&
    Array.isArray(data.facts ?? []) && (data.facts ?? []).every((fact) => typeof fact === "string")
  );
}

const put = (state, id, entry) => ({ ...state, cards: new Map(state.cards).set(id, entry) });

function forget(state, id) {
  const cards = new Map(state.cards);
  return cards.delete(id) ? { ...state, cards } : state;
}
