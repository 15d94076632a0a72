// Up to where has a person read each thread? Kept in the browser, since the Bot API has no such thing.

const PREFIX = "tonefit.read";

/** The marks of one person. */
export class ReadMarks {
  constructor(person) {
    this.storageKey = `${PREFIX}.${person}`;
    this.marks = read(this.storageKey);
  }

  /** The id of the newest message read, undefined where this browser never saw the thread. */
  get(thread) {
    return this.marks[thread];
  }

  set(thread, id) {
    if (this.marks[thread] === id) return;
    this.marks[thread] = id;
    try {
      localStorage.setItem(this.storageKey, JSON.stringify(this.marks));
    } catch {
      // a browser that keeps nothing counts anew after a reload
    }
  }
}

function read(storageKey) {
  try {
    return JSON.parse(localStorage.getItem(storageKey)) ?? {};
  } catch {
    return {};
  }
}
