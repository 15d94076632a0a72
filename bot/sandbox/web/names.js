// What is somebody called, and how does their avatar look?

import { el, icon } from "./dom.js";
import { t } from "./i18n.js";

const HUES = 7; // as many as theme.css has

/** The name of a User or a Chat. */
export function nameOf(peer) {
  if (!peer) return "";
  return peer.title ?? [peer.first_name, peer.last_name].filter(Boolean).join(" ");
}

/** Who a message is from: its sender, or the channel or group in whose name it was sent. */
export function senderOf(message) {
  return message.sender_chat ?? message.from ?? message.chat;
}

/** The number of the colour that somebody keeps everywhere. */
export function hueOf(peer) {
  return Math.abs(peer.id) % HUES;
}

/** A round picture: the logo for the bot, coloured initials for everybody else. */
export function avatar(peer) {
  if (peer.is_bot)
    return el("img.avatar", { src: "/web/icon.svg", alt: "", width: 42, height: 42, draggable: "false" });
  return el(`span.avatar.hue-${hueOf(peer)}`, { "aria-hidden": "true" }, initials(nameOf(peer)));
}

/** "Anna Karenina" is AK, "王小明" is 王. */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  if (!words.length) return "?";
  const first = (word) => [...word][0].toUpperCase();
  const ideographic = /\p{Script=Han}/u.test(words[0]);
  return ideographic || words.length === 1 ? first(words[0]) : first(words[0]) + first(words.at(-1));
}

/** One line that stands for a message in a list or a quote. */
export function snippet(message) {
  const text = (message.text ?? message.caption ?? "").replace(/\s+/g, " ").trim().slice(0, 140);
  if (message.photo) return text ? `🖼 ${text}` : `🖼 ${t("photo")}`;
  if (message.document) return `📎 ${message.document.file_name ?? t("document")}${text ? `, ${text}` : ""}`;
  if (message.sticker) return `${message.sticker.emoji ?? ""} ${t("sticker")}`.trim();
  return text || t("unknown_message");
}

/** The sign before the title of a group or a channel. */
export function kindIcon(chat) {
  if (chat.type === "private") return null;
  return icon(chat.type === "channel" ? "channel" : "group");
}
