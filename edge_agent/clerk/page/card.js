// One card. It must help within five seconds: who, what, what to say, one big button.
import { useEffect, useRef, useState } from "preact/hooks";
import { BadgeMark } from "./badge.js";
import { html } from "./html.js";
import { Receipt } from "./receipt.js";
import { spoken } from "./setup.js";
import { text } from "./text.js";

const MINUTE_MS = 60000;
const CONFIRM_MS = 5000;
const OUTCOMES = {
  obligation: ["resolved", "helped"],
  opportunity: ["sold", "interested", "helped", "not_interested"],
};

export function Card({ entry, now, mine, leads, several, blocked, departments, onReply }) {
  const { card, pending, problem } = entry;
  const stopped = blocked || pending !== null;
  const say = (action, more) => onReply(card, { action, ...more });
  const label = `card-${card.card}`;
  const waits = card.escalated && !mine;
  const article = useRef(null);
  useEffect(() => mine && article.current.scrollIntoView({ block: "start" }), [mine]); // it moves to the top of the page
  const whose = several || leads ? text.forDepartment(spoken(card.department)) : "";
  return html`<article class=${`card ${card.kind} ${mine ? "mine" : ""}`} ref=${article} aria-labelledby=${label} data-card=${card.card}>
    ${waits && html`<p class=${`waits ${leads ? "lead" : ""}`}>${(leads ? text.escalated : text.escalatedHere)(minutes(now - entry.waitsFrom))}</p>`}
    <header>
      <${BadgeMark} card=${card} />
      <div class="who">
        <p class="badge">${card.badge || card.zone}</p>
        <p class="zone">${[card.badge && text.at(card.zone), whose].filter(Boolean).join(", ")}</p>
      </div>
      <div class="status">
        <p class="kind">${mine ? text.yours : text.kind[card.kind] ?? ""}</p>
        ${!waits && html`<p class="left">${timeLeft(entry.until - now)}</p>`}
      </div>
    </header>
    <h2 id=${label} lang=${card.language}>${card.title}</h2>
    <ul class="facts" lang=${card.language}>${(card.facts ?? []).slice(0, 3).map((fact) => html`<li key=${fact}>${fact}</li>`)}</ul>
    ${card.opening && html`<p class="opening"><span>${text.opening}</span><q lang=${card.language}>${card.opening}</q></p>`}
    ${card.why && html`<p class="why"><span>${text.why}</span> <bdi lang=${card.language}>${card.why}</bdi></p>`}
    ${problem && html`<p class="problem" role="alert">${text.noAnswer}</p>`}
    ${blocked === "unit" && html`<p class="problem">${text.unitOffline(card.zone)}</p>`}
    ${mine
      ? html`<${Closing} ...${{ card, stopped, departments, say }} />`
      : html`<${Opening} ...${{ card, stopped, departments, say, waiting: pending !== null }} />`}
  </article>`;
}

function Opening({ card, stopped, departments, say, waiting }) {
  return html`<button class="primary claim" disabled=${stopped} aria-describedby=${`card-${card.card}`} onClick=${() => say("claim")}>
      ${waiting ? text.waiting : html`${text.claim} <small>${text.claimHint}</small>`}
    </button>
    <div class="row">
      <button disabled=${stopped} onClick=${() => say("snooze")}>${text.snooze}</button>
      ${card.kind === "obligation"
        ? html`<${HandOver} ...${{ card, stopped, departments, say }} />`
        : html`<button disabled=${stopped} onClick=${() => say("decline")}>${text.decline}</button>`}
    </div>`;
}

function Closing({ card, stopped, departments, say }) {
  const [sold, setSold] = useState(false);
  const done = (outcome, more) => say("done", { outcome, ...more });
  if (sold) return html`<${Receipt} stopped=${stopped} onDone=${(more) => done("sold", more)} onBack=${() => setSold(false)} />`;
  const outcomes = OUTCOMES[card.kind] ?? OUTCOMES.opportunity;
  return html`<fieldset class="outcomes">
      <legend>${text.outcomes}</legend>
      ${outcomes.map((outcome) => html`<button key=${outcome} class="primary" disabled=${stopped}
        onClick=${() => (outcome === "sold" ? setSold(true) : done(outcome))}>${text.outcome[outcome]}</button>`)}
    </fieldset>
    <div class="row">
      <button disabled=${stopped} onClick=${() => say("not_here")}>${text.notHere}</button>
      <button disabled=${stopped} onClick=${() => say("release")}>${text.release}</button>
    </div>
    <details>
      <summary>${text.more}</summary>
      <div class="row">
        <button disabled=${stopped} onClick=${() => say("pause_today")}>${text.pauseToday}</button>
        <${Twice} stopped=${stopped} first=${text.optedOut} second=${text.optedOutConfirm} onSure=${() => say("opted_out")} />
        <${HandOver} ...${{ card, stopped, departments, say }} />
      </div>
    </details>`;
}

function HandOver({ card, stopped, departments, say }) {
  const others = departments.filter((name) => name !== card.department);
  if (!others.length) return null;
  const choose = (event) => event.target.value && say("hand_over", { department: event.target.value });
  return html`<select aria-label=${text.handOver} disabled=${stopped} value="" onChange=${choose}>
    <option value="">${text.handOver}</option>
    ${others.map((name) => html`<option key=${name} value=${name}>${spoken(name)}</option>`)}
  </select>`;
}

/** A button for what cannot be undone: it asks once more. */
function Twice({ stopped, first, second, onSure }) {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(() => setAsked(false), CONFIRM_MS);
    return () => clearTimeout(timer);
  }, [asked]);
  return html`<button class=${asked ? "sure" : ""} disabled=${stopped}
    onClick=${() => (asked ? onSure() : setAsked(true))}>${asked ? second : first}</button>`;
}

export function TakenCard({ entry }) {
  const { card } = entry;
  return html`<li class="taken" data-card=${card.card}>
    <${BadgeMark} card=${card} />
    <span class="badge">${card.badge || card.zone}</span>
    <span class="title">${card.title}</span>
    <span class="note"><b>${text.taken}</b>, ${text.takenHint}</span>
  </li>`;
}

const minutes = (waitedMs) => Math.max(1, Math.round(waitedMs / MINUTE_MS));
const timeLeft = (leftMs) => (leftMs < MINUTE_MS ? text.lastMinute : text.minutesLeft(Math.round(leftMs / MINUTE_MS)));
