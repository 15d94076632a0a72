// How is the stream of server-sent events kept open for everybody who listens to it?

import { eventsUrl } from "./api.js";

const KINDS = ["message", "edited", "deleted", "reaction", "action", "answer", "commands", "chats"];
const FIRST_DELAY = 300; // ms
const LONGEST_DELAY = 4_000; // ms

/** One connection, open while somebody listens. They hear `{state}` and `{kind, text}` with an event's JSON. */
export class Stream {
  #listeners = new Set();
  #state = "connecting"; // or "online", "offline"
  #source = null;
  #timer = null;
  #delay = FIRST_DELAY;

  /** Listen, and hear the state at once; who listens already hears it again. */
  join(listener) {
    const first = !this.#listeners.size;
    this.#listeners.add(listener);
    if (!first) return listener({ state: this.#state });
    this.#delay = FIRST_DELAY;
    this.#tellState("connecting");
    return this.#connect();
  }

  /** Listen no more; without a listener the connection is given back. */
  leave(listener) {
    this.#listeners.delete(listener);
    if (!this.#listeners.size) this.#close();
  }

  /** Try at once, because the network is back or a page is looked at again. */
  hurry() {
    if (!this.#listeners.size || this.#source?.readyState === EventSource.OPEN) return;
    this.#close();
    this.#connect();
  }

  #tell(news) {
    for (const listener of this.#listeners) listener(news);
  }

  #tellState(state) {
    this.#state = state;
    this.#tell({ state });
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    const source = new EventSource(eventsUrl);
    this.#source = source;
    source.onopen = () => {
      this.#delay = FIRST_DELAY;
      this.#tellState("online");
    };
    source.onerror = () => this.#retry(source);
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data }) => this.#tell({ kind, text: data }));
    }
  }

  // The browser's own way back waits for seconds and gives up on an error page: this one does neither.
  #retry(source) {
    if (source !== this.#source) return;
    this.#close();
    this.#tellState("offline");
    this.#timer = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
  }
}
