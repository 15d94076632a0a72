// What does the bot offer while "@bot text" is typed, and how is one of its results sent?

import { el, fill } from "./dom.js";

const PAUSE = 300; // ms without a key, as Telegram's clients wait before they ask

/** The results over the field; `on.ask(text)` fetches them, `on.choose(result)` sends one. */
export class InlineResults {
  #timer = 0;
  #asked = 0; // counts the questions: an answer to an older one is late

  constructor(root, field, on) {
    Object.assign(this, { root, field, on });
    field.addEventListener("blur", () => this.close());
    root.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  }

  /** Ask, shortly after the last key, where the field begins with the bot's name. */
  typed(username) {
    this.close();
    const [handle, text] = this.field.value.match(/^@(\w+)\s+([^]*)$/)?.slice(1) ?? [];
    if (!username || handle?.toLowerCase() !== username.toLowerCase()) return;
    this.#timer = setTimeout(() => this.#ask(text), PAUSE);
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.root.hidden = true;
  }

  async #ask(text) {
    const asked = ++this.#asked;
    const { results = [], button } = (await this.on.ask(text)) ?? {};
    if (asked !== this.#asked) return;
    const hint = button ? [el("li.command", {}, el("span.command-description", {}, button.text))] : [];
    fill(this.root, [...hint, ...results.map((result) => this.#item(result))]);
    this.root.hidden = !this.root.children.length;
  }

  #item(result) {
    const choose = () => {
      this.close();
      this.on.choose(result);
    };
    return el(
      "li.command",
      { role: "option", "aria-selected": "false", onclick: choose },
      el("span.command-name", {}, result.title ?? ""),
      el("span.command-description", { dir: "auto" }, result.description ?? ""),
    );
  }
}
