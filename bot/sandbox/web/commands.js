// Which commands does the bot offer here, and how is one chosen while "/" is typed?

import { el, fill } from "./dom.js";

const MARGIN = 16; // CSS pixels that stay free over the list
const PADDING = 6; // CSS pixels within the list

/** The list over the field, in the room over the composer. The focus stays in the field, as a combobox has it. */
export class CommandList {
  commands = []; // {command, description}
  #shown = [];
  #chosen = -1; // nothing: Enter sends what is typed

  constructor(root, field, room, send) {
    Object.assign(this, { root, field, room, send });
    new ResizeObserver(() => this.#fit()).observe(room);
    field.addEventListener("blur", () => this.close());
    root.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  }

  get open() {
    return !this.root.hidden;
  }

  /** The button: every command, whatever is typed. */
  toggle() {
    if (this.open) return this.close();
    this.#show(this.commands);
    return this.field.focus();
  }

  /**
   * Show what fits the beginning of a command, with the one that Enter takes: the whole name, else the first.
   * Nothing is shown where it is no command or already has arguments.
   */
  filter() {
    const typed = this.field.value.match(/^\/(\w*)$/)?.[1].toLowerCase();
    const fitting = this.commands.filter(({ command }) => command.startsWith(typed));
    this.#show(fitting);
    const whole = fitting.findIndex(({ command }) => command === typed);
    if (fitting.length) this.#choose(Math.max(whole, 0));
  }

  close() {
    this.#show([]);
  }

  /** Take a key of the field; true where it was for the list. */
  keyPressed(event) {
    const act = this.open && this.#actions()[event.key];
    if (!act || event.shiftKey) return false;
    event.preventDefault();
    act();
    return true;
  }

  #actions() {
    const chosen = this.#shown[this.#chosen];
    return {
      ArrowDown: () => this.#choose(this.#chosen + 1),
      ArrowUp: () => this.#choose(this.#chosen <= 0 ? this.#shown.length - 1 : this.#chosen - 1),
      Tab: () => this.#complete(chosen ?? this.#shown[0]),
      Escape: () => this.close(),
      Enter: chosen && (() => this.send(`/${chosen.command}`)),
    };
  }

  #complete({ command }) {
    this.field.value = `/${command} `;
    this.field.dispatchEvent(new Event("input"));
  }

  #choose(index) {
    this.#chosen = index % this.#shown.length;
    [...this.root.children].forEach((item, place) =>
      item.setAttribute("aria-selected", String(place === this.#chosen)),
    );
    const item = this.root.children[this.#chosen];
    this.field.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  #show(commands) {
    this.#shown = commands;
    this.#chosen = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.root.hidden = !commands.length;
    this.field.setAttribute("aria-expanded", String(this.open));
    fill(
      this.root,
      commands.map((item, index) => this.#item(item, index)),
    );
    this.#fit();
  }

  // Where there are more rows than room the last one is clearly cut: that shows that there are more.
  #fit() {
    if (!this.open) return;
    const room = this.room.clientHeight - MARGIN - 2 * PADDING;
    const heights = [...this.root.children].map((row) => row.offsetHeight);
    const cut = Math.min(...heights) / 2;
    let end = 0;
    const ends = heights.map((height) => (end += height));
    const shown = ends.findLast((edge) => edge + cut <= room) ?? ends[0];
    this.root.style.maxHeight = end <= room ? "none" : `${PADDING + shown + cut}px`;
  }

  #item({ command, description }, index) {
    const attributes = {
      role: "option",
      id: `command-${index}`,
      "aria-selected": "false",
      onclick: () => this.send(`/${command}`),
    };
    return el(
      "li.command",
      attributes,
      el("span.command-name", {}, `/${command}`),
      el("span.command-description", {}, description),
    );
  }
}
