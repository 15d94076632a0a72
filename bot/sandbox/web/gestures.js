// How are messages reached without their buttons: by keys, a swipe, a double click, the context menu?

const SWIPE = 56; // CSS pixels to the left that make a reply
const SLACK = 12; // CSS pixels before a touch counts as a swipe

/** Listen on the timeline; `on.reply(message)`, `on.menu(message, point)` and `on.leave()` are told. */
export function catchGestures(timeline, on) {
  const { root } = timeline;
  root.addEventListener("keydown", (event) => walk(event, timeline, on));
  root.addEventListener("contextmenu", (event) => openContext(event, timeline, on));
  root.addEventListener("dblclick", (event) => doubleClicked(event, timeline, on));
  root.addEventListener(
    "pointerdown",
    (event) => event.pointerType === "touch" && follow(event, timeline, on),
  );
}

function walk(event, timeline, on) {
  const here = document.activeElement.closest("article.message");
  if (event.target !== here && event.target !== timeline.root) return;
  if (event.key === "ArrowUp" || event.key === "ArrowDown")
    step(timeline.root, here, event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Escape") on.leave();
  else if (event.key === "Enter" && here) on.menu(timeline.message(here), centreOf(here));
  else return;
  event.preventDefault();
}

function step(root, here, by) {
  const articles = [...root.querySelectorAll("article.message")];
  const next = here ? articles[articles.indexOf(here) + by] : articles.at(-1);
  next?.focus();
}

function openContext(event, timeline, on) {
  const message = timeline.message(event.target);
  const selected = !getSelection().isCollapsed; // the browser's own menu copies it
  if (!message || selected || event.target.closest(".words a")) return;
  event.preventDefault();
  const byKey = event.clientX === 0 && event.clientY === 0;
  const point = byKey ? centreOf(event.target) : { x: event.clientX, y: event.clientY };
  const open = () => on.menu(message, point);
  // Where the button is still down, its release would count as a click beside a menu that is already open.
  if (event.buttons) addEventListener("pointerup", open, { once: true });
  else open();
}

function doubleClicked(event, timeline, on) {
  const message = timeline.message(event.target);
  if (!message || event.target.closest("button, a")) return;
  getSelection().removeAllRanges();
  on.reply(message);
}

// The list itself scrolls up and down (touch-action in the style sheet), so that only sideways moves come here.
function follow(start, timeline, on) {
  const node = start.target.closest("article.message");
  const message = node && timeline.message(node);
  if (!message) return;
  const shift = (event) => Math.max(-SWIPE * 1.4, Math.min(0, event.clientX - start.clientX));
  const controller = new AbortController();
  const listen = (name, listener) => node.addEventListener(name, listener, { signal: controller.signal });
  const end = () => {
    controller.abort();
    node.style.transform = "";
    node.classList.remove("swiped");
  };
  listen("pointermove", (event) => {
    const by = shift(event);
    if (-by < SLACK) return;
    node.style.transform = `translateX(${by}px)`;
    node.classList.toggle("swiped", -by >= SWIPE);
  });
  listen("pointerup", (event) => {
    end();
    if (-shift(event) >= SWIPE) on.reply(message);
  });
  listen("pointercancel", end);
}

function centreOf(node) {
  const { left, top, width, height } = node.getBoundingClientRect();
  return { x: left + width / 2, y: top + Math.min(height / 2, 40) };
}
