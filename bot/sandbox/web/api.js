// What can be asked of the sandbox over HTTP? One function a route; every answer is JSON.

const PATIENCE = 15_000; // ms
const UPLOAD_PATIENCE = 300_000; // ms
const UPLOAD_LIMIT = 50 * 1024 * 1024; // bytes, as the sandbox and Telegram have it

/** A request that failed: `status` is 0 where the server could not be reached, `code` says what was refused. */
export class ApiError extends Error {
  constructor(message, status, code) {
    super(message);
    Object.assign(this, { status, code });
  }
}

async function ask(path, options = {}, patience = PATIENCE) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(patience) });
  } catch (cause) {
    throw new ApiError(cause.message, 0);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(body.error ?? response.statusText, response.status, body.code);
  return body;
}

function query(path, values) {
  return `${path}?${new URLSearchParams(Object.entries(values).filter(([, value]) => given(value)))}`;
}

function post(path, values) {
  const body = JSON.stringify(values);
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
}

const given = (value) => value !== undefined && value !== null;

export const state = (person) => ask(query("/chat/state", { person }));
export const messages = (values) => ask(query("/chat/messages", values)).then((answer) => answer.messages);
export const commands = (person, chat) =>
  ask(query("/chat/commands", { person, chat })).then((answer) => answer.commands);
export const edit = (values) => post("/chat/edit", values);
export const remove = (values) => post("/chat/delete", values);
export const sticker = (values) => post("/chat/sticker", values);
export const press = (values) => post("/chat/press", values);
export const react = (values) => post("/chat/react", values);
export const inline = (values) => post("/chat/inline", values);
export const choose = (values) => post("/chat/choose", values);
export const language = (values) => post("/chat/language", values);
export const eventsUrl = "/chat/events";
export const fileUrl = (id) => `/chat/file/${encodeURIComponent(id)}`;

/** Send a text, a file or both as a person. */
export async function send(values) {
  // a server that ends a long upload looks like one that is away
  if (values.file?.size > UPLOAD_LIMIT) throw new ApiError("Content Too Large", 413, "file_too_big");
  const form = new FormData();
  for (const [key, value] of Object.entries(values)) if (given(value)) form.append(key, value);
  return ask("/chat/send", { method: "POST", body: form }, values.file ? UPLOAD_PATIENCE : PATIENCE);
}
