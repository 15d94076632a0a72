// How are reactions shown, added and taken back?

import { el } from "./dom.js";
import { t } from "./i18n.js";

// Of Telegram's fixed list: the first row of a phone, and the three that the bot itself sets.
export const EMOJI = ["👍", "👎", "❤", "🔥", "🎉", "😁", "😐", "😢", "🤔", "👏"];

/** The chips below a text; `who` gives a person by id. */
export function reactionChips(message, me, who, toggle) {
  return Object.entries(message.reactions ?? {})
    .filter(([, people]) => people.length)
    .map(([emoji, people]) => chip(emoji, people, people.includes(me.id), who, toggle));
}

function chip(emoji, people, mine, who, toggle) {
  const names = people.map((id) => who(id)?.first_name ?? "?").join(", ");
  const label = `${t("reaction", { emoji })}: ${names}`;
  const attributes = { type: "button", "aria-pressed": String(mine), "aria-label": label, title: names };
  const onclick = () => toggle(mine ? null : emoji);
  return el(
    "button.reaction",
    { ...attributes, onclick },
    el("span.emoji", {}, emoji),
    el("span.count", {}, String(people.length)),
  );
}

/** The row to choose from; the one that stands already is marked, and choosing it takes it back. */
export function reactionPicker(current, choose) {
  return el(
    "div.picker",
    { role: "group", "aria-label": t("react") },
    EMOJI.map((emoji) => {
      const chosen = emoji === current;
      const label = t("reaction", { emoji });
      const onclick = () => choose(chosen ? null : emoji);
      return el(
        "button.picker-emoji",
        { type: "button", "aria-pressed": String(chosen), "aria-label": label, onclick },
        emoji,
      );
    }),
  );
}

/** The emoji that a person has put on a message. */
export function reactionOf(message, person) {
  return (
    Object.entries(message.reactions ?? {}).find(([, people]) => people.includes(person.id))?.[0] ?? null
  );
}
