// How is a message written: the field, what it answers or edits, the drafts of every chat?

import { Attachments } from "./attachments.js";
import { CommandList } from "./commands.js";
import { el, fill, icon, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { InlineResults } from "./inline.js";
import { nameOf, senderOf, snippet } from "./names.js";

const TALLEST = 0.4; // of the window

/** The field with its buttons; `on.send`, `on.edit`, `on.sticker` and `on.lastOwn` do the rest. */
export class Composer {
  #drafts = new Map(); // place -> {text, target}
  #place = null;
  #target = null; // {reply: message} or {edit: message}

  constructor(on) {
    this.on = on;
    const find = (id) => document.getElementById(id);
    this.field = find("field");
    this.row = find("composer-row");
    this.bar = find("composer-bar");
    this.closed = find("composer-closed");
    this.attachments = new Attachments({ onChange: () => (this.#dress(), this.field.focus()) });
    this.commands = new CommandList(find("command-list"), this.field, find("timeline"), (text) =>
      this.#sendCommand(text),
    );
    this.inline = new InlineResults(find("inline-results"), this.field, {
      ask: (text) => this.on.inline(text),
      choose: (result) => {
        this.on.choose(result);
        this.#write("", null);
        this.field.focus();
      },
    });
    find("command-button").addEventListener("click", () => this.commands.toggle());
    find("sticker-button").addEventListener("click", () => this.on.sticker());
    find("send-button").addEventListener("click", () => this.submit());
    this.field.addEventListener("keydown", (event) => this.#keyPressed(event));
    this.field.addEventListener("input", () => this.#typed());
  }

  /** Write in another place (a chat as a person); `closed` says why nothing can be written there. */
  enter(place, closed = "") {
    if (place !== this.#place) {
      if (this.#place) this.#drafts.set(this.#place, { text: this.field.value, target: this.#target });
      const { text = "", target = null } = this.#drafts.get(place) ?? {};
      this.#place = place;
      this.attachments.clear();
      this.#write(text, target);
    }
    this.row.hidden = Boolean(closed);
    this.closed.hidden = !closed;
    this.closed.textContent = closed;
    this.#dress();
  }

  reply(message) {
    this.#write(this.#target?.edit ? "" : this.field.value, { reply: message });
    this.field.focus();
  }

  edit(message) {
    this.#write(message.text ?? message.caption ?? "", { edit: message });
    this.field.focus();
  }

  /** Put a word at the end of what is written. */
  append(word) {
    const gap = this.field.value && !this.field.value.endsWith(" ") ? " " : "";
    this.#write(`${this.field.value}${gap}${word} `, this.#target);
    this.field.focus();
  }

  /** Send what is written and attached, or save the edit. */
  submit() {
    const text = this.field.value.trim();
    const target = this.#target;
    if (target?.edit) {
      if (text) this.on.edit(target.edit, text);
    } else if (this.attachments.files.length) this.#sendFiles(text, target?.reply);
    else if (text) this.on.send({ text, reply: target?.reply });
    else return;
    this.#write("", null);
    this.field.focus();
  }

  #sendFiles(text, reply) {
    const { files, asPhoto } = this.attachments;
    files.forEach((file, index) =>
      this.on.send({
        text: index ? "" : text,
        reply: index ? undefined : reply,
        file,
        asPhoto: asPhoto(file),
      }),
    );
    this.attachments.clear();
  }

  #sendCommand(text) {
    this.on.send({ text, reply: this.#target?.reply });
    this.#write("", null);
    this.field.focus();
  }

  #write(text, target) {
    this.field.value = text;
    this.#target = target;
    this.commands.close();
    this.inline.close();
    this.#dress();
    this.#resize();
  }

  #typed() {
    this.#resize();
    this.commands.filter();
    this.inline.typed(this.on.username());
    this.#dress();
  }

  // Enter during a composition ends the composition: Chinese is typed so.
  #keyPressed(event) {
    if (event.isComposing || event.keyCode === 229 || this.commands.keyPressed(event)) return;
    const { key } = event;
    if (key === "Enter" && !event.shiftKey && !event.altKey) this.submit();
    else if (key === "Escape" && this.#target) this.#leaveTarget();
    else if (key === "ArrowUp" && !this.field.value && !this.#target) this.on.lastOwn();
    else return;
    event.preventDefault();
  }

  #leaveTarget() {
    this.#write(this.#target.edit ? "" : this.field.value, null);
    this.field.focus();
  }

  #resize() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, innerHeight * TALLEST)}px`;
  }

  /** Bring what surrounds the field to the state of what is written. */
  #dress() {
    const { files } = this.attachments;
    const editing = Boolean(this.#target?.edit);
    const button = document.getElementById("send-button");
    fill(button, icon(editing ? "check" : "send"));
    button.classList.toggle("ready", Boolean(this.field.value.trim() || files.length));
    button.title = t(editing ? "save_edit" : "send");
    button.setAttribute("aria-label", button.title);
    this.field.placeholder = t(files.length ? "add_caption" : "message");
    this.bar.hidden = !this.#target || !this.closed.hidden;
    if (this.#target) this.#fillBar();
  }

  #fillBar() {
    const { edit, reply } = this.#target;
    const title = edit ? t("editing") : t("reply_to", { name: nameOf(senderOf(reply)) });
    fill(
      this.bar,
      icon(edit ? "edit" : "reply"),
      el("div.bar-text", {}, el("strong", {}, title), el("span", { dir: "auto" }, snippet(edit ?? reply))),
      iconButton("close", t("cancel"), () => this.#leaveTarget()),
    );
  }
}
