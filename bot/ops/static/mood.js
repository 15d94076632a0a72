// What was the mood of a chat?

import { columns } from "./charts.js";
import { el, fill } from "./dom.js";
import { number, percent } from "./figures.js";
import { locale, t, word } from "./i18n.js";
import { card, empty, field, problem, table } from "./parts.js";
import { get } from "./session.js";

const DAYS = [1, 7, 30, 90];

/** The view of a chat's mood; the chats view opens it with an id. */
export class MoodView {
  #chat = "";
  #days = 7;
  #body = null;
  #turn = 0;

  constructor() {
    this.name = "mood";
  }

  /** Show the mood of this chat next. */
  choose(chat) {
    this.#chat = String(chat);
  }

  show(main) {
    const chat = el("input", {
      id: "mood-chat",
      inputmode: "text",
      autocomplete: "off",
      required: true,
      value: this.#chat,
      pattern: "[\\-−]?[0-9]{1,16}",
    });
    const days = el(
      "select",
      { id: "mood-days" },
      ...DAYS.map((count) =>
        el("option", { value: count, selected: count === this.#days }, t("days", { count })),
      ),
    );
    const onsubmit = (event) => {
      event.preventDefault();
      this.#chat = chat.value.trim();
      this.#days = Number(days.value);
      this.#load();
    };
    this.#body = el("div.body", { "aria-live": "polite" });
    const form = el(
      "form.row",
      { onsubmit },
      field(t("chat_id"), chat),
      field(t("time"), days),
      el("button.primary", {}, t("show")),
    );
    fill(main, el("h2", {}, t("mood")), el("p.hint", {}, t("mood_hint")), form, this.#body);
    if (this.#chat) this.#load();
  }

  leave() {
    this.#turn += 1;
  }

  async #load() {
    const mine = ++this.#turn;
    const query = new URLSearchParams({ chat: this.#chat, days: this.#days, lang: locale() });
    try {
      const mood = await get(`mood?${query}`);
      if (mine === this.#turn) fill(this.#body, cardOf(mood));
    } catch (error) {
      if (mine === this.#turn) fill(this.#body, problem(error.status ? error.message : t("server_silent")));
    }
  }
}

function cardOf(mood) {
  const title = t("mood_of", { chat: mood.chat });
  if (!mood.messages) return card(title, empty(t("no_mood")));
  if (!mood.words) return card(title, empty(t("few_people", { count: mood.fewest })));
  const names = mood.labels.map((label) => word("tone", label));
  const tick = (stretch) => time(stretch, mood.stretches[0].hours);
  const rows = mood.stretches.filter((stretch) => stretch.messages);
  const head = [
    [t("time"), tick],
    [t("messages"), (stretch) => number(stretch.messages), "number"],
    ...names.map((name, index) => [
      name,
      (stretch) => (stretch.shares.length ? percent(stretch.shares[index]) : null),
      "number",
    ]),
  ];
  return card(
    title,
    el("p", {}, mood.words),
    columns(t("shares"), mood.words, mood.labels, names, mood.stretches, tick),
    rows.some((stretch) => !stretch.shares.length)
      ? el("p.hint", {}, t("few_people_hidden", { count: mood.fewest }))
      : null,
    el("details", {}, el("summary", {}, t("as_table")), table(title, head, rows)),
  );
}

function time(stretch, hours) {
  const options =
    hours < 24
      ? { weekday: "short", hour: "2-digit", minute: "2-digit" }
      : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale(), options).format(Date.parse(stretch.start));
}
