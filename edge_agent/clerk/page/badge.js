// The customer's badge as the screen draws it: colour and shape, always together with its name.
import { html } from "./html.js";

const SHAPES = {
  diamond: "M50 4 96 50 50 96 4 50Z",
  circle: "M50 5a45 45 0 1 0 .01 0Z",
  triangle: "M50 7 96 91H4Z",
  square: "M9 9H91V91H9Z",
  star: "M50 4 61.8 37.6 97.6 38.5 69 60.2 79.4 94.5 50 74 20.6 94.5 31 60.2 2.4 38.5 38.2 37.6Z",
  hexagon: "M50 4 92 27V73L50 96 8 73V27Z",
  heart: "M50 92C20 68 4 52 4 32A23 23 0 0 1 50 24 23 23 0 0 1 96 32C96 52 80 68 50 92Z",
  cross: "M34 5H66V34H95V66H66V95H34V66H5V34H34Z",
};
const COLOURS = {
  blue: "#1f6feb", orange: "#f08a00", green: "#1a9a4b", pink: "#ff7eb6",
  yellow: "#ffd60a", violet: "#8250df", red: "#d92d20", white: "#ffffff",
};

const word = (words, table) => words.toLowerCase().split(/\s+/).find((each) => Object.hasOwn(table, each));

export function BadgeMark({ card }) {
  const known = (value, table) => (Object.hasOwn(table, value ?? "") ? value : undefined);
  const shape = known(card.badge_shape, SHAPES) ?? word(card.badge ?? "", SHAPES);
  const colour = known(card.badge_colour, COLOURS) ?? word(card.badge ?? "", COLOURS);
  if (!shape || !colour) return null;
  return html`<svg class="mark" viewBox="-4 -4 108 108" aria-hidden="true">
    <path d=${SHAPES[shape]} fill=${COLOURS[colour]} />
  </svg>`;
}
