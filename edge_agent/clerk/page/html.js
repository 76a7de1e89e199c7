// htm bound to preact: templates that never need innerHTML, so card texts are always text.
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
