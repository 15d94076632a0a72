// How do the parts of the page hang together, and which of them is shown?

import { chatsView } from "./chats.js";
import { el, fill } from "./dom.js";
import { FitView } from "./fit.js";
import { chooseLanguage, known, switchLanguage, t, translatePage } from "./i18n.js";
import { lettersView } from "./letters.js";
import { Live } from "./live.js";
import { modelsView } from "./models.js";
import { MoodView } from "./mood.js";
import { inTelegram, signIn, signOut } from "./session.js";
import { follow } from "./stream.js";

const find = (id) => document.getElementById(id);
const main = find("main");
const live = new Live();
const mood = new MoodView();
const views = [live, chatsView(openMood), modelsView(), lettersView(), mood, new FitView()];
let shown = null;
let letters = null; // how many dead letters there were
let connection = null;

function dress() {
  translatePage();
  find("language").textContent = t("other_language");
  find("connection").textContent = connection ? t(connection) : "";
  fill(find("nav"), ...views.map(link));
}

function link(view) {
  const current = view === shown ? "page" : null;
  return el(
    "a",
    { href: `#${view.name}`, "aria-current": current, onclick: (event) => followLink(event, view) },
    t(view.name),
  );
}

function followLink(event, view) {
  event.preventDefault();
  go(view);
}

function go(view) {
  if (!inTelegram) history.pushState(null, "", `#${view.name}`); // Telegram's own words stand in its address
  show(view);
  main.focus({ preventScroll: true });
}

function show(view) {
  shown?.leave();
  shown = view;
  document.title = `${t(view.name)} · Tonefit`;
  dress();
  view.show(main);
  scrollTo(0, 0);
}

function openMood(chat) {
  mood.choose(chat);
  go(mood);
}

function wanted() {
  return views.find((view) => location.hash === `#${view.name}`) ?? live;
}

/** Show why nobody is let in, and what to do. */
function showDoor(words) {
  shown?.leave();
  shown = null;
  connect(null);
  find("nav").hidden = find("signout").hidden = true;
  document.title = `${t("sign_in")} · Tonefit`;
  fill(
    main,
    el(
      "section.card",
      {},
      el("h2", {}, t("sign_in")),
      words ? el("p.problem", { role: "alert" }, words) : null,
      el("p", {}, t("link_hint")),
    ),
  );
}

function connect(state) {
  connection = state;
  find("connection").dataset.state = state ?? "";
  find("connection").textContent = state ? t(state) : "";
}

function hear(kind, data) {
  if (kind === "away") return connect("away");
  connect("online");
  live.hear(data);
  if (letters !== null && data.dead_letters > letters)
    find("announcer").textContent = t("new_dead_letters", { count: data.dead_letters });
  letters = data.dead_letters;
}

function tellTelegram() {
  window.Telegram?.WebApp?.ready?.();
  window.Telegram?.WebApp?.expand?.();
}

function whyRefused(problem) {
  if (problem.status === 0) return t("server_silent");
  if (problem.reason && known(`refused_${problem.reason}`)) return t(`refused_${problem.reason}`);
  return problem.status === 401 ? null : problem.message;
}

async function start() {
  chooseLanguage();
  dress();
  find("language").onclick = () => {
    switchLanguage();
    if (shown) show(shown);
    else dress();
  };
  find("skip").onclick = (event) => {
    event.preventDefault(); // the address names the view
    main.focus();
  };
  find("signout").onclick = async () => {
    await signOut().catch(() => {});
    showDoor(t("signed_out"));
  };
  try {
    await signIn();
  } catch (problem) {
    return showDoor(whyRefused(problem));
  }
  find("nav").hidden = find("signout").hidden = false;
  addEventListener("popstate", () => shown && show(wanted()));
  tellTelegram();
  document.querySelector("script[async]")?.addEventListener("load", tellTelegram); // it may come later, or never
  show(wanted());
  return follow("events", { tell: hear, state: connect, refused: () => shown && showDoor(t("signed_out")) });
}

start();
