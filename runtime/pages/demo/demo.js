// A small shop to try the chat in. It does what a real shop does: it knows who is signed in and tells the widget.

const TEXTS = {
  zh: {
    title: "山前 Foothill：家常好物",
    notice: "这是演示商店，订单和付款都不是真的。",
    mailbox: "打开演示邮箱",
    brand: "山前",
    goods: "商品",
    care: "售后",
    otherLanguage: "English",
    signedInAs: "当前顾客",
    guest: "访客（未登录）",
    headline: "山脚下的日常好物",
    subline: "衣物、茶具和出门用得上的小东西。用着不合适，直接跟我们说。",
    look: "看看商品",
    careTitle: "退换货，说一声就行",
    careText: "右下角的售后助手能查订单、办退货、跟进退款，也能随时转人工。",
    ask: "联系售后",
    tryTitle: "可以试着这样说",
    examples: ["我要退货", "退款到哪一步了？", "收到的东西是坏的", "我要投诉快递", "转人工"],
    footer: "山前 Foothill 是 ReturnDesk 的演示商店。",
    problem: "商品暂时加载不出来，请稍后刷新页面。",
  },
  en: {
    title: "Foothill: everyday goods",
    notice: "This is a demo shop. No order or payment here is real.",
    mailbox: "Open the demo mailbox",
    brand: "Foothill",
    goods: "Goods",
    care: "Customer care",
    otherLanguage: "中文",
    signedInAs: "Signed in as",
    guest: "Guest (signed out)",
    headline: "Everyday goods from the foot of the hills",
    subline: "Clothes, tea things and small companions for the road. If something is not right, just tell us.",
    look: "See the goods",
    careTitle: "Returns are one message away",
    careText: "The assistant in the corner finds your order, sets up a return, follows your refund, and calls a person when you want one.",
    ask: "Contact us",
    tryTitle: "Things to try",
    examples: ["I want to return something", "Where is my refund?", "It arrived broken", "I have a complaint about the courier", "I want to talk to a person"],
    footer: "Foothill is the demo shop of ReturnDesk.",
    problem: "The goods cannot be loaded right now. Please reload the page in a moment.",
  },
};

const SIGNED_IN = "foothill:signed-in"; // {id, name, site_token}, for this tab
const wanted = new URLSearchParams(location.search).get("lang") ?? navigator.language;
const language = wanted.startsWith("zh") ? "zh" : "en";
const other = language === "zh" ? "en" : "zh";
const texts = TEXTS[language];
const by = (id) => document.getElementById(id);
const desk = by("desk");

async function fetched(path, body) {
  const request = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, request);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function write() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = texts.title;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  by("home").href = `/demo/?lang=${language}`;
  by("language").href = `/demo/?lang=${other}`;
  by("language").lang = other;
  by("mailbox").href = `/demo/mailbox/?lang=${language}`;
  by("examples").replaceChildren(...texts.examples.map((text) => made("li", text)));
  by("ask").addEventListener("click", () => desk.open());
}

function made(name, text = "") {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
}

function priced({ amount, currency }) {
  return new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en-GB", { style: "currency", currency }).format(amount);
}

function tile({ title, price, image }) {
  const picture = made(image ? "img" : "div");
  if (image) Object.assign(picture, { src: image, alt: "", loading: "lazy" });
  else picture.className = "blank";
  const item = made("li");
  item.append(picture, made("h3", title), made("p", priced(price)));
  return item;
}

async function showProducts() {
  try {
    const products = await fetched(`/demo/api/products?language=${language}`);
    by("products").replaceChildren(...products.map(tile));
  } catch {
    by("problem").textContent = texts.problem;
    by("problem").hidden = false;
  }
}

const signedIn = () => JSON.parse(sessionStorage.getItem(SIGNED_IN));

function tell(customer) {
  if (customer) desk.setAttribute("site-token", customer.site_token);
  else desk.removeAttribute("site-token");
}

async function signIn(id) {
  if (id) sessionStorage.setItem(SIGNED_IN, JSON.stringify({ id, ...(await fetched("/demo/api/sign-in", { customer_id: id })) }));
  else sessionStorage.removeItem(SIGNED_IN);
  tell(signedIn());
}

async function showCustomers() {
  const choice = by("customer");
  choice.replaceChildren(new Option(texts.guest, ""));
  const customers = await fetched("/demo/api/customers").catch(() => []);
  choice.append(...customers.map(({ id, name }) => new Option(name, id)));
  choice.value = signedIn()?.id ?? "";
  choice.addEventListener("change", () => signIn(choice.value).catch(() => (choice.value = signedIn()?.id ?? "")));
}

desk.setAttribute("language", language);
desk.setAttribute("shop-name", language === "zh" ? "山前" : "Foothill");
tell(signedIn()); // before the widget starts, or it would take the customer for signed out
write();
showProducts();
showCustomers();
if (signedIn()) signIn(signedIn().id).catch(() => {}); // the token does not live long
