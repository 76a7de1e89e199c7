// After "Sold": the order number on the receipt, where the clerk has it. It never holds anybody up.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { isIdentifier } from "./memory.js";
import { text } from "./text.js";

const LEFT_ALONE_MS = 20000; // then the sale is noted without a number
const TYPING_MS = 60000; // somebody was called away while typing: what was not saved is not sent

/** What the unit takes as an order number: no blanks, and a digit, so that a name is never one. */
const orderNumber = (typed) => typed.replaceAll(/[\s#]+/g, "");
const isOrderNumber = (number) => isIdentifier(number) && /\d/.test(number);

export function Receipt({ stopped, onDone, onBack }) {
  const [typed, setTyped] = useState("");
  const form = useRef(null);
  const number = orderNumber(typed);
  const valid = isOrderNumber(number);
  const hint = number === "" ? text.receiptHint : valid ? "" : text.receiptOdd;

  useEffect(() => form.current.focus(), []); // not the field: a keyboard would cover the card
  useEffect(() => {
    if (stopped) return undefined;
    const timer = setTimeout(() => onDone({}), typed ? TYPING_MS : LEFT_ALONE_MS);
    return () => clearTimeout(timer);
  }, [typed, stopped]);

  const save = (event) => {
    event.preventDefault();
    if (!stopped && valid) onDone({ order_id: number });
  };
  return html`<form class="receipt" ref=${form} tabindex="-1" aria-label=${text.receipt} onSubmit=${save}>
    <p class="ask">${text.receipt}</p>
    <label>${text.receiptNumber}
      <input type="text" inputmode="text" autocomplete="off" autocapitalize="characters" spellcheck=${false} maxlength="80"
        disabled=${stopped} value=${typed} onInput=${(event) => setTyped(event.target.value)} />
    </label>
    <p class="hint" role="status">${hint}</p>
    <div class="row">
      <button class=${valid ? "primary" : ""} type="submit" disabled=${stopped || !valid}>${text.receiptSave}</button>
      <button class=${number ? "" : "primary"} type="button" disabled=${stopped} onClick=${() => onDone({})}>${text.receiptSkip}</button>
      <button type="button" disabled=${stopped} onClick=${onBack}>${text.receiptBack}</button>
    </div>
  </form>`;
}
