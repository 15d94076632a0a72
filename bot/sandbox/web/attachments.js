// Which files wait to be sent? They come by the button, by drag and drop, or from the clipboard.

import { el, fill, icon, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { fileSize } from "./media.js";

const PHOTOS = new Set(["image/png", "image/jpeg", "image/webp"]);

/** The row of chosen files above the field. */
export class Attachments {
  files = [];
  #asPhotos = true;

  constructor({ onChange }) {
    this.onChange = onChange;
    this.root = document.getElementById("attachments");
    this.input = document.getElementById("file-input");
    document.getElementById("attach-button").addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = ""; // the same file can be chosen once more
    });
    document.getElementById("field").addEventListener("paste", (event) => this.#pasted(event));
    this.#catchDrops(document.getElementById("chat"), document.getElementById("drop-target"));
  }

  add(files) {
    this.files = [...this.files, ...files];
    this.#render();
    this.onChange();
  }

  clear() {
    this.files = [];
    this.#render();
  }

  /** Whether a file goes as a photo: it is a picture, and the box is ticked. */
  asPhoto = (file) => this.#asPhotos && PHOTOS.has(file.type);

  // Office programs put a picture of the cells beside their text: the text is what was meant.
  #pasted(event) {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    this.add(files);
  }

  #catchDrops(zone, target) {
    let depth = 0; // entering a child leaves its parent: only the last leave is one
    const carriesFiles = (event) => event.dataTransfer.types.includes("Files");
    const show = (shown) => (target.hidden = !shown);
    zone.addEventListener("dragenter", (event) => carriesFiles(event) && (depth++, show(true)));
    zone.addEventListener("dragleave", (event) => carriesFiles(event) && show(--depth > 0));
    zone.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    zone.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      show(false);
      if (!document.getElementById("composer-row").hidden) this.add(event.dataTransfer.files);
    });
  }

  #render() {
    this.root.hidden = !this.files.length;
    fill(
      this.root,
      this.files.map((file) => this.#item(file)),
      this.files.some((file) => PHOTOS.has(file.type)) && this.#photoBox(),
    );
  }

  #item(file) {
    const remove = () => {
      this.files = this.files.filter((other) => other !== file);
      this.#render();
      this.onChange();
    };
    const words = el(
      "span.attachment-words",
      {},
      el("span.file-name", {}, file.name),
      el("span.file-size", {}, fileSize(file.size)),
    );
    return el("div.attachment", {}, icon("file"), words, iconButton("close", t("remove_file"), remove));
  }

  #photoBox() {
    const box = el("input", {
      type: "checkbox",
      checked: this.#asPhotos,
      onchange: () => (this.#asPhotos = box.checked),
    });
    return el("label.photo-box", {}, box, t("send_as_photo"));
  }
}
