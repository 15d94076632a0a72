// What stands over the open chat: its name, who plays what role there, the topics of a forum?

import { actionText } from "./chats.js";
import { el, fill, icon } from "./dom.js";
import { t } from "./i18n.js";
import { avatar, nameOf } from "./names.js";
import { address } from "./place.js";
import { threadKey } from "./store.js";

const OUTSIDE = new Set(["left", "kicked"]);

/** The head of the open chat; while the bot does something there it says so. */
export function showHead(store, { personButton, back }) {
  const entry = store.openEntry;
  const head = document.getElementById("chat-head");
  if (!entry) return fill(head);
  const face = store.face(entry);
  const action = store.action(store.openKey);
  const doing =
    action && `${entry.private_with_bot ? "" : `${store.bot.first_name} `}${actionText(action.action)}`;
  return fill(
    head,
    el("a.tool.back", { href: back, "aria-label": t("back"), title: t("back") }, icon("back")),
    avatar(face),
    el(
      "div.head-words",
      {},
      el("h2", {}, nameOf(face)),
      el(`p${doing ? ".acting" : ""}`, {}, doing || describe(entry, store)),
    ),
    personButton,
  );
}

function describe({ chat, role, private_with_bot: isPrivate }, store) {
  if (isPrivate) return t("bot");
  const key = OUTSIDE.has(role) ? "role_left" : role === "restricted" ? "role_member" : `role_${role}`;
  const kind = t(chat.type === "channel" ? "channel" : "group");
  return `${kind} · ${t(key, { name: nameOf(store.me) })}`;
}

/** The topics of a forum, as tabs. */
export function showTopics(store) {
  const root = document.getElementById("topics");
  const topics = store.openEntry?.topics ?? [];
  root.hidden = topics.length === 0;
  fill(
    root,
    topics.map((topic) => tab(topic, store)),
  );
}

function tab({ message_thread_id: topic, name }, store) {
  const chat = store.open.chat;
  const key = threadKey(chat, topic);
  const unread = store.unread.get(key);
  const selected = String(key === store.openKey);
  const general = key === threadKey(chat) && name === "General";
  const attributes = {
    role: "tab",
    "aria-selected": selected,
    href: address({ as: store.me.id, chat, topic }),
  };
  return el(
    "a.topic",
    attributes,
    general ? t("general") : name,
    unread && el("span.badge", {}, String(unread)),
  );
}
