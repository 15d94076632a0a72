// How does a text get to the clipboard, in pages that are not served by a secure origin too?

import { el } from "./dom.js";

export async function copyText(text) {
  if (navigator.clipboard) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // the browser refuses without a permission: the old way needs none
    }
  }
  const field = el("textarea.visually-hidden", { readonly: true });
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
