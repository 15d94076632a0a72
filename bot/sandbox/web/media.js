// How are photos, files and stickers shown?

import { fileUrl } from "./api.js";
import { el, fill, icon, iconButton } from "./dom.js";
import { t } from "./i18n.js";

const LARGEST = 420; // CSS pixels, the longer side of a photo in the chat
const UNITS = ["B", "KB", "MB", "GB"];

/** The nodes of whatever a message holds besides words, or null. */
export function media(message) {
  if (message.photo) return photo(message.photo);
  if (message.document) return file(message.document, message);
  if (message.sticker) return sticker(message.sticker);
  return null;
}

// Width and height are known before the picture is, so that nothing moves when it comes.
function photo(sizes) {
  const {
    file_id: id,
    width,
    height,
  } = sizes.reduce((best, size) => (size.width > best.width ? size : best));
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const shown = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const picture = el("img", { src: fileUrl(id), alt: t("photo"), ...shown, decoding: "async" });
  return el(
    "button.photo",
    { type: "button", "aria-label": t("photo"), onclick: () => enlarge(id) },
    picture,
  );
}

function file(document, { pending, failed }) {
  const name = document.file_name ?? t("document");
  const kind = name.includes(".") ? name.split(".").at(-1).slice(0, 4) : "";
  const children = [
    el(
      "span.file-kind",
      { "aria-hidden": "true" },
      failed ? icon("alert") : pending ? el("span.spinner") : icon("download"),
      el("small", {}, kind),
    ),
    el("span.file-name", {}, name),
    el("span.file-size", {}, fileSize(document.file_size ?? 0)),
  ];
  if (pending) return el("span.file", {}, children);
  const label = `${t("download")}: ${name}`;
  return el(
    "a.file",
    { href: fileUrl(document.file_id), download: name, "aria-label": label, title: label },
    children,
  );
}

function sticker({ emoji, file_id: id, width, height, is_animated: animated, is_video: video }) {
  if (!id || animated || video || !width) return el("span.sticker", { role: "img" }, emoji ?? "🙂");
  const picture = el("img.sticker", {
    src: fileUrl(id),
    alt: emoji ?? t("sticker"),
    width: 160,
    height: (160 * height) / width,
  });
  picture.addEventListener("error", () =>
    picture.replaceWith(el("span.sticker", { role: "img" }, emoji ?? "🙂")),
  );
  return picture;
}

/** 1536 is 1.5 KB. */
export function fileSize(bytes) {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const count = bytes / 1024 ** unit;
  return `${count.toFixed(unit && count < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Show a photo over the whole page until a click or Escape. */
function enlarge(id) {
  const dialog = document.getElementById("lightbox");
  const close = () => dialog.close();
  const save = el(
    "a.tool",
    { href: fileUrl(id), download: true, "aria-label": t("download"), title: t("download") },
    icon("download"),
  );
  fill(
    dialog,
    el("div.lightbox-tools", {}, save, iconButton("close", t("close"), close)),
    el("img", { src: fileUrl(id), alt: t("photo"), onclick: close }),
  );
  dialog.onclick = (event) => event.target === dialog && close();
  dialog.showModal();
}
