// How does the page hear of what happens? Server-sent events, read by fetch, which can send a header along.

import { open } from "./session.js";

const FIRST_DELAY = 500; // ms
const LONGEST_DELAY = 8_000; // ms
const SILENCE = 20_000; // ms: the server says every 5 s that it lives

/** Read a stream for ever: `tell` hears (kind, data), `state` online and offline, `refused` that the session is over. */
export async function follow(path, { tell, state, refused }) {
  let delay = FIRST_DELAY;
  for (;;) {
    const quiet = new AbortController();
    try {
      const body = await open(path, quiet.signal);
      state("online");
      delay = FIRST_DELAY;
      await read(body, quiet, tell);
    } catch (problem) {
      if (problem.status === 401) return refused();
    }
    state("offline");
    await new Promise((resolve) => setTimeout(resolve, delay));
    delay = Math.min(delay * 2, LONGEST_DELAY);
  }
}

async function read(body, quiet, tell) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const timer = setTimeout(() => quiet.abort(), SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const events = (held + value).split("\n\n");
    held = events.pop();
    for (const event of events) dispatch(event, tell);
  }
}

function dispatch(event, tell) {
  const fields = Object.fromEntries(
    event.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  if (fields.data) tell(fields.event, JSON.parse(fields.data));
}
