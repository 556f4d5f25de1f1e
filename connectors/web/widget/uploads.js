// Photos and files on their way. A file cannot be stored over a reload, so these live in the tab.

import { newId } from "./outbox.js";

export const ACCEPTED = ["image/jpeg", "image/png", "image/webp", "application/pdf", "video/mp4"];
const LIMIT = 10 * 1024 * 1024;

/** Only these are ever drawn on the page; everything else is offered for saving. */
export const isPicture = (type) => ["image/jpeg", "image/png", "image/webp"].includes(type);

export class Uploads {
  items = [];
  #api;
  #changed;
  #sent;
  #unauthorized;
  #previews = new Map(); // attachment id -> blob address
  #queue = Promise.resolve();

  constructor({ api, changed, sent, unauthorized }) {
    this.#api = api;
    this.#changed = changed;
    this.#sent = sent;
    this.#unauthorized = unauthorized;
  }

  add(file) {
    const preview = isPicture(file.type) ? URL.createObjectURL(file) : null;
    const item = { id: newId(), at: new Date().toISOString(), file, preview, progress: 0, code: objection(file) };
    this.items.push(item);
    this.#changed();
    if (!item.code) this.#enqueue(item);
  }

  retry(id) {
    const item = this.items.find((one) => one.id === id);
    if (!item) return;
    item.code = null;
    item.progress = 0;
    this.#changed();
    this.#enqueue(item);
  }

  discard(id) {
    this.items = this.items.filter((item) => item.id !== id);
    this.#changed();
  }

  confirm(id) {
    this.items = this.items.filter((item) => item.id !== id);
  }

  previewOf(attachmentId) {
    return this.#previews.get(attachmentId);
  }

  keepPreview(attachmentId, address) {
    this.#previews.set(attachmentId, address);
  }

  clear() {
    for (const address of [...this.#previews.values(), ...this.items.map((item) => item.preview)]) {
      if (address) URL.revokeObjectURL(address);
    }
    this.#previews.clear();
    this.items = [];
  }

  #enqueue(item) {
    this.#queue = this.#queue.then(() => this.#send(item));
  }

  async #send(item) {
    if (!this.items.includes(item)) return;
    const progress = (share) => {
      item.progress = share;
      this.#changed();
    };
    try {
      const { attachment_id, seq } = await this.#api.upload(item.file, item.id, progress);
      if (item.preview) this.#previews.set(attachment_id, item.preview);
      const attachments = [{ attachment_id, name: item.file.name, media_type: item.file.type, size: item.file.size }];
      if (this.items.includes(item)) this.#sent({ seq, text: "", attachments, client_message_id: item.id, at: item.at });
    } catch (error) {
      if (error.code === "unauthorized") return this.#unauthorized();
      item.code = error.code;
      this.#changed();
    }
  }
}

/** What the server would refuse anyway, said at once. */
function objection(file) {
  if (!file.size) return "file_empty";
  if (file.size > LIMIT) return "file_too_large";
  return ACCEPTED.includes(file.type) ? null : "file_type";
}
