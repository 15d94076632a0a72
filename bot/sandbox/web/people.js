// Who can be played, and how is one chosen: the strip over the chats, and the menu of a narrow window?

import { el, fill, icon } from "./dom.js";
import { t } from "./i18n.js";
import { openMenu } from "./menu.js";
import { avatar, nameOf } from "./names.js";

/** The strip of people; a click plays another one. */
export function showPeople(store, play) {
  const root = document.getElementById("people");
  fill(
    root,
    store.people.map((person, index) => chip(person, index, store.me, play)),
  );
  const { language_code: code } = store.me;
  document.getElementById("whoami").textContent = `${nameOf(store.me)} · ${t("language_name")}`;
  document.getElementById("language-code").textContent = languageMark(code);
}

function chip(person, index, me, play) {
  const current = person.id === me.id;
  const label = `${t("play_as")} ${nameOf(person)}`;
  const attributes = {
    type: "button",
    "aria-pressed": String(current),
    title: `${label} (Alt+${index + 1})`,
    "aria-label": label,
  };
  return el(
    "button.person",
    { ...attributes, onclick: () => play(person.id) },
    el(
      "span.person-face",
      {},
      avatar(person),
      el("span.person-language", { "aria-hidden": "true" }, languageMark(person.language_code)),
    ),
    el("span.person-name", {}, nameOf(person)),
  );
}

/** The button of the chat's head in a narrow window, with the same choice as a menu. */
export function personButton(store, play) {
  const label = `${t("play_as")}: ${nameOf(store.me)}`;
  const open = (event) => {
    const { right, bottom } = event.currentTarget.getBoundingClientRect();
    openMenu(
      { x: right, y: bottom + 6 },
      el(
        "div.menu-items",
        {},
        el("p.menu-title", {}, t("play_as")),
        store.people.map((person) => item(person, store.me, play)),
      ),
    );
  };
  return el(
    "button.me",
    { type: "button", "aria-label": label, title: label, "aria-haspopup": "menu", onclick: open },
    avatar(store.me),
  );
}

function item(person, me, play) {
  const current = person.id === me.id;
  return el(
    "button.menu-item.menu-person",
    { type: "button", "aria-pressed": String(current), onclick: () => play(person.id) },
    avatar(person),
    el("span", {}, nameOf(person)),
    el("small", {}, languageMark(person.language_code)),
    icon("check"),
  );
}

/** Two letters at most: 中 or EN. */
function languageMark(code = "en") {
  return code.toLowerCase().startsWith("zh") ? "中" : code.slice(0, 2).toUpperCase();
}
