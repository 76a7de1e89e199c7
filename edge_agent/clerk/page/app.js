// The clerk's page: setup once, then the open cards of the departments.
import { render } from "preact";
import { useCallback, useEffect, useReducer, useRef, useState } from "preact/hooks";
import { Card, TakenCard } from "./card.js";
import { html } from "./html.js";
import { connect } from "./link.js";
import { chosenDepartments, keepDepartments, keepSound, soundWanted, tabletName } from "./memory.js";
import * as model from "./model.js";
import { Setup, spoken } from "./setup.js";
import { allowSound, chime } from "./sound.js";
import { text } from "./text.js";

const SETUP_RETRY_MS = 2000;
const TICK_MS = 1000;
const NEWS_MS = 3000;
const now = () => performance.now();

function change(state, step) {
  return step(state);
}

function App() {
  const [store, setStore] = useState(null);
  const [chosen, setChosen] = useState(chosenDepartments());
  const [choosing, setChoosing] = useState(chosen.length === 0);
  const tablet = useRef(tabletName()).current;

  useEffect(() => {
    let timer;
    const ask = async () => {
      try {
        const answer = await fetch("setup.json");
        if (!answer.ok) throw new Error("not yet");
        setStore(await answer.json());
      } catch {
        timer = setTimeout(ask, SETUP_RETRY_MS);
      }
    };
    ask();
    return () => clearTimeout(timer);
  }, []);

  if (store === null) return html`<main class="setup"><p role="status">${text.setupFailed}</p></main>`;
  if (choosing) {
    const done = (names) => {
      keepDepartments(names);
      setChosen(names);
      setChoosing(false);
    };
    return html`<${Setup} departments=${store.departments} lead=${store.lead} chosen=${chosen} onDone=${done} />`;
  }
  return html`<${Desk} key=${chosen.join()} store=${store} tablet=${tablet} chosen=${chosen} onChange=${() => setChoosing(true)} />`;
}

function Desk({ store, tablet, chosen, onChange }) {
  const [state, step] = useReducer(change, null, model.empty);
  const [online, setOnline] = useState(null);
  const [, wake] = useReducer((count) => count + 1, 0);
  const [news, setNews] = useState("");
  const [sound, setSound] = useState(soundWanted());
  const link = useRef(null);
  const known = useRef(new Set());
  const leads = chosen.includes(store.lead);

  useEffect(() => {
    const message = (kind, name, event) => {
      if (kind === "unit") step((old) => model.unitSeen(old, name, event.data.online === true, now()));
      if (kind !== "card" || !model.isCard(event.data)) return;
      step((old) => model.receive(old, event.data, event.time, now()));
    };
    const changed = (connected) => {
      setOnline(connected);
      if (connected) step((old) => model.recheck(old, now()));
    };
    link.current = connect({ store: store.store, tablet, departments: chosen }, { online: changed, message });
    const timer = setInterval(() => {
      step((old) => model.tick(old, now()));
      wake();
    }, TICK_MS);
    const woken = () => document.visibilityState === "visible" && link.current.hello(); // it may have slept
    document.addEventListener("visibilitychange", woken);
    return () => {
      document.removeEventListener("visibilitychange", woken);
      clearInterval(timer);
      link.current.end();
    };
  }, []);

  useEffect(() => {
    const name = ({ card }) => (leads && card.escalated ? `${card.card} escalated` : card.card); // news for a lead
    const entries = [...state.cards.values()];
    const fresh = entries.filter((entry) => entry.card.state === "open" && !known.current.has(name(entry)));
    known.current = new Set(entries.map(name));
    if (!fresh.length) return;
    setNews(text.newCard(fresh.at(-1).card));
    chime();
  }, [state]);

  useEffect(() => {
    const timer = setTimeout(() => setNews(""), NEWS_MS); // what was read aloud does not outlive its card
    return () => clearTimeout(timer);
  }, [news]);

  const reply = useCallback((card, answer) => {
    link.current.reply(card.unit, { card: card.card, ...answer });
    step((old) => model.replied(old, card.card, answer.action, now()));
  }, []);

  const toggleSound = () => {
    if (!sound) allowSound();
    keepSound(!sound);
    setSound(!sound);
  };

  const { mine, open, taken } = model.visible(state, tablet, now());
  const show = (entry, isMine) => html`<${Card} key=${entry.card.card} entry=${entry} now=${now()} mine=${isMine}
    leads=${leads} several=${chosen.length > 1}
    blocked=${online ? (state.away.has(entry.card.unit) ? "unit" : "") : "offline"}
    departments=${store.departments} onReply=${reply} />`;
  return html`
    <header class="bar">
      <h1>${chosen.map(spoken).join(" · ")}</h1>
      <p class=${`link ${online ? "on" : "off"}`}>${online ? text.online : text.connecting}</p>
      <button aria-pressed=${sound} onClick=${toggleSound}>${sound ? text.soundOn : text.soundOff}</button>
      <button onClick=${onChange}>${text.change}</button>
    </header>
    ${online === false && html`<p class="offline" role="alert">${text.offline}</p>`}
    <p class="spoken" aria-live="polite">${news}</p>
    <main class="desk">
      ${mine.map((entry) => show(entry, true))}
      ${open.map((entry) => show(entry, false))}
      ${online && !mine.length && !open.length && html`<div class="quiet"><p>${text.quiet}</p><p class="hint">${text.quietHint}</p></div>`}
    </main>
    ${taken.length > 0 && html`<ul class="takens">${taken.map((entry) => html`<${TakenCard} key=${entry.card.card} entry=${entry} />`)}</ul>`}`;
}

addEventListener("pointerdown", () => soundWanted() && allowSound(), { once: true });
render(html`<${App} />`, document.getElementById("app"));
