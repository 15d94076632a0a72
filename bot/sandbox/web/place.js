// Where is the page: who is played, which chat and topic is open? The address after "#" says it.

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

/** Change the address without a new entry in the browser's history. */
export function settle(where) {
  history.replaceState(null, "", address(where));
}
