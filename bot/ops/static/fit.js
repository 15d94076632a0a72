// What does the bot make of these points?

import { el, fill } from "./dom.js";
import { number } from "./figures.js";
import { locale, t } from "./i18n.js";
import { card, field, problem, table } from "./parts.js";
import { post } from "./session.js";

const EXAMPLE = "poly2 predict=6\n0,1.1 1,2.2 2,5.1 3,9.8 4,17.3 5,25.9";
let typed = EXAMPLE;

/** The view of a playground for `/fit`. */
export class FitView {
  #turn = 0;
  #picture = null;

  constructor() {
    this.name = "fit";
  }

  show(main) {
    const text = el("textarea", {
      id: "fit-text",
      rows: "6",
      spellcheck: "false",
      "aria-describedby": "fit-hint",
    });
    text.value = typed;
    const button = el("button.primary", {}, t("fit_it"));
    const body = el("div.body", { "aria-live": "polite" });
    const onsubmit = (event) => {
      event.preventDefault();
      typed = text.value;
      this.#fit(button, body);
    };
    const hint = el("p.hint", { id: "fit-hint" }, t("fit_hint"));
    fill(
      main,
      el("h2", {}, t("fit")),
      el("form.card", { onsubmit }, field(t("points"), text), hint, el("div.row", {}, button)),
      body,
    );
  }

  leave() {
    this.#turn += 1;
    URL.revokeObjectURL(this.#picture);
  }

  async #fit(button, body) {
    const mine = ++this.#turn;
    button.disabled = true;
    try {
      const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      const played = await post("fit", { text: typed, theme, lang: locale() });
      if (mine === this.#turn) fill(body, this.#card(played));
    } catch (error) {
      if (mine === this.#turn) fill(body, problem(error.status ? error.message : t("server_silent")));
    } finally {
      button.disabled = false;
    }
  }

  #card({ words, fit, picture }) {
    return card(
      t("fit"),
      picture ? el("img.picture", { src: this.#url(picture), alt: words }) : null,
      el("p.words", {}, words),
      coefficients(fit),
    );
  }

  // A `data:` address would need a word in the policy of the page; one of ours needs none.
  #url(picture) {
    URL.revokeObjectURL(this.#picture);
    const content = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
    this.#picture = URL.createObjectURL(new Blob([content], { type: "image/png" }));
    return this.#picture;
  }
}

function coefficients(fit) {
  const digits = (value) => (value === null ? null : number(Number(value.toPrecision(6)), 12));
  const columns = [
    [t("term"), (row) => fit.terms[row]],
    [t("coefficient"), (row) => digits(fit.coefficients[row]), "number"],
    [t("std_error"), (row) => digits(fit.std_errors[row]), "number"],
    [t("interval"), (row) => fit.intervals[row].map(digits).join(" … "), "number"],
  ];
  return table(t("coefficients"), columns, [...fit.terms.keys()]);
}
