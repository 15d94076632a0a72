// Which chats does the bot serve?

import { el } from "./dom.js";
import { number } from "./figures.js";
import { t, word } from "./i18n.js";
import { card, empty, field, table } from "./parts.js";
import { view } from "./view.js";

let wanted = "";

/** The view of chats; `openMood` shows the mood of one. */
export function chatsView(openMood) {
  const columns = () => [
    [t("chat"), (chat) => String(chat.id)],
    [t("kind"), (chat) => (chat.kind ? word("kind", chat.kind) : null)],
    [t("messages_week"), (chat) => number(chat.messages), "number"],
    [t("mood"), (chat) => (chat.messages ? moodButton(chat, openMood) : null)],
    [t("models"), (chat) => number(chat.models), "number"],
    [t("jobs"), (chat) => number(chat.trainings), "number"],
    [t("tagging"), (chat) => word("tagging", chat.tagging)],
  ];
  return view(
    "chats",
    () => `chats?${new URLSearchParams({ id: wanted })}`,
    (list, again) => [
      search(again),
      card(
        t("known_chats", { count: list.known, shown: number(list.chats.length) }),
        list.chats.length ? table(t("chats"), columns(), list.chats) : empty(t("no_chats")),
      ),
    ],
  );
}

function moodButton(chat, openMood) {
  const label = t("mood_of", { chat: chat.id });
  return el(
    "button.plain",
    { type: "button", "aria-label": label, onclick: () => openMood(chat.id) },
    t("show"),
  );
}

function search(again) {
  const input = el("input", { id: "chat-id", inputmode: "numeric", autocomplete: "off", value: wanted });
  const onsubmit = (event) => {
    event.preventDefault();
    wanted = input.value.trim();
    again();
  };
  return el(
    "form.row",
    { role: "search", onsubmit },
    field(t("id_begins"), input),
    el("button.second", {}, t("find")),
  );
}
