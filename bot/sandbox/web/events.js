// How does a page hear of changes? By the stream that all pages share, or by one of its own where it must.

import { Stream } from "./stream.js";

const WORKER = "/web/stream_worker.js";
const PAUSE = 1_000; // ms until a page that could not read the chats tries again

/** What happens in the chats of one person; `onState` hears "connecting", "online" and "offline". */
export class EventStream {
  #link = null; // to the stream; null while the page is left
  #timer = null;

  constructor({ onEvent, onState }) {
    Object.assign(this, { onEvent, onState });
    // a page that the browser keeps for the way back must hold no connection meanwhile
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#join());
    document.addEventListener("visibilitychange", () => this.#lookedAt());
  }

  open(person) {
    this.person = person;
    this.onState("connecting");
    this.#join();
  }

  /** Try at once, because the browser says that the network is back. */
  hurry() {
    this.#link?.hurry();
  }

  /** Hear the state once more after a pause: what it called for did not succeed. */
  restart() {
    this.onState("offline");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#link?.join(), PAUSE);
  }

  #join() {
    if (this.person === undefined) return;
    this.#link ??= this.#connect();
    this.#link.join();
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#link?.leave();
    this.#link = null;
  }

  // Hidden pages with streams of their own would leave no connection to the one that is looked at.
  #lookedAt() {
    const visible = document.visibilityState === "visible";
    if (visible && this.#link) this.#link.hurry();
    else if (visible) this.#join();
    else if (this.#link?.own) this.#leave();
  }

  #connect() {
    const hear = (news) => this.#hear(news);
    if (!globalThis.SharedWorker) return ownLink(hear);
    return sharedLink(hear, () => {
      this.#link = ownLink(hear);
      this.#link.join();
    });
  }

  #hear({ state, kind, text }) {
    if (state) return this.onState(state);
    const { people, ...data } = JSON.parse(text);
    return (people === null || people.includes(this.person)) && this.onEvent(kind, data);
  }
}

function sharedLink(hear, failed) {
  const worker = new SharedWorker(WORKER, { type: "module" });
  worker.onerror = failed;
  worker.port.onmessage = ({ data: news }) => hear(news);
  return {
    join: () => worker.port.postMessage("join"),
    hurry: () => worker.port.postMessage("hurry"),
    leave() {
      worker.onerror = worker.port.onmessage = null;
      worker.port.postMessage("leave");
    },
  };
}

function ownLink(hear) {
  const stream = new Stream();
  return {
    own: true,
    join: () => stream.join(hear),
    hurry: () => stream.hurry(),
    leave: () => stream.leave(hear),
  };
}
