// Choose the departments of this tablet, once.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { isIdentifier } from "./memory.js";
import { text } from "./text.js";

export const spoken = (department) => {
  const words = department.replaceAll(/[-_.~]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export function Setup({ departments, lead, chosen, onDone }) {
  const [picked, setPicked] = useState(new Set(chosen));
  const toggle = (name) => {
    const next = new Set(picked);
    if (!next.delete(name)) next.add(name);
    setPicked(next);
  };
  const typed = (event) => setPicked(new Set(event.target.value.split(/[\s,]+/).filter(isIdentifier)));
  const submit = (event) => {
    event.preventDefault();
    if (picked.size) onDone([...picked]);
  };
  return html`<main class="setup">
    <h1>${text.setupTitle}</h1>
    <form onSubmit=${submit}>
      ${departments.length
        ? html`<div class="choices">${departments.map((name) => html`<label key=${name} class="choice">
            <input type="checkbox" checked=${picked.has(name)} onChange=${() => toggle(name)} />
            <span>${spoken(name)} ${name === lead && html`<small>${text.setupLead}</small>`}</span>
          </label>`)}</div>`
        : html`<label class="typed">${text.setupNone} <input type="text" onInput=${typed} /></label>`}
      <button class="primary" type="submit" disabled=${picked.size === 0}>${text.setupDone}</button>
    </form>
    <p class="hint">${text.setupHint}</p>
  </main>`;
}
