// How does a text with Bot API entities become nodes? Offsets count UTF-16 units, as JavaScript's do.

import { el } from "./dom.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};
const SAFE_LINK = /^(https?:|mailto:|tel:|tg:)/i;

/** Return the nodes of a text; `on.command`, `on.mention` and `on.link` are told of clicks. */
export function richText(text, entities = [], on = {}) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return range(text, 0, text.length, sorted, on);
}

// Entities nest and never cross: each holds those that start before its end.
function range(text, start, end, entities, on) {
  const nodes = [];
  let position = start;
  for (let index = 0; index < entities.length;) {
    const entity = entities[index];
    const stop = Math.min(entity.offset + entity.length, end);
    const inner = entities.slice(index + 1).filter(({ offset }) => offset < stop);
    index += 1 + inner.length;
    if (entity.offset < position || stop <= entity.offset) continue;
    nodes.push(text.slice(position, entity.offset));
    const children = range(text, entity.offset, stop, inner, on);
    nodes.push(wrap(entity, text.slice(entity.offset, stop), children, on));
    position = stop;
  }
  nodes.push(text.slice(position, end));
  return nodes.filter((node) => node !== "");
}

function wrap(entity, text, children, on) {
  switch (entity.type) {
    case "bot_command":
      return clickable(children, () => on.command?.(text));
    case "mention":
      return clickable(children, () => on.mention?.(text));
    case "text_mention":
      return clickable(children, () => on.mention?.(text, entity.user));
    case "url":
      return link(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`, children, on);
    case "text_link":
      return link(entity.url, children, on);
    case "email":
      return link(`mailto:${text}`, children, on);
    case "pre":
      return el("pre", { "data-language": entity.language }, el("code", {}, children));
    case "spoiler":
      return spoiler(children);
    default:
      return TAGS[entity.type] ? el(TAGS[entity.type], {}, children) : el("span", {}, children);
  }
}

function clickable(children, onclick) {
  return el("button.inline-link", { type: "button", onclick }, children);
}

/** A link that opens beside the page; anything that is no plain web address stays text. */
export function link(href, children, on = {}) {
  if (!SAFE_LINK.test(href)) return el("span", {}, children);
  const onclick = (event) => on.link?.(href) && event.preventDefault();
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", onclick }, children);
}

function spoiler(children) {
  const show = (event) => event.currentTarget.classList.add("shown");
  return el("span.spoiler", { role: "button", tabindex: 0, onclick: show, onkeydown: show }, children);
}
