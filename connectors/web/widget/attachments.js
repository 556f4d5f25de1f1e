// Photos and files in the conversation, and the one that is just being uploaded.

import { el, icon } from "./dom.js";
import { size } from "./format.js";
import { isPicture } from "./uploads.js";

export function attachmentsOf(attachments, scene) {
  return attachments.map((attachment) => (isPicture(attachment.media_type) ? picture(attachment, scene) : plainFile(attachment, scene)));
}

/** {node, update(item)} for a file on its way. */
export function uploadOf(item, { texts, language, grew }) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": item.file.name });
  const words = el("span", { class: "size" });
  const face = item.preview ? el("img", { src: item.preview, alt: item.file.name, onload: grew }) : fileFace(item.file.name, size(item.file.size, language));
  return {
    node: el("div", { class: "upload" }, face, el("div", { class: "upload-state" }, bar, words)),
    update({ progress, code }) {
      bar.value = progress;
      bar.parentNode.hidden = Boolean(code);
      words.textContent = texts.uploading(Math.round(progress * 100));
    },
  };
}

function picture(attachment, scene) {
  const image = el("img", { alt: attachment.name, onload: scene.grew });
  const node = el("button", { type: "button", class: "picture", "aria-label": scene.texts.download(attachment.name), onclick: () => save(attachment, scene) }, image);
  const known = scene.conversation.uploads.previewOf(attachment.attachment_id);
  if (known) image.src = known;
  else whenSeen(node, () => load(attachment, scene).then((address) => (image.src = address), () => node.replaceChildren(fileFace(attachment.name, size(attachment.size, scene.language)))));
  return node;
}

function plainFile(attachment, scene) {
  const label = scene.texts.download(attachment.name);
  return el("button", { type: "button", class: "file", "aria-label": label, onclick: () => save(attachment, scene) }, fileFace(attachment.name, size(attachment.size, scene.language)));
}

const fileFace = (name, detail) => el("span", { class: "file-face" }, icon("file"), el("span", { class: "file-name", text: name }), el("span", { class: "size", text: detail }));

async function load({ attachment_id, media_type }, { conversation }) {
  const bytes = await conversation.file(attachment_id);
  const address = URL.createObjectURL(new Blob([bytes], { type: media_type }));
  conversation.uploads.keepPreview(attachment_id, address);
  return address;
}

async function save(attachment, scene) {
  const address = scene.conversation.uploads.previewOf(attachment.attachment_id) ?? (await load(attachment, scene).catch(() => null));
  if (address) el("a", { href: address, download: attachment.name }).click();
}

function whenSeen(node, act) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    act();
  });
  observer.observe(node);
}
