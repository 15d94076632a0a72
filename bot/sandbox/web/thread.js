// Which messages of one chat or topic are known, in the order of their ids?

/** A run of messages without a gap that ends with the newest; older ones are loaded on demand. */
export class Thread {
  messages = [];
  loaded = false; // the newest page has come
  complete = false; // nothing older is left on the server

  get newest() {
    return this.messages.at(-1);
  }

  find(id) {
    return this.messages.find((message) => message.message_id === id);
  }

  /** Put a message in its place; true where it was not known before. */
  put(message) {
    const known = this.messages.findIndex(({ message_id }) => message_id === message.message_id);
    if (known >= 0) {
      this.messages[known] = merged(this.messages[known], message);
      return false;
    }
    const after = this.messages.findLastIndex(({ message_id }) => message_id < message.message_id);
    this.messages.splice(after + 1, 0, message);
    return true;
  }

  /** Put a changed message in the place of the known one; one that is not loaded stays so, or a gap would open. */
  replace(message) {
    if (this.find(message.message_id)) this.put(message);
  }

  remove(ids) {
    this.messages = this.messages.filter((message) => !ids.includes(message.message_id));
  }

  /** Take in the newest page, which the server cut at `limit`: what it lacks in its range was deleted. */
  takeNewest(page, limit) {
    const from = page[0]?.message_id ?? 0;
    const meets =
      this.loaded && page.length === limit && this.messages.some(({ message_id }) => message_id >= from);
    const kept = meets ? this.messages.filter(({ message_id }) => message_id < from) : [];
    this.complete = page.length < limit || (this.complete && kept.length > 0);
    this.messages = [...kept, ...page.map((message) => merged(this.find(message.message_id), message))];
    this.loaded = true;
  }

  /** Take in the page before the oldest known message. */
  takeOlder(page, limit) {
    const oldest = this.messages[0]?.message_id ?? Infinity;
    this.messages = [...page.filter(({ message_id }) => message_id < oldest), ...this.messages];
    this.complete = page.length < limit;
  }
}

// An event may carry the message alone: what was known besides it stays.
function merged(known, message) {
  return known ? { ...message, reactions: message.reactions ?? known.reactions } : message;
}
