// Which chats are there, and what was said last in each?

import { shortDate } from "./clock.js";
import { arrange, el, fill } from "./dom.js";
import { t } from "./i18n.js";
import { avatar, kindIcon, nameOf, senderOf, snippet } from "./names.js";
import { address } from "./place.js";
import { serviceText } from "./service.js";
import { threadKey } from "./store.js";

const items = new Map(); // chat id -> its node, kept so that the focus stays

/** Show the list; each chat is a link to its place. */
export function showChats(store) {
  const nodes = store.chats.map((entry) => {
    const { id } = entry.chat;
    if (!items.has(id)) items.set(id, el("li"));
    renderChat(items.get(id), entry, store);
    return items.get(id);
  });
  arrange(document.getElementById("chats"), nodes);
}

function renderChat(node, entry, store) {
  const { chat, last } = entry;
  const link = node.firstElementChild ?? node.appendChild(el("a.chat-item"));
  const face = store.face(entry);
  const unread = store.unreadOf(chat.id);
  link.href = address({ as: store.me.id, chat: chat.id });
  if (store.open?.chat === chat.id) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  fill(
    link,
    avatar(face),
    el("span.chat-title", {}, kindIcon(chat), el("span", {}, nameOf(face))),
    last && el("time.chat-time", {}, shortDate(last.date)),
    el("span.chat-last", {}, preview(entry, store)),
    unread > 0 && el("span.badge", { "aria-label": t("unread", { count: unread }) }, String(unread)),
  );
}

function preview(entry, store) {
  const action = actionIn(entry, store);
  if (action) return el("span.acting", {}, actionText(action.action));
  const { last, chat } = entry;
  if (!last) return t("no_messages");
  const service = serviceText(last);
  if (service) return service;
  const said = snippet(last);
  if (store.mine(last)) return [el("span.chat-sender", {}, `${t("you")}: `), said];
  if (chat.type === "supergroup" || chat.type === "group")
    return [el("span.chat-sender", {}, `${nameOf(senderOf(last))}: `), said];
  return said;
}

function actionIn(entry, store) {
  const topics = entry.topics?.length ? entry.topics.map((topic) => topic.message_thread_id) : [null];
  return topics.map((topic) => store.action(threadKey(entry.chat.id, topic))).find(Boolean);
}

/** What the bot is doing, in words. */
export function actionText(action) {
  if (action.includes("photo")) return t("sent_photo");
  if (action.includes("document")) return t("sent_document");
  if (action.includes("record")) return t("recording");
  return t("typing");
}
