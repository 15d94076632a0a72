// How does the store stay equal to the server, over pages that load, events that come and connections that break?

import * as api from "./api.js";
import { EventStream } from "./events.js";
import { threadKey } from "./store.js";

const PAGE = 50; // messages
const JUMP_PAGES = 20; // how far a jump to a quoted message looks back

/** Feeds the store; `on.state(state)`, `on.answer(answer)`, `on.live(message)` and `on.commands()` hear the rest. */
export class Sync {
  #loads = 0;
  #held = []; // events that came while a page was on its way: applied after it, since they are newer
  #older = new Set();

  constructor(store, on) {
    this.store = store;
    this.on = on;
    this.stream = new EventStream({
      onEvent: (kind, data) => this.#take(kind, data),
      onState: (state) => this.#stateChanged(state),
    });
  }

  /** Whether what the store tells now is a page that was loaded and nothing that just happened. */
  get loading() {
    return this.#loads > 0;
  }

  /** Play a person, the first of all where none is named. */
  async become(person) {
    const state = await api.state(person);
    this.#held = [];
    this.store.enter(state);
    this.stream.open(state.me.id);
  }

  /** Load the newest page of a thread. */
  async load(key) {
    await this.#whole(async () => {
      const messages = await this.#page(key, {});
      this.store.thread(key).takeNewest(messages, PAGE);
    });
    this.store.emit("thread", key);
  }

  /** Load the page before the oldest known message, once at a time; false where there is none. */
  async loadOlder(key) {
    const thread = this.store.thread(key);
    if (!thread.loaded || thread.complete || this.#older.has(key)) return false;
    this.#older.add(key);
    try {
      await this.#whole(async () => {
        thread.takeOlder(await this.#page(key, { before: thread.messages[0]?.message_id }), PAGE);
        this.store.emit("thread", key);
      });
    } finally {
      this.#older.delete(key);
    }
    return true;
  }

  /** Load older pages until a message is known; false where it is gone. */
  async reach(key, id) {
    for (let page = 0; page < JUMP_PAGES && !this.store.thread(key).find(id); page += 1) {
      if (!(await this.loadOlder(key))) break;
    }
    return Boolean(this.store.thread(key).find(id));
  }

  async #page(key, range) {
    const person = this.store.me.id;
    const [chat, topic] = key.split("/");
    const general = this.store.chat(Number(chat))?.topics?.length ? 1 : null;
    const messages = await api.messages({ person, chat, topic: topic ?? general, limit: PAGE, ...range });
    if (this.store.me.id !== person) throw new DOMException("another person is played now", "AbortError");
    return messages;
  }

  async #stateChanged(state) {
    if (state !== "online") return this.on.state(state);
    try {
      await this.refresh();
      this.on.state("online");
    } catch (error) {
      if (error.name !== "AbortError") this.stream.restart();
    }
    return undefined;
  }

  /** Bring everything up to date: the chats, the open thread, and those where something was missed. */
  async refresh() {
    await this.#whole(async () => {
      this.store.enter(await api.state(this.store.me.id));
      const stale = new Set(this.store.chats.filter((entry) => this.#stale(entry)).flatMap(threadsOf));
      if (this.store.openEntry) stale.add(this.store.openKey);
      await Promise.all([...stale].map((key) => this.load(key)));
      for (const key of this.store.chats.flatMap(threadsOf)) this.store.countUnread(key);
    });
    this.store.emit("chats");
  }

  // Threads that were loaded before and may have changed, or whose chat has a message never seen here.
  #stale(entry) {
    const keys = threadsOf(entry);
    const known = keys.map((key) => this.store.marks.get(key) ?? 0);
    return (
      keys.some((key) => this.store.threads.get(key)?.loaded) ||
      (entry.last?.message_id ?? 0) !== Math.max(...known)
    );
  }

  async #whole(load) {
    this.#loads += 1;
    try {
      await load();
    } finally {
      this.#loads -= 1;
      if (!this.#loads) for (const [kind, data] of this.#held.splice(0)) this.#take(kind, data);
    }
  }

  #take(kind, data) {
    if (this.#loads) this.#held.push([kind, data]);
    else this.#apply(kind, data);
  }

  #apply(kind, data) {
    const { store, on } = this;
    if (kind === "message") return on.live(data.message);
    if (kind === "edited") return store.change(data.message);
    if (kind === "deleted") return store.remove(data.chat_id, data.message_ids);
    if (kind === "reaction") return store.setReactions(data.chat_id, data.message_id, data.reactions);
    if (kind === "action")
      return store.setAction(threadKey(data.chat_id, data.message_thread_id), data.action);
    if (kind === "answer") return on.answer(data);
    if (kind === "commands") return on.commands();
    return this.refresh();
  }
}

function threadsOf(entry) {
  const topics = entry.topics?.length ? entry.topics.map((topic) => topic.message_thread_id) : [null];
  return topics.map((topic) => threadKey(entry.chat.id, topic));
}
