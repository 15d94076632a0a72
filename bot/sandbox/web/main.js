// How do the parts of the page hang together, and which place does it open?

import * as api from "./api.js";
import { showChats } from "./chats.js";
import { Conversation } from "./conversation.js";
import { el, fill } from "./dom.js";
import { showHead, showTopics } from "./head.js";
import { setLanguage, t, translatePage } from "./i18n.js";
import { takeAnswer } from "./keyboard.js";
import { closeMenu } from "./menu.js";
import { complain } from "./notices.js";
import { personButton, showPeople } from "./people.js";
import { address, lastPlayed, place, rememberPlayed, settle } from "./place.js";
import { Store } from "./store.js";
import { Sync } from "./sync.js";

const RETRY = 1_000; // ms until the first request is tried again
const SLOW = 1_000; // ms

const find = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 721px)");
const store = new Store();
const sync = new Sync(store, {
  state: showConnection,
  answer: takeAnswer,
  commands: () => conversation.loadCommands(),
  live: (message) => conversation.receive(message),
});
const conversation = new Conversation(store, sync, { go, privateChat });

const showThread = soon(() => conversation.render());
const showList = soon(() => {
  showChats(store);
  if (store.openEntry) showOpen();
  const unread = [...store.unread.values()].reduce((sum, count) => sum + count, 0);
  document.title = unread ? `(${unread}) Tonefit` : "Tonefit";
});

store.on("chats", showList);
store.on("action", showList);
store.on("thread", (key) => key === store.openKey && showThread());
store.on("people", () => {
  setLanguage(store.me.language_code);
  translatePage();
  showPeople(store, play);
  if (store.openEntry) conversation.dress();
  showThread();
});
store.on("open", () => {
  find("app").dataset.view = store.open ? "chat" : "list";
  showList();
  if (store.open) conversation.enter();
});

/** Call `show` once after everything that happens in this turn. */
function soon(show) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      show();
    });
  };
}

function showOpen() {
  showHead(store, { personButton: personButton(store, play), back: address({ as: store.me.id }) });
  showTopics(store);
  conversation.markRead();
}

// Connecting takes a moment at every start: only where it takes long it is worth a word.
let slow = null;

function showConnection(state) {
  const banner = find("connection");
  clearTimeout(slow);
  find("app").dataset.connection = banner.dataset.state = state;
  fill(banner, el("span.spinner"), t(state === "offline" ? "offline" : "connecting"));
  if (state === "online") conversation.outgoing.resume();
  if (state === "connecting") slow = setTimeout(() => (banner.hidden = false), SLOW);
  else banner.hidden = state === "online";
}

function privateChat() {
  return store.chats.find((entry) => entry.private_with_bot).chat.id;
}

function go(chat, topic = null) {
  settle({ as: store.me.id, chat, topic });
  store.show(chat, topic);
}

/** Play another person in the same chat, or in their own chat with the bot. */
async function play(person) {
  closeMenu();
  try {
    await sync.become(person);
  } catch (error) {
    return complain(error);
  }
  rememberPlayed(person);
  if (!store.open) return settle({ as: person });
  const { chat, topic } = store.open;
  return store.chat(chat) ? go(chat, topic) : go(privateChat());
}

/** Open the place that the address names; without one, the chat with the bot. */
async function follow() {
  const { as, chat, topic } = place();
  const person = as ?? lastPlayed();
  if (!store.me || (as !== null && as !== store.me.id)) await sync.become(person).catch(becomeAnyone);
  if (store.chat(chat)) store.show(chat, topic);
  else if (as === null || wide.matches) go(privateChat());
  else store.show(null);
}

// The person may have gone with the data of an earlier run.
function becomeAnyone(error) {
  if (error.status === 0) throw error;
  return sync.become(undefined);
}

async function begin() {
  try {
    await follow();
  } catch {
    showConnection("connecting");
    setTimeout(begin, RETRY);
  }
}

async function switchLanguage() {
  const language = t("language_name") === "English" ? "zh-hans" : "en";
  try {
    await api.language({ person: store.me.id, language_code: language });
    await sync.refresh();
  } catch (error) {
    complain(error);
  }
  conversation.loadCommands();
}

// Alt with a digit plays that person; whatever else is typed beside a field goes to the composer.
function keyPressed(event) {
  const person = event.altKey && store.people[Number(event.key) - 1];
  if (person) {
    event.preventDefault();
    play(person.id);
    return;
  }
  const typing =
    event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
  const here = document.activeElement;
  if (typing && (here === document.body || here.matches("article, .timeline")))
    conversation.composer.field.focus();
}

find("language").addEventListener("click", switchLanguage);
addEventListener("hashchange", () => follow().catch(complain));
addEventListener("keydown", keyPressed);
addEventListener("online", () => sync.stream.hurry());
document.addEventListener("visibilitychange", () => {
  conversation.markRead();
});
setLanguage(navigator.language);
translatePage();
begin();
