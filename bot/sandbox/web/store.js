// What does the page know: who is who, which chats there are, their threads and what is unread?

import { Thread } from "./thread.js";
import { ReadMarks } from "./unread.js";

const GENERAL = 1; // Telegram's id of a forum's first topic, which its messages do not carry
const ACTION_LASTS = 5_500; // ms; Telegram shows an action for 5 s

/** The key of a thread: a chat, or a topic of a forum. */
export function threadKey(chat, topic) {
  return topic && topic !== GENERAL ? `${chat}/${topic}` : `${chat}`;
}

/** State with listeners: "people", "chats", "thread" (key), "action" (key), "open". */
export class Store {
  me = null;
  bot = null;
  people = [];
  chats = [];
  open = null; // {chat, topic}
  threads = new Map();
  unread = new Map();
  actions = new Map(); // key -> {action, until}
  #listeners = new Map();

  on(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  emit(name, detail) {
    for (const listener of this.#listeners.get(name) ?? []) listener(detail);
  }

  /** Take in the answer of /chat/state, of the same person or of another one. */
  enter({ me, people, bot, chats }) {
    const another = this.me?.id !== me.id;
    Object.assign(this, { me, people, bot, chats });
    if (another) this.#becomeAnother();
    this.emit("people");
    this.emit("chats");
  }

  // What only the other person saw must go; what both see stays, so that switching keeps the place.
  #becomeAnother() {
    this.marks = new ReadMarks(this.me.id);
    this.unread.clear();
    this.actions.clear();
    for (const key of this.threads.keys()) if (!this.chat(Number.parseInt(key, 10))) this.threads.delete(key);
  }

  chat(id) {
    return this.chats.find((entry) => entry.chat.id === id);
  }

  person(id) {
    return id === this.bot?.id ? this.bot : this.people.find((person) => person.id === id);
  }

  /** Whom a chat's title and picture show: the bot in private, else the chat itself. */
  face(entry) {
    return entry.private_with_bot ? this.bot : entry.chat;
  }

  thread(key) {
    if (!this.threads.has(key)) this.threads.set(key, new Thread());
    return this.threads.get(key);
  }

  get openKey() {
    return this.open && threadKey(this.open.chat, this.open.topic);
  }

  get openEntry() {
    return this.open && this.chat(this.open.chat);
  }

  /** The thread that a message belongs to. */
  keyOf(message) {
    const forum = message.chat.is_forum || this.chat(message.chat.id)?.topics?.length > 0;
    return threadKey(message.chat.id, forum ? message.message_thread_id : null);
  }

  show(chat, topic = null) {
    this.open = chat === null ? null : { chat, topic };
    this.emit("open");
  }

  mine(message) {
    return !message.sender_chat && message.from?.id === this.me.id;
  }

  /** Take in a new message; false where it was known. */
  put(message) {
    const key = this.keyOf(message);
    const added = this.thread(key).put(message);
    const entry = this.chat(message.chat.id);
    if (entry && message.message_id >= (entry.last?.message_id ?? 0)) entry.last = message;
    if (added && !this.mine(message)) {
      this.#count(key, message);
      this.actions.delete(key); // what was being done is done
    }
    this.emit("thread", key);
    this.emit("chats");
    return added;
  }

  /** A message was edited. */
  change(message) {
    const key = this.keyOf(message);
    const entry = this.chat(message.chat.id);
    this.thread(key).replace(message);
    if (entry?.last?.message_id === message.message_id) entry.last = message;
    this.emit("thread", key);
    this.emit("chats");
  }

  /** Messages of a chat were deleted. */
  remove(chat, ids) {
    for (const [key, thread] of this.threads) {
      if (Number.parseInt(key, 10) !== chat || !ids.some((id) => thread.find(id))) continue;
      thread.remove(ids);
      const entry = this.chat(chat);
      if (ids.includes(entry?.last?.message_id)) entry.last = thread.newest ?? null;
      this.emit("thread", key);
    }
    this.emit("chats");
  }

  /** Put other reactions on a message, where it is known. */
  setReactions(chat, id, reactions) {
    for (const [key, thread] of this.threads) {
      const message = Number.parseInt(key, 10) === chat && thread.find(id);
      if (!message) continue;
      thread.replace({ ...message, reactions });
      this.emit("thread", key);
    }
  }

  setAction(key, action) {
    this.actions.set(key, { action, until: Date.now() + ACTION_LASTS });
    this.emit("action", key);
    setTimeout(() => this.emit("action", key), ACTION_LASTS + 50);
  }

  /** What the bot is doing in a thread just now, or undefined. */
  action(key) {
    const shown = this.actions.get(key);
    return shown && shown.until > Date.now() ? shown : undefined;
  }

  #count(key, message) {
    if (message.message_id > (this.marks.get(key) ?? 0))
      this.unread.set(key, (this.unread.get(key) ?? 0) + 1);
  }

  /** Everything of a thread up to its newest message was seen. */
  markRead(key) {
    const newest = this.threads.get(key)?.newest;
    if (!newest) return;
    if (newest.message_id > (this.marks.get(key) ?? 0)) this.marks.set(key, newest.message_id);
    if (!this.unread.get(key)) return;
    this.unread.delete(key);
    this.emit("chats");
  }

  /** Count anew what arrived in a thread while nobody listened. A thread never seen before begins as read. */
  countUnread(key) {
    const { newest, messages, loaded } = this.thread(key);
    const last = newest?.message_id ?? 0;
    const read = this.marks.get(key) ?? last;
    // a sandbox that began anew, or a deletion, leaves a mark that nothing would ever pass
    if (read === last || (loaded && read > last)) this.marks.set(key, last);
    const missed = messages.filter((message) => message.message_id > read && !this.mine(message)).length;
    if (missed) this.unread.set(key, missed);
    else this.unread.delete(key);
  }

  /** Unread messages of a chat in all its topics. */
  unreadOf(chat) {
    let sum = 0;
    for (const [key, count] of this.unread) if (Number.parseInt(key, 10) === chat) sum += count;
    return sum;
  }
}
