// How is something said beside the conversation: a short notice, an alert to close, a word to screen readers?

import { el, fill } from "./dom.js";
import { PHRASES, t } from "./i18n.js";

const SHORTEST = 2_500; // ms
const PER_CHARACTER = 45; // ms
const SHOWN_AT_ONCE = 3;

/** Show a notice over the chat for as long as it takes to read it. */
export function toast(text) {
  const toasts = document.getElementById("toasts");
  const node = el("div.toast", {}, text);
  toasts.append(node);
  while (toasts.children.length > SHOWN_AT_ONCE) toasts.firstElementChild.remove();
  setTimeout(() => node.remove(), SHORTEST + PER_CHARACTER * text.length);
}

/** Show a notice that must be closed. */
export function alertBox(text) {
  const dialog = document.getElementById("alert");
  const close = el("button.primary", { type: "button", onclick: () => dialog.close() }, "OK");
  fill(dialog, el("p", { dir: "auto" }, text), close);
  dialog.setAttribute("aria-label", text);
  if (!dialog.open) dialog.showModal();
  close.focus();
}

/** Say a new message to people who cannot see it. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Say why a request failed. */
export function complain(error) {
  const refused = `refused_${error.code}`;
  toast(t(error.status === 0 ? "offline" : refused in PHRASES ? refused : "refused"));
}
