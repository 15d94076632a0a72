// What does a chat without messages show? The private one introduces the bot and offers to start it.

import { el } from "./dom.js";
import { t } from "./i18n.js";
import { avatar } from "./names.js";

export function emptyChat(store, start) {
  if (!store.openEntry.private_with_bot) return el("p.empty-note", {}, t("no_messages"));
  return el(
    "section.intro",
    {},
    avatar(store.bot),
    el("h2", {}, t("intro_title")),
    el("p", {}, t("intro_text")),
    el("button.primary.start", { type: "button", onclick: start }, t("start")),
  );
}
