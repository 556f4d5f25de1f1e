// The demo mailbox: what the service would have sent by e-mail, newest first.

const TEXTS = {
  zh: {
    title: "演示邮箱",
    about: "服务本来会发出去的邮件都收在这里，验证码也在。",
    shop: "回到商店",
    otherLanguage: "English",
    empty: "还没有邮件。",
    trouble: "暂时连不上，正在重试…",
    to: "收件人：",
  },
  en: {
    title: "Demo mailbox",
    about: "What the service would have sent by e-mail ends up here, codes included.",
    shop: "Back to the shop",
    otherLanguage: "中文",
    empty: "No mail yet.",
    trouble: "Not reachable right now, trying again…",
    to: "To ",
  },
};

const EVERY = 2000;
const wanted = new URLSearchParams(location.search).get("lang") ?? navigator.language;
const language = wanted.startsWith("zh") ? "zh" : "en";
const texts = TEXTS[language];
const clock = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "medium" });
const by = (id) => document.getElementById(id);
const shown = new Set();
let last = 0;

function made(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

function withLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"'，。；：、（）]+)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const link = made("a", part);
    Object.assign(link, { href: part, target: "_blank", rel: "noopener noreferrer" });
    return link;
  });
}

function show(mail) {
  if (shown.has(mail.id)) return;
  shown.add(mail.id);
  last = mail.id;
  const time = made("time", clock.format(new Date(mail.at)));
  time.dateTime = mail.at;
  const head = made("header", made("span", `${texts.to}${mail.to}`), time);
  by("mails").prepend(made("li", head, made("h2", mail.subject), made("p", ...withLinks(mail.text))));
}

function say(text) {
  if (by("state").textContent !== text) by("state").textContent = text;
}

async function look() {
  try {
    const response = await fetch(`/demo/api/mails?after=${encodeURIComponent(last)}`, { cache: "no-store" });
    if (!response.ok) throw new Error(response.status);
    const mails = await response.json();
    mails.sort((one, other) => new Date(one.at) - new Date(other.at)).forEach(show);
    say(shown.size ? "" : texts.empty);
  } catch {
    say(texts.trouble);
  }
  setTimeout(look, EVERY);
}

document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
document.title = texts.title;
for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
by("shop").href = `/demo/?lang=${language}`;
by("language").href = `?lang=${language === "zh" ? "en" : "zh"}`;
look();
