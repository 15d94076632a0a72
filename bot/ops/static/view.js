// How does a view ask for what it shows, wait for it, and say what went wrong?

import { el, fill } from "./dom.js";
import { t } from "./i18n.js";
import { problem } from "./parts.js";
import { get } from "./session.js";

/**
 * Build a view: `name` is its place in the address and its title; `path` says what to ask for, `build` turns the
 * answer into nodes and is given a function that shows it anew.
 */
export function view(name, path, build) {
  let turn = 0; // who left meanwhile, or asked again, takes no answer of before

  function show(main) {
    const body = el("div.body", { "aria-busy": "true" }, el("p.empty", {}, t("loading")));
    const again = el("button.second", { type: "button", onclick: () => load(body) }, t("refresh"));
    fill(main, el("div.row", {}, el("h2", {}, t(name)), again), body);
    return load(body);
  }

  async function load(body) {
    const mine = ++turn;
    try {
      const answer = await get(path());
      if (mine === turn)
        fill(
          body,
          build(answer, () => load(body)),
        );
    } catch (error) {
      if (mine === turn) fill(body, problem(error.status ? error.message : t("server_silent")));
    } finally {
      body.removeAttribute("aria-busy");
    }
  }

  return {
    name,
    show,
    leave() {
      turn += 1;
    },
  };
}
