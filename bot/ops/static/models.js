// Which models are there, and how good is each?

import { lines } from "./charts.js";
import { el, fill } from "./dom.js";
import { moment, number, percent } from "./figures.js";
import { known, t, word } from "./i18n.js";
import { card, empty, problem, table, tiles } from "./parts.js";
import { get } from "./session.js";
import { view } from "./view.js";

const SHARES = ["accuracy", "macro_precision", "macro_recall", "macro_f1"];

export const modelsView = () =>
  view(
    "models",
    () => "models",
    (models) => {
      const place = el("div.body", { id: "model-card", tabindex: "-1" });
      const columns = [
        [
          t("model"),
          (model) => el("button.plain", { type: "button", onclick: () => open(model, place) }, model.name),
        ],
        [t("chat"), (model) => model.owner || t("every_chat")],
        [t("version"), (model) => model.version ?? t("not_trained")],
        [t("labels"), (model) => model.labels.map((label) => word("tone", label)).join(", ")],
        [t("made"), (model) => moment(Date.parse(model.created) / 1000)],
      ];
      return [card(t("all_models"), table(t("models"), columns, models)), place];
    },
  );

async function open(model, place) {
  fill(place, el("p.empty", {}, t("loading")));
  try {
    const query = new URLSearchParams({ owner: model.owner, name: model.name });
    fill(place, cardOf(await get(`model?${query}`)));
  } catch (error) {
    fill(place, problem(error.status ? error.message : t("server_silent")));
  }
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "start" });
}

function cardOf(model) {
  const { summary, figures } = model;
  const title = `${summary.name} ${summary.version ?? ""}`;
  if (!summary.version) return card(title, empty(t("not_trained")), examples(model));
  const shown = Object.entries(figures).map(([name, value]) => [t(name), figure(name, value)]);
  return card(
    title,
    el("p.hint", {}, origin(model)),
    shown.length ? tiles(shown) : null,
    examples(model),
    perLabel(model),
    confusion(model),
    curves(model),
  );
}

function origin(model) {
  const facts = [known(`arch_${model.arch}`) ? t(`arch_${model.arch}`) : model.arch];
  if (model.trained) facts.push(t("trained_at", { when: moment(Date.parse(model.trained) / 1000) }));
  if (model.versions.length > 1) facts.push(t("versions", { list: model.versions.join(", ") }));
  if (model.right + model.wrong)
    facts.push(t("verdicts", { right: number(model.right), wrong: number(model.wrong) }));
  return facts.join(" · ");
}

function figure(name, value) {
  if (value === null) return "–";
  return name === "samples" ? number(value) : SHARES.includes(name) ? percent(value) : number(value, 3);
}

function examples(model) {
  const held = Object.entries(model.examples);
  if (!held.length) return null;
  return el(
    "p",
    {},
    `${t("examples")}: ${held.map(([label, count]) => `${label} ${number(count)}`).join(" · ")}`,
  );
}

function perLabel({ summary, per_label: held }) {
  if (!held.f1) return null;
  const columns = [
    [t("label"), (row) => word("tone", summary.labels[row])],
    ...["precision", "recall", "f1"].map((name) => [t(name), (row) => percent(held[name][row]), "number"]),
    [t("samples"), (row) => number(held.support[row]), "number"],
  ];
  return part(t("per_label"), table(t("per_label"), columns, [...summary.labels.keys()]));
}

function confusion({ summary, confusion: held }) {
  if (!held.length) return null;
  const columns = [
    [t("truth"), (row) => word("tone", summary.labels[row])],
    ...summary.labels.map((label, column) => [
      word("tone", label),
      (row) => number(held[row][column]),
      "number",
    ]),
  ];
  return part(t("confusion"), table(t("confusion"), columns, [...summary.labels.keys()]));
}

function curves({ summary, roc, precision_recall: precisionRecall }) {
  const draw = (name, held, x, y) => {
    const series = held
      .map((curve, row) => curve && { name: word("tone", summary.labels[row]), ...curve })
      .filter(Boolean);
    return series.length ? lines(t(name), series, t(x), t(y)) : null;
  };
  const drawn = [
    draw("roc", roc, "false_positives", "recall"),
    draw("precision_recall", precisionRecall, "recall", "precision"),
  ];
  return drawn.some(Boolean) ? el("div.charts", {}, ...drawn) : null;
}

const part = (title, content) => el("div", {}, el("h4", {}, title), content);
