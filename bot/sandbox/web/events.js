// How does the page hear of changes? By one server-sent event stream that comes back by itself.

import { eventsUrl } from "./api.js";

const KINDS = ["message", "edited", "deleted", "reaction", "action", "answer", "commands", "chats"];
const FIRST_DELAY = 300; // ms
const LONGEST_DELAY = 4_000; // ms

/** The stream of one person; `onState` hears "connecting", "online" and "offline". */
export class EventStream {
  #source = null;
  #timer = null;
  #delay = FIRST_DELAY;

  constructor({ onEvent, onState }) {
    this.onEvent = onEvent;
    this.onState = onState;
  }

  open(person) {
    this.close();
    this.person = person;
    this.#delay = FIRST_DELAY;
    this.onState("connecting");
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  /** Try at once, because the browser says that the network is back or the page is looked at again. */
  hurry() {
    if (this.person === undefined || this.#source?.readyState === EventSource.OPEN) return;
    this.close();
    this.#connect();
  }

  /** Begin again with a new connection, after a pause. */
  restart() {
    this.#retry(this.#source);
  }

  #connect() {
    const source = new EventSource(eventsUrl(this.person));
    this.#source = source;
    source.onopen = () => {
      this.#delay = FIRST_DELAY;
      this.onState("online");
    };
    source.onerror = () => this.#retry(source);
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => this.onEvent(kind, JSON.parse(event.data)));
    }
  }

  // The browser's own way back waits for seconds and gives up on an error page: this one does neither.
  #retry(source) {
    if (source !== this.#source) return;
    this.close();
    this.onState("offline");
    this.#timer = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
  }
}
