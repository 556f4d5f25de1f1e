// Building nodes without markup: text is only ever inserted as text.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  chat: "M4 5.5h16v11H10.5L6 20v-3.5H4zM9.8 8.2 7.4 10.6l2.4 2.4M7.6 10.6h5.6a2.4 2.4 0 0 1 2.4 2.4",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  send: "M12 19V5M6 11l6-6 6 6",
  clip: "M19 11.5 12 18.4a4.4 4.4 0 0 1-6.2-6.2l7.4-7.3a3 3 0 0 1 4.2 4.2l-7.3 7.2a1.5 1.5 0 0 1-2.1-2.1l6.6-6.5",
  erase: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.2 10.5v5.5M13.8 10.5v5.5",
  yes: "M5 12.5 10 17.5 19 7.5",
  no: "M7 7l10 10M17 7 7 17",
  aside: "M6 12h12",
  review: "M12 7v5l3 2M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16",
  phone: "M8 3.5h8a1 1 0 0 1 1 1v15a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1M11 17.8h2",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
};

/** A node; properties starting with "on" are listeners, unknown ones attributes, null or false ones left out. */
export function el(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key === "text") node.textContent = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export const iconButton = (name, label, onclick, className = "") =>
  el("button", { type: "button", class: `icon-button ${className}`, "aria-label": label, title: label, onclick }, icon(name));

/** A text node list in which bare http(s) addresses are links. */
export function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"'，。！？；：、（）【】《》“”]+/g)) {
    const address = match[0].replace(/[.,!?;:)\]}]+$/, "");
    if (!URL.canParse?.(address) && !isAddress(address)) continue;
    parts.push(text.slice(end, match.index), anchor(address));
    end = match.index + address.length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
}

function isAddress(address) {
  try {
    return Boolean(new URL(address));
  } catch {
    return false;
  }
}

const anchor = (href) => el("a", { href, target: "_blank", rel: "noopener noreferrer", text: href });
