// What can a person do with a message of the open chat?

import * as api from "./api.js";
import { copyText } from "./clipboard.js";
import { t } from "./i18n.js";
import { closeMenu, menuItems, openMenu } from "./menu.js";
import { complain, toast } from "./notices.js";
import { reactionOf, reactionPicker } from "./reactions.js";

const ADMINS = new Set(["creator", "administrator"]);
const OUTSIDE = new Set(["left", "kicked"]);

/** The requests behind menus, chips and buttons. */
export class Actions {
  constructor(store, composer) {
    Object.assign(this, { store, composer });
  }

  /** Why nothing can be written in the open chat, "" where it can. */
  get closed() {
    const { chat, role } = this.store.openEntry ?? { chat: {} };
    if (OUTSIDE.has(role)) return t("not_member");
    return chat.type === "channel" && !ADMINS.has(role) ? t("cannot_post") : "";
  }

  menu(message, point) {
    const writable = !this.closed;
    const words = message.text ?? message.caption;
    openMenu(
      point,
      this.#picker(message),
      menuItems([
        ["reply", t("reply"), writable && (() => this.composer.reply(message))],
        ["copy", t("copy"), words && (() => copyText(words).then(() => toast(t("copied"))))],
        ["edit", t("edit"), words && writable && this.#owns(message) && (() => this.composer.edit(message))],
        ["trash", t("delete"), this.#mayDelete(message) && (() => this.#remove(message)), "danger"],
      ]),
    );
  }

  pick(message, point) {
    openMenu(point, this.#picker(message));
  }

  async react(message, emoji) {
    await this.#try(api.react({ ...this.#of(message), emoji }));
  }

  async edit(message, text) {
    const known = message.text ?? message.caption;
    if (text !== known) await this.#try(api.edit({ ...this.#of(message), text }));
  }

  async sticker() {
    const { chat, topic } = this.store.open;
    await this.#try(api.sticker({ person: this.store.me.id, chat, topic }));
  }

  /** Ask the bot for results of `@bot text`; nothing where it does not answer. */
  inline(text) {
    return api.inline({ person: this.store.me.id, text }).catch(() => undefined);
  }

  async choose(result) {
    await this.#try(api.choose({ person: this.store.me.id, chat: this.store.open.chat, result }));
  }

  /** Edit the newest text of one's own, as ArrowUp in an empty field does. */
  editLast() {
    const { messages } = this.store.thread(this.store.openKey);
    const last = messages.findLast(
      (message) => this.store.mine(message) && (message.text ?? message.caption),
    );
    if (last) this.composer.edit(last);
  }

  #picker(message) {
    return reactionPicker(reactionOf(message, this.store.me), (emoji) => {
      closeMenu();
      this.react(message, emoji);
    });
  }

  // In a channel every post is the channel's: whose it is only the sandbox knows, and it refuses what is wrong.
  #owns(message) {
    return (
      this.store.mine(message) || (message.chat.type === "channel" && ADMINS.has(this.store.openEntry.role))
    );
  }

  #mayDelete(message) {
    const { role, private_with_bot: isPrivate } = this.store.openEntry;
    return this.#owns(message) || isPrivate || ADMINS.has(role);
  }

  #remove(message) {
    return this.#try(api.remove(this.#of(message)));
  }

  #of(message) {
    return { person: this.store.me.id, chat: message.chat.id, message_id: message.message_id };
  }

  async #try(request) {
    try {
      await request;
    } catch (error) {
      complain(error);
    }
  }
}
