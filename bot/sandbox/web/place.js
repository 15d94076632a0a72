// Where is the page: who is played, which chat and topic is open? The address after "#" says it.

const LAST_PLAYED = "tonefit.person";

/** The address of a place, to link to and to reload. */
export function address({ as, chat, topic }) {
  const values = Object.entries({ as, chat, topic }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return `#${new URLSearchParams(values)}`;
}

/** The place that the address names; numbers, or null where it is silent. */
export function place() {
  const values = new URLSearchParams(location.hash.slice(1));
  const read = (name) => (values.has(name) ? Number(values.get(name)) : null);
  return { as: read("as"), chat: read("chat"), topic: read("topic") };
}

/** Who was played last in this browser, null where nobody was or the browser keeps nothing. */
export function lastPlayed() {
  try {
    return localStorage.getItem(LAST_PLAYED);
  } catch {
    return null;
  }
}

export function rememberPlayed(person) {
  try {
    localStorage.setItem(LAST_PLAYED, person);
  } catch {
    // the next visit begins with the first person
  }
}

/** Change the address without a new entry in the browser's history. */
export function settle(where) {
  history.replaceState(null, "", address(where));
}
