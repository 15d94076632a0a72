// How is a menu opened at a place of the page? Escape, a click beside it and a choice close it.

import { el, fill, icon } from "./dom.js";

const MARGIN = 8; // CSS pixels to the edge of the window

/** Open `content` at the point, inside the window; the focus goes to its first button. */
export function openMenu(point, ...content) {
  const menu = document.getElementById("menu");
  if (menu.matches(":popover-open")) menu.hidePopover();
  fill(menu, content);
  menu.showPopover();
  const { offsetWidth: width, offsetHeight: height } = menu; // the whole size, whatever the opening animation shows
  const left = Math.max(MARGIN, Math.min(point.x, innerWidth - width - MARGIN));
  const below = point.y + height + MARGIN <= innerHeight;
  menu.style.left = `${left}px`;
  menu.style.top = `${Math.max(MARGIN, below ? point.y : Math.min(point.y, innerHeight - MARGIN) - height)}px`;
  menu.querySelector("button")?.focus({ preventScroll: true });
}

export function closeMenu() {
  const menu = document.getElementById("menu");
  if (menu.matches(":popover-open")) menu.hidePopover();
}

/** A list of choices: `[icon, label, action]`; a choice without an action is left out. */
export function menuItems(choices) {
  return el(
    "div.menu-items",
    { role: "menu", onkeydown: walk },
    choices
      .filter(([, , action]) => action)
      .map(([sign, label, action, style]) =>
        el(
          "button.menu-item",
          { type: "button", role: "menuitem", "data-style": style, onclick: () => (closeMenu(), action()) },
          icon(sign),
          label,
        ),
      ),
  );
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll("button")];
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
}
