// How does an inline keyboard look, and what happens when one of its buttons is pressed?

import * as api from "./api.js";
import { copyText } from "./clipboard.js";
import { el, icon } from "./dom.js";
import { link } from "./entities.js";
import { t } from "./i18n.js";
import { alertBox, complain, toast } from "./notices.js";

const PATIENCE = 12_000; // ms; Telegram gives a bot about 10 s to answer a press

const waiting = new Map(); // button -> {id, timer} of a press without an answer yet
const answered = new Set(); // ids of presses whose answer overtook the answer to the press itself

/** The rows of a message's keyboard. */
export function keyboard(message, person, openLink) {
  const rows = message.reply_markup?.inline_keyboard ?? [];
  return rows.map((row) =>
    el(
      "div.keyboard-row",
      {},
      row.map((button) => key(button, message, person, openLink)),
    ),
  );
}

function key(button, message, person, openLink) {
  const label = el("span.key-text", {}, button.text);
  if (button.url) {
    const node = link(button.url, [label, icon("link")], { link: openLink });
    node.classList.add("key");
    return node;
  }
  const mark = button.copy_text ? icon("copy") : null;
  const node = el("button.key", { type: "button", "data-style": button.style }, label, mark);
  node.addEventListener("click", () => act(button, message, person, node));
  return node;
}

async function act(button, message, person, node) {
  if (button.copy_text) {
    await copyText(button.copy_text.text);
    toast(t("copied"));
  } else if (button.callback_data !== undefined) await press(button.callback_data, message, person, node);
  else toast(t("not_available"));
}

async function press(data, message, person, button) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const timer = setTimeout(() => giveUp(button), PATIENCE);
  const place = { person: person.id, chat: message.chat.id, message_id: message.message_id };
  waiting.set(button, { timer });
  try {
    const { callback_query_id: id } = await api.press({ ...place, data });
    if (answered.delete(id)) release(button);
    else if (waiting.has(button)) waiting.get(button).id = id;
  } catch (error) {
    release(button);
    complain(error);
  }
}

/** The bot answered a press: stop its spinner and show what it says. */
export function takeAnswer({ callback_query_id: id, text, show_alert: asAlert, url }) {
  const held = [...waiting].find(([, press]) => press.id === id);
  if (held) release(held[0]);
  else answered.add(id);
  if (url && /^https?:/i.test(url)) open(url, "_blank", "noopener");
  if (text) (asAlert ? alertBox : toast)(text);
}

function giveUp(button) {
  release(button);
  toast(t("bot_silent"));
}

function release(button) {
  clearTimeout(waiting.get(button)?.timer);
  waiting.delete(button);
  button.removeAttribute("aria-busy");
}
