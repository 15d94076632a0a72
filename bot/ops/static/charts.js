// How are curves and shares drawn, so that eyes, printers and screen readers get them?

import { el } from "./dom.js";
import { number, percent } from "./figures.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 240;
const EDGE = { left: 40, right: 18, top: 20, bottom: 34 };
const HUES = [5, 1, 3, 2, 6, 4, 0]; // of theme.css
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const TONES = { negative: "hue-1", neutral: "hue-dim", positive: "hue-5" };

const hueOf = (index) => `hue-${HUES[index % HUES.length]}`;

function shape(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const across = (share, width = WIDTH) => EDGE.left + share * (width - EDGE.left - EDGE.right);
const down = (share) => HEIGHT - EDGE.bottom - share * (HEIGHT - EDGE.top - EDGE.bottom);

/** Curves over the unit square; `series` are {name, x, y, area}, told apart by colour and by dashes. */
export function lines(title, series, xLabel, yLabel) {
  const paths = series.map((curve, index) =>
    shape("polyline", {
      class: `curve ${hueOf(index)} dash-${index % 4}`,
      points: curve.x.map((x, at) => `${across(x).toFixed(1)},${down(curve.y[at]).toFixed(1)}`).join(" "),
    }),
  );
  const told = series.map((curve) => `${curve.name} ${number(curve.area, 3)}`).join(", ");
  return figure(
    title,
    `${title}: ${told}`,
    [...grid(), ...axes(xLabel, yLabel), ...paths],
    legend(series.map((one) => [one.name, number(one.area, 3)])),
  );
}

/** Shares on top of each other, a column for each entry of `stretches`, hatched where none may be shown. */
export function columns(title, told, labels, names, stretches, tick) {
  const narrow = matchMedia("(max-width: 520px)").matches; // or a phone would shrink the words with the picture
  const width = narrow ? WIDTH : 2 * WIDTH;
  const hues = labels.map((label, index) => TONES[label] ?? hueOf(index));
  const step = (width - EDGE.left - EDGE.right) / stretches.length;
  const drawn = stretches.flatMap((stretch, place) => column(stretch, hues, across(0) + place * step, step));
  const every = Math.ceil(stretches.length / (narrow ? 3 : 6));
  const ticks = stretches
    .map((stretch, place) => [tick(stretch), place])
    .filter(([, place]) => place % every === 0)
    .map(([words, place]) =>
      shape(
        "text",
        { class: "tick", x: across(0) + (place + 0.5) * step, y: HEIGHT - 14, "text-anchor": "middle" },
        words,
      ),
    );
  return figure(
    title,
    told,
    [hatching(), ...grid(width), ...drawn, ...ticks],
    legend(
      names.map((name) => [name]),
      (index) => shape("rect", { class: `share ${hues[index]}`, width: 24, height: 12, rx: 3 }),
    ),
    width,
  );
}

function column({ shares, messages }, hues, left, step) {
  const wide = Math.max(1, step - Math.min(2, step / 4));
  if (!messages) return [];
  if (!shares.length)
    return [
      shape("rect", { class: "hidden-share", x: left, y: down(1), width: wide, height: down(0) - down(1) }),
    ];
  let base = 0;
  return shares.map((share, index) => {
    const rect = shape("rect", {
      class: `share ${hues[index]}`,
      x: left.toFixed(1),
      y: down(base + share).toFixed(1),
      width: wide.toFixed(1),
      height: (down(base) - down(base + share)).toFixed(1),
    });
    base += share;
    return rect;
  });
}

function hatching() {
  const stroke = shape("path", { class: "grid", d: "M0 6 6 0" });
  return shape("pattern", { id: "hatching", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, stroke);
}

function grid(width = WIDTH) {
  return TICKS.flatMap((share) => [
    shape("line", { class: "grid", x1: across(0), x2: across(1, width), y1: down(share), y2: down(share) }),
    shape(
      "text",
      { class: "tick", x: EDGE.left - 5, y: down(share) + 4, "text-anchor": "end" },
      percent(share),
    ),
  ]);
}

function axes(xLabel, yLabel) {
  const ticks = TICKS.map((share) =>
    shape(
      "text",
      { class: "tick", x: across(share), y: HEIGHT - 20, "text-anchor": "middle" },
      percent(share),
    ),
  );
  const bottom = shape(
    "text",
    { class: "axis", x: across(0.5), y: HEIGHT - 4, "text-anchor": "middle" },
    xLabel,
  );
  const side = shape("text", { class: "axis", x: 0, y: 10 }, yLabel);
  return [...ticks, bottom, side];
}

function figure(title, told, content, key, width = WIDTH) {
  const picture = shape(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": told },
    ...content,
  );
  return el("figure.chart", {}, el("figcaption", {}, title), picture, key);
}

function legend(entries, sample = line) {
  return el(
    "ul.legend",
    {},
    ...entries.map(([name, figure], index) =>
      el(
        "li",
        {},
        shape("svg", { class: "sample", viewBox: "0 0 24 12", "aria-hidden": "true" }, sample(index)),
        figure ? `${name} ${figure}` : name,
      ),
    ),
  );
}

const line = (index) =>
  shape("line", { class: `curve ${hueOf(index)} dash-${index % 4}`, x1: 0, x2: 24, y1: 6, y2: 6 });
