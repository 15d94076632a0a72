// What are the parts that all views are built of?

import { el } from "./dom.js";

/** A titled card. */
export function card(title, ...children) {
  return el("section.card", {}, el("h3", {}, title), ...children);
}

/** A table that scrolls by itself where the window is narrow; `columns` are [heading, cell of a row, kind]. */
export function table(label, columns, rows) {
  const head = el(
    "tr",
    {},
    ...columns.map(([heading, , kind]) => el(kind ? `th.${kind}` : "th", { scope: "col" }, heading)),
  );
  const body = rows.map((row) =>
    el("tr", {}, ...columns.map(([, cell, kind], index) => cellOf(cell(row), kind, index))),
  );
  return el(
    "div.scroll",
    { role: "region", "aria-label": label, tabindex: "0" },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)),
  );
}

function cellOf(content, kind, index) {
  const tag = index ? "td" : "th";
  return el(kind ? `${tag}.${kind}` : tag, index ? {} : { scope: "row" }, content ?? "–");
}

/** A list of figures with their names; `tiles` are [name, figure, bad]. */
export function tiles(entries) {
  return el(
    "dl.tiles",
    {},
    ...entries.map(([name, figure, bad]) =>
      el(bad ? "div.tile.bad" : "div.tile", {}, el("dt", {}, name), el("dd", {}, figure)),
    ),
  );
}

/** A form's field below its name; the input has an id. */
export function field(name, input) {
  return el("div.field", {}, el("label", { for: input.id }, name), input);
}

export const empty = (words) => el("p.empty", {}, words);
export const problem = (words) => el("p.problem", { role: "alert" }, words);
