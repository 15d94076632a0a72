// How does the list of messages keep its place while messages come, change and go?

import { Bubble } from "./bubble.js";
import { day, dayKey } from "./clock.js";
import { arrange, el } from "./dom.js";
import { senderOf } from "./names.js";
import { serviceText } from "./service.js";

const AT_BOTTOM = 40; // CSS pixels: nearer than this the list follows what comes
const NEAR_TOP = 500; // CSS pixels: nearer than this older messages are fetched
const FAR = 2; // windows: messages further away are jumped to at once
const IDLE = 1_500; // ms without scrolling
const RUN = 300; // seconds between two messages that still stand together

/** The scrolling list of one thread at a time. */
export class Timeline {
  #bubbles = new Map(); // the key of a message -> Bubble
  #days = new Map(); // the key of a day -> its section
  #stuck = true;
  #top = 0; // where the list was last seen or put
  #idle = null;

  constructor(root, store, on) {
    this.root = root;
    this.store = store;
    this.on = on;
    this.content = el("div.timeline-content");
    root.append(this.content);
    root.addEventListener("scroll", () => (this.#scrolled(), this.#showDay()), { passive: true });
    const observer = new ResizeObserver(() => this.#follows() && this.toBottom());
    observer.observe(root);
    observer.observe(this.content);
  }

  get atBottom() {
    return this.#stuck;
  }

  /** Show another thread from its newest message on. */
  show(key) {
    if (key === this.key) return;
    this.key = key;
    this.#bubbles.clear();
    this.#days.clear();
    this.content.replaceChildren();
    this.#stuck = true;
    this.#top = 0;
  }

  /** Bring the list to the state of `messages`; those that `justCame` slide in. */
  render(messages, justCame) {
    this.#keepPlace(() => {
      const known = new Set(messages.map(({ message_id: id }) => id));
      for (const key of this.#bubbles.keys()) if (!known.has(key)) this.#bubbles.delete(key);
      messages.forEach((message, index) =>
        this.#show(message, messages[index - 1], messages[index + 1], justCame),
      );
      this.#arrangeDays(messages);
    });
    this.#scrolled(); // a page that is shorter than the window asks for more at once
  }

  /** A message that was pending has its real id now: its node stays. */
  rename(from, to) {
    const bubble = this.#bubbles.get(from);
    if (!bubble) return;
    this.#bubbles.delete(from);
    this.#bubbles.set(to, bubble);
  }

  toBottom({ smooth = false } = {}) {
    this.#stuck = true;
    this.root.scrollTo({ top: this.root.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.#top = this.root.scrollTop;
  }

  // Somebody may have scrolled up a moment before the browser tells of it: that is not undone.
  #follows() {
    if (this.root.scrollTop < this.#top) this.#scrolled();
    return this.#stuck;
  }

  /** Scroll to a message and let it flash; false where it is not loaded. */
  reveal(id) {
    const node = this.#bubbles.get(id)?.node;
    if (!node) return false;
    const away = Math.abs(node.getBoundingClientRect().top - this.root.getBoundingClientRect().top);
    this.#stuck = false;
    // a long way passes places where older messages load, which would end a smooth one
    node.scrollIntoView({ block: "center", behavior: away > FAR * innerHeight ? "instant" : "smooth" });
    this.#scrolled();
    node.classList.remove("flash");
    void node.offsetWidth; // restarts the animation
    node.classList.add("flash");
    node.addEventListener("animationend", () => node.classList.remove("flash"), { once: true });
    return true;
  }

  message(node) {
    const id = node.closest?.("article.message")?.dataset.id;
    return this.#bubbles.get(Number(id))?.message;
  }

  #show(message, before, after, justCame) {
    const key = message.message_id; // of a pending message a name that it has until it is sent
    let bubble = this.#bubbles.get(key);
    if (!bubble) {
      bubble = new Bubble(this.store, this.on);
      if (justCame(key)) bubble.node.classList.add("arrived");
      this.#bubbles.set(key, bubble);
    }
    bubble.update(message, { first: !together(before, message), last: !together(message, after) });
  }

  #arrangeDays(messages) {
    const nodes = new Map();
    for (const message of messages) {
      const key = dayKey(message.date);
      if (!nodes.has(key)) nodes.set(key, [this.#heading(key, message.date)]);
      nodes.get(key).push(this.#bubbles.get(message.message_id).node);
    }
    for (const key of this.#days.keys()) if (!nodes.has(key)) this.#days.delete(key);
    for (const [key, children] of nodes) arrange(this.#days.get(key), children);
    arrange(
      this.content,
      [...nodes.keys()].map((key) => this.#days.get(key)),
    );
  }

  #heading(key, date) {
    if (!this.#days.has(key)) this.#days.set(key, el("section.day", {}, el("h2.day-name")));
    const heading = this.#days.get(key).querySelector("h2");
    const name = day(date);
    if (heading.textContent !== name) heading.textContent = name;
    return heading;
  }

  // At the bottom the list follows; elsewhere the first visible message stays where it is.
  #keepPlace(change) {
    const anchor = this.#follows() ? null : this.#firstVisible();
    change();
    if (!anchor) return this.#stuck && this.toBottom();
    if (anchor.node.isConnected) this.root.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top;
    return undefined;
  }

  #firstVisible() {
    const edge = this.root.getBoundingClientRect().top;
    for (const node of this.content.querySelectorAll("article.message")) {
      const { top, bottom } = node.getBoundingClientRect();
      if (bottom > edge) return { node, top };
    }
    return null;
  }

  // The day stays in view while somebody scrolls, and then gives the room back to the messages.
  #showDay() {
    clearTimeout(this.#idle);
    this.root.classList.toggle("scrolling", !this.#stuck);
    this.#idle = setTimeout(() => this.root.classList.remove("scrolling"), IDLE);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.root;
    this.#top = scrollTop;
    this.#stuck = scrollHeight - scrollTop - clientHeight < AT_BOTTOM;
    if (scrollTop < NEAR_TOP) this.on.older?.();
    this.on.scrolled?.(this.#stuck);
  }
}

function together(first, second) {
  if (!first || !second || serviceText(first) || serviceText(second)) return false;
  const close = second.date - first.date < RUN && dayKey(first.date) === dayKey(second.date);
  return close && senderOf(first).id === senderOf(second).id;
}
