// How is an element built? From a tag, attributes and text nodes: text is never parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Build `tag.class.class` with attributes, `on…` listeners and children; null, false and "" are left out. */
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

/** An icon of the sheet in index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon and is called `label` by screen readers and in its tooltip. */
export function iconButton(name, label, onclick, className = "tool") {
  return el(
    `button.${className}`,
    { type: "button", "aria-label": label, title: label, onclick },
    icon(name),
  );
}

/** Make `nodes` the children of `parent`, in order, without moving those that stand right already. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}

export function fill(parent, ...children) {
  parent.replaceChildren(...present(children));
}

function present(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}
