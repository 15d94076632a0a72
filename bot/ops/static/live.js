// What goes on at this moment: queues, trainings, workers?

import { el, fill } from "./dom.js";
import { bytes, moment, number, span } from "./figures.js";
import { t, word } from "./i18n.js";
import { card, empty, table, tiles } from "./parts.js";

/** Show the state that the server streams; parts that stay the same are left alone. */
export class Live {
  #parts = new Map();
  #state = null;

  constructor() {
    this.name = "live";
  }

  show(main) {
    this.#parts.clear();
    fill(
      main,
      el("h2", {}, t("now")),
      ...["halts", "tiles", "queues", "jobs", "workers"].map((name) => this.#part(name)),
    );
    if (this.#state) this.hear(this.#state);
  }

  /** Hear of a new state. */
  hear(state) {
    this.#state = state;
    if (!this.#parts.size) return;
    this.#put("halts", state.halts, () => halts(state.halts));
    this.#put(
      "tiles",
      [
        state.updates,
        state.dead_letters,
        state.replicas,
        state.memory,
        state.workers.length,
        state.blocks,
        state.maintenance,
        state.held,
      ],
      () => figures(state),
    );
    this.#put("queues", state.queues, () => queues(state.queues));
    this.#put("jobs", state.jobs, () => jobs(state.jobs));
    this.#put("workers", state.workers, () => workers(state.workers));
  }

  leave() {
    this.#parts.clear();
  }

  #part(name) {
    const node = el("div", { id: `live-${name}` });
    this.#parts.set(name, { node, shown: null });
    return node;
  }

  #put(name, data, build) {
    const part = this.#parts.get(name);
    const wanted = JSON.stringify(data);
    if (part.shown === wanted) return;
    part.shown = wanted;
    const place = part.node.querySelector(".scroll")?.scrollLeft ?? 0;
    const held = part.node.contains(document.activeElement);
    fill(part.node, build());
    const scroll = part.node.querySelector(".scroll");
    if (scroll) scroll.scrollLeft = place;
    if (held) scroll?.focus();
  }
}

function halts(held) {
  return held.length
    ? el("p.card.halts", { role: "status" }, held.map((name) => t(`halt_${name}`)).join(" "))
    : [];
}

function figures(state) {
  return tiles([
    [t("updates"), number(state.updates), state.updates > 1000],
    [t("dead_letters"), number(state.dead_letters), state.dead_letters > 0],
    [t("workers"), number(state.workers.length), !state.workers.length],
    ...maintenance(state),
    [t("replicas"), number(state.replicas)],
    [t("blocks"), number(state.blocks)],
    [t("memory"), bytes(state.memory)],
    [t("uptime"), moment(state.started)],
    [t("version"), state.version],
  ]);
}

function maintenance(state) {
  if (state.maintenance === null) return [];
  return [
    [t("maintenance"), moment(state.maintenance), true],
    [t("updates_held"), number(state.held)],
  ];
}

function queues(held) {
  const columns = [
    [t("queue"), (queue) => queue.name],
    [t("waiting"), (queue) => number(queue.waiting), "number"],
    [t("running"), (queue) => number(queue.running), "number"],
    [t("scheduled"), (queue) => number(queue.scheduled), "number"],
  ];
  return card(t("queues"), table(t("queues"), columns, held));
}

function jobs(held) {
  const columns = [
    [t("job"), (job) => job.id],
    [t("chat"), (job) => job.chat],
    [t("model"), (job) => job.model],
    [t("state"), (job) => word("state", job.state)],
    [t("stage"), (job) => word("stage", job.stage, job)],
    [t("left"), (job) => (job.estimate === null ? null : span(job.estimate)), "number"],
    [t("since"), (job) => moment(job.created)],
  ];
  return card(t("jobs"), held.length ? table(t("jobs"), columns, held) : empty(t("no_jobs")));
}

function workers(held) {
  const columns = [
    [t("worker"), (worker) => worker.name.slice(0, 8)],
    [t("host"), (worker) => worker.host],
    [t("state"), (worker) => word("state", worker.state)],
    [t("job"), (worker) => worker.job],
    [t("done"), (worker) => number(worker.done), "number"],
    [t("failed"), (worker) => number(worker.failed), "number"],
    [t("since"), (worker) => moment(worker.since)],
  ];
  return card(t("workers"), held.length ? table(t("workers"), columns, held) : empty(t("no_workers")));
}
