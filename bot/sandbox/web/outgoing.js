// What was written and has not reached the sandbox yet? It is sent in order, and waits while the connection is lost.

import * as api from "./api.js";

/** The messages on their way; `onChange(key)`, `onSent(key, id, message)` and `onRefused(error)` hear of them. */
export class Outgoing {
  #entries = [];
  #running = false;
  #count = 0;

  constructor({ onChange, onSent, onRefused }) {
    Object.assign(this, { onChange, onSent, onRefused });
  }

  /** Send `values` (those of /chat/send); `message` is shown in their place until the answer is here. */
  add(key, values, message) {
    this.#count += 1;
    const id = `pending-${this.#count}`;
    this.#entries.push({
      id,
      key,
      values,
      message: { ...message, message_id: id, date: Date.now() / 1000, pending: true },
    });
    this.onChange(key);
    this.resume();
  }

  /** What a person has on the way in a thread, oldest first. */
  pending(key, person) {
    return this.#entries
      .filter((entry) => entry.key === key && entry.values.person === person)
      .map((entry) => entry.message);
  }

  /** Whether an event tells of a message that is on its way from here: the answer to its request will bring it. */
  expects(key, person, message) {
    const words = wordsOf(message);
    return this.pending(key, person).some((waiting) => wordsOf(waiting) === words);
  }

  /** Go on sending: something was added, or the connection is back. */
  async resume() {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let entry = this.#next(); entry && (await this.#deliver(entry)); entry = this.#next());
    } finally {
      this.#running = false;
    }
  }

  /** Try a refused message once more. */
  retry(id) {
    const entry = this.#entries.find((waiting) => waiting.id === id);
    entry.message = { ...entry.message, failed: false };
    this.onChange(entry.key);
    this.resume();
  }

  discard(id) {
    const entry = this.#entries.find((waiting) => waiting.id === id);
    this.#entries = this.#entries.filter((waiting) => waiting !== entry);
    this.onChange(entry.key);
  }

  #next() {
    return this.#entries.find((entry) => !entry.message.failed);
  }

  // False where the server cannot be reached: the rest waits for `resume`.
  async #deliver(entry) {
    try {
      const message = await api.send(entry.values);
      this.#entries = this.#entries.filter((waiting) => waiting !== entry);
      this.onSent(entry.key, entry.id, message);
    } catch (error) {
      if (error.status === 0) return false;
      entry.message = { ...entry.message, failed: true };
      this.onChange(entry.key);
      this.onRefused(error);
    }
    return true;
  }
}

const wordsOf = ({ text, caption }) => text ?? caption ?? "";
