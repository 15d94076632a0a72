// What happens in the open chat: writing, receiving, reading, jumping, following links?

import * as api from "./api.js";
import { Actions } from "./actions.js";
import { Composer } from "./composer.js";
import { fill } from "./dom.js";
import { emptyChat } from "./empty.js";
import { catchGestures } from "./gestures.js";
import { t } from "./i18n.js";
import { nameOf, senderOf, snippet } from "./names.js";
import { announce, complain, toast } from "./notices.js";
import { Outgoing } from "./outgoing.js";
import { Timeline } from "./timeline.js";

const find = (id) => document.getElementById(id);

/** The timeline and the composer of the chat that the store has open; `go(chat)` opens another one. */
export class Conversation {
  #arrived = new Set(); // ids of messages that came while the page was open: they slide in

  constructor(store, sync, { go, privateChat }) {
    Object.assign(this, { store, sync, go, privateChat });
    this.outgoing = new Outgoing({
      onChange: (key) => store.emit("thread", key),
      onSent: (key, pending, message) => this.#takeSent(pending, message),
      onRefused: complain,
    });
    this.composer = new Composer({
      send: (words) => this.send(words),
      edit: (message, text) => this.actions.edit(message, text),
      sticker: () => this.actions.sticker(),
      username: () => store.bot?.username,
      inline: (text) => this.actions.inline(text),
      choose: (result) => this.actions.choose(result),
      lastOwn: () => this.actions.editLast(),
    });
    this.actions = new Actions(store, this.composer);
    this.timeline = new Timeline(find("timeline"), store, this.#messageActions());
    catchGestures(this.timeline, {
      reply: (message) => !this.actions.closed && this.composer.reply(message),
      menu: (message, point) => this.actions.menu(message, point),
      leave: () => this.composer.field.focus(),
    });
    find("to-bottom").addEventListener("click", () => this.timeline.toBottom({ smooth: true }));
  }

  #messageActions() {
    const { actions, outgoing, sync, store } = this;
    return {
      canPost: () => !actions.closed,
      command: (text) => !actions.closed && this.send({ text }),
      mention: (text) => this.#mention(text),
      link: (href) => this.#openLink(href),
      reply: (message) => this.composer.reply(message),
      react: (message, emoji) => actions.react(message, emoji),
      menu: (message, point) => actions.menu(message, point),
      pick: (message, point) => actions.pick(message, point),
      jump: (id) => this.#jump(id),
      retry: (message) => outgoing.retry(message.message_id),
      discard: (message) => outgoing.discard(message.message_id),
      older: () => sync.loadOlder(store.openKey).catch(complain),
      scrolled: () => this.markRead(),
    };
  }

  /** Another chat, topic or person is open: show it from its newest message on. */
  enter() {
    const { openKey: key } = this.store;
    this.timeline.show(key);
    this.dress();
    this.render();
    this.loadCommands();
    if (!this.store.thread(key).loaded) this.sync.load(key).catch(complain);
  }

  /** The person, their rights or their language may be others now. */
  dress() {
    this.composer.enter(`${this.store.me.id}:${this.store.openKey}`, this.actions.closed);
  }

  render() {
    if (!this.store.openEntry) return;
    const key = this.store.openKey;
    const thread = this.store.thread(key);
    const messages = [...thread.messages, ...this.outgoing.pending(key, this.store.me.id)];
    this.timeline.render(messages, (id) => this.#arrived.has(id) || typeof id === "string");
    const empty = find("empty");
    empty.hidden = !thread.loaded || messages.length > 0;
    if (!empty.hidden)
      fill(
        empty,
        emptyChat(this.store, () => this.send({ text: "/start" })),
      );
    this.markRead();
  }

  /** What is seen at the bottom of a page that is looked at was read. */
  markRead() {
    const { store, timeline } = this;
    if (!store.open) return;
    if (timeline.atBottom && document.visibilityState === "visible") store.markRead(store.openKey);
    const unread = store.unread.get(store.openKey) ?? 0;
    const button = find("to-bottom");
    const badge = button.querySelector(".badge");
    button.hidden = timeline.atBottom;
    badge.hidden = !unread;
    badge.textContent = unread;
  }

  /** Write something, as the person who is played. */
  send({ text, reply, file, asPhoto }) {
    const { me, open, openEntry, openKey } = this.store;
    const values = { person: me.id, ...open, text, file, reply_to: reply?.message_id };
    if (asPhoto) values.as_photo = true;
    const shown = { from: me, chat: openEntry.chat, reply_to_message: reply, text };
    if (openEntry.chat.type === "channel") shown.sender_chat = openEntry.chat;
    if (file) {
      const document = { file_name: file.name, file_size: file.size };
      Object.assign(shown, { document, caption: text || undefined, text: undefined });
    }
    this.outgoing.add(openKey, values, shown);
    this.timeline.toBottom();
  }

  /** A new message came by the event stream. */
  receive(message) {
    const { store } = this;
    const key = store.keyOf(message);
    const mayBeMine = store.mine(message) || message.sender_chat;
    if (mayBeMine && this.outgoing.expects(key, store.me.id, message)) return;
    this.#arrived.add(message.message_id);
    const added = store.put(message);
    if (added && key === store.openKey) announce(`${nameOf(senderOf(message))}: ${snippet(message)}`);
  }

  #takeSent(pending, message) {
    this.timeline.rename(pending, message.message_id);
    this.store.put(message);
  }

  async loadCommands() {
    if (!this.store.openEntry) return;
    try {
      this.composer.commands.commands = await api.commands(this.store.me.id, this.store.open.chat);
    } catch (error) {
      complain(error);
    }
  }

  async #jump(id) {
    if (this.timeline.reveal(id)) return;
    const known = await this.sync.reach(this.store.openKey, id).catch(() => false);
    this.render();
    if (!known || !this.timeline.reveal(id)) toast(t("reply_gone"));
  }

  #mention(name) {
    if (name === `@${this.store.bot.username}`) this.go(this.privateChat());
    else this.composer.append(name);
  }

  // A link to the bot stays in the page, as it stays in Telegram.
  #openLink(href) {
    const { hostname, pathname, searchParams } = new URL(href);
    if (hostname !== "t.me" || pathname !== `/${this.store.bot.username}`) return false;
    if (searchParams.has("startgroup") || searchParams.has("startchannel")) {
      toast(t("already_added"));
      return true;
    }
    const start = searchParams.get("start");
    this.go(this.privateChat());
    if (start !== null) this.send({ text: `/start ${start}`.trim() });
    return true;
  }
}
