// How does the page get in, and how does it ask the server?

const PATIENCE = 30_000; // ms
const API = "/ops/api/";

/** A request that failed: `status` is 0 where the server could not be reached. */
export class AskError extends Error {
  constructor(message, status, reason) {
    super(message);
    Object.assign(this, { status, reason });
  }
}

// Telegram's frame keeps no cookies of ours: there the token travels in a header and is forgotten with the page.
let token = null;
let csrf = "";

/** Whether the page is a Mini App of Telegram. */
export const inTelegram = location.pathname.endsWith("/app");

function headers(more = {}) {
  return { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
}

async function ask(path, options, patience = PATIENCE) {
  let response;
  try {
    response = await fetch(API + path, {
      ...options,
      signal: options.signal ?? AbortSignal.timeout(patience),
    });
  } catch (cause) {
    throw new AskError(cause.message, 0);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new AskError(problem.detail ?? response.statusText, response.status, problem.reason);
}

/** Ask for something. */
export async function get(path) {
  return (await ask(path, { headers: headers() })).json();
}

/** Change something. */
export async function post(path, values = {}) {
  const sent = headers({ "Content-Type": "application/json", "X-CSRF-Token": csrf });
  return (await ask(path, { method: "POST", headers: sent, body: JSON.stringify(values) })).json();
}

/** Open a stream; `signal` closes it. */
export async function open(path, signal) {
  return (await ask(path, { headers: headers(), signal })).body;
}

/** Sign in by what the address holds, or go on with a session; throws AskError where there is neither. */
export async function signIn() {
  const given = new URLSearchParams(location.hash.slice(1));
  const code = given.get("code");
  const initData = given.get("tgWebAppData");
  if (code) {
    history.replaceState(null, "", location.pathname); // a code is no bookmark
    await post("signin", { code });
  } else if (initData) {
    ({ token } = await post("signin", { init_data: initData }));
  }
  const session = await get("session");
  csrf = session.csrf;
  return session;
}

/** End the session. */
export async function signOut() {
  await post("signout");
  token = null;
}
