// How does one message look? Its parts are replaced one by one, so that an edit moves nothing else.

import { fullDate, hour } from "./clock.js";
import { el, fill, icon, iconButton } from "./dom.js";
import { richText } from "./entities.js";
import { t } from "./i18n.js";
import { keyboard } from "./keyboard.js";
import { media } from "./media.js";
import { avatar, hueOf, nameOf, senderOf, snippet } from "./names.js";
import { reactionChips } from "./reactions.js";
import { serviceText } from "./service.js";

const PARTS = ["sender", "quote", "media", "text", "reactions"];

/** The node of one message; `update` brings it to a newer state of the message. */
export class Bubble {
  #signatures = {};

  constructor(store, on) {
    this.store = store;
    this.on = on;
    this.parts = Object.fromEntries(PARTS.map((name) => [name, el(`div.${name}`)]));
    this.meta = el("span.meta");
    this.body = el(
      "div.bubble",
      {},
      PARTS.map((name) => this.parts[name]),
    );
    this.keyboard = el("div.keyboard");
    this.side = el("div.side");
    this.tools = el("div.message-tools");
    this.node = el(
      "article.message",
      { tabindex: -1 },
      this.side,
      el("div.stack", {}, this.body, this.keyboard),
      this.tools,
    );
  }

  /** `place` says whether the message opens or ends a run of one sender's messages. */
  update(message, place) {
    const shown = [this.store.me, document.documentElement.lang, place.first, place.last, this.on.canPost()];
    if (message === this.message && shown.every((value, index) => value === this.shown[index])) return;
    Object.assign(this, { message, shown });
    const service = serviceText(message);
    this.mine = this.store.mine(message);
    this.named = !this.mine && message.chat.type !== "private";
    this.node.dataset.id = message.message_id;
    this.#classes(place, service);
    this.#part(
      "text",
      [message.text, message.caption, message.entities, message.caption_entities, service],
      () => this.#text(service),
    );
    if (!service) this.#conversation(message, place);
    this.node.setAttribute(
      "aria-label",
      `${nameOf(senderOf(message))}, ${hour(message.date)}: ${service ?? snippet(message)}`,
    );
  }

  #conversation(message, place) {
    const person = this.store.me;
    const language = document.documentElement.lang;
    this.#part("sender", [this.named && place.first, nameOf(senderOf(message))], () => this.#sender(place));
    this.#part("quote", [message.reply_to_message, language], () => this.#quote());
    const { photo, document: file, sticker, pending, failed } = message;
    this.#part("media", [photo, file, sticker, pending, failed, language], () => media(message));
    const votes = message.reactions ?? {};
    this.#part("reactions", [votes, person.id, language], () =>
      reactionChips(
        message,
        person,
        (id) => this.store.person(id),
        (emoji) => this.on.react(message, emoji),
      ),
    );
    this.#meta(message);
    this.#fill(this.keyboard, "keyboard", [message.reply_markup, person.id], () =>
      keyboard(message, person, this.on.link),
    );
    this.#fill(this.side, "side", [this.named && place.last, senderOf(message).id], () =>
      this.#avatar(place),
    );
    this.#fill(this.tools, "tools", [message.pending, message.failed, this.on.canPost(), language], () =>
      this.#tools(),
    );
  }

  #classes(place, service) {
    const { message, node } = this;
    const words = message.text ?? message.caption ?? "";
    const emojis = !message.entities && /^(\p{RGI_Emoji}\s?){1,3}$/v.test(words);
    const marks = {
      mine: this.mine && message.chat.type !== "channel",
      service,
      named: this.named,
      first: place.first,
      last: place.last,
      pending: message.pending,
      failed: message.failed,
      pictured: message.photo,
      bare: message.photo && !words,
      sticker: message.sticker || (emojis && !message.photo && !message.document),
    };
    for (const [mark, claim] of Object.entries(marks)) node.classList.toggle(`is-${mark}`, Boolean(claim));
  }

  #part(name, signature, build) {
    this.#fill(this.parts[name], name, signature, build);
  }

  #fill(parent, name, signature, build) {
    const now = JSON.stringify(signature);
    if (this.#signatures[name] === now) return;
    this.#signatures[name] = now;
    fill(parent, build());
    parent.hidden = !parent.hasChildNodes();
  }

  #text(service) {
    const { message, on } = this;
    if (service) return el("span", {}, service);
    const words = message.text ?? message.caption;
    if (words === undefined && !message.photo && !message.document && !message.sticker)
      return el("em", {}, t("unknown_message"));
    return (
      words &&
      el("div.words", { dir: "auto" }, richText(words, message.entities ?? message.caption_entities, on))
    );
  }

  // The time stands in the last line of the text where there is room, below the reactions where there are any.
  #meta(message) {
    const reacted = !this.parts.reactions.hidden;
    const { text } = this.parts;
    const home = reacted ? this.parts.reactions : (text.querySelector(".words") ?? this.body);
    if (this.meta.parentNode !== home) home.append(this.meta);
    const signature = [
      message.date,
      message.edit_date,
      message.pending,
      message.failed,
      document.documentElement.lang,
    ];
    this.#fill(this.meta, "meta", signature, () => [
      message.author_signature && el("span", {}, message.author_signature),
      message.edit_date && el("span.edited", { title: fullDate(message.edit_date) }, t("edited")),
      el(
        "time",
        { datetime: new Date(message.date * 1000).toISOString(), title: fullDate(message.date) },
        hour(message.date),
      ),
      this.mine && icon(message.failed ? "alert" : message.pending ? "clock" : "check"),
    ]);
  }

  #sender(place) {
    const peer = senderOf(this.message);
    return this.named && place.first && el(`span.hue-${hueOf(peer)}`, {}, nameOf(peer));
  }

  #avatar(place) {
    return this.named && place.last && avatar(senderOf(this.message));
  }

  #quote() {
    const quoted = this.message.reply_to_message;
    if (!quoted || quoted.forum_topic_created) return null;
    const peer = senderOf(quoted);
    const jump = () => this.on.jump(quoted.message_id);
    const text = el("span.quote-text", { dir: "auto" }, snippet(quoted));
    return el(
      `button.quoted.hue-${hueOf(peer)}`,
      { type: "button", onclick: jump },
      el("span.quote-name", {}, nameOf(peer)),
      text,
    );
  }

  #tools() {
    const { message, on } = this;
    if (message.failed) {
      return [
        iconButton("retry", t("retry"), () => on.retry(message)),
        iconButton("trash", t("discard"), () => on.discard(message)),
      ];
    }
    if (message.pending) return [];
    const more = (event) => on.menu(this.message, belowOf(event.currentTarget));
    const tools = [
      iconButton("smile", t("react"), (event) => on.pick(this.message, belowOf(event.currentTarget))),
      on.canPost() && iconButton("reply", t("reply"), () => on.reply(this.message)),
      iconButton("more", t("more"), more),
    ].filter(Boolean);
    for (const tool of tools) tool.tabIndex = -1; // by key the menu of the message has all of them
    return tools;
  }
}

function belowOf(node) {
  const { left, bottom } = node.getBoundingClientRect();
  return { x: left, y: bottom + 4 };
}
