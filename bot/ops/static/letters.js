// What could not be answered, and how is it tried again?

import { el, fill } from "./dom.js";
import { moment } from "./figures.js";
import { t } from "./i18n.js";
import { card, empty, table } from "./parts.js";
import { post } from "./session.js";
import { view } from "./view.js";

export const lettersView = () =>
  view(
    "dead_letters",
    () => "letters",
    (letters) => {
      const said = el("p", { role: "status" });
      const columns = [
        [t("reference"), (letter) => letter.reference],
        [t("replay"), (letter) => button(letter, said)],
        [t("when"), (letter) => moment(letter.at)],
        [t("reason"), (letter) => letter.reason],
        [t("kind"), (letter) => letter.kind],
        [t("chat"), (letter) => String(letter.chat)],
      ];
      const hint = el("p.hint", {}, t("letters_hint"));
      return [
        card(
          t("dead_letters"),
          hint,
          said,
          letters.length ? table(t("dead_letters"), columns, letters) : empty(t("no_letters")),
        ),
      ];
    },
  );

function button(letter, said) {
  const label = t("replay_of", { reference: letter.reference });
  const node = el(
    "button.second",
    { type: "button", "aria-label": label, onclick: () => replay(letter, node, said) },
    t("replay"),
  );
  return node;
}

async function replay(letter, node, said) {
  node.disabled = true;
  try {
    await post("letters/replay", { id: letter.id });
    fill(node.parentNode, t("replayed"));
    said.classList.remove("problem");
    said.textContent = t("replayed_of", { reference: letter.reference });
  } catch (error) {
    node.disabled = false;
    said.classList.add("problem");
    said.textContent = error.status ? error.message : t("server_silent");
  }
}
