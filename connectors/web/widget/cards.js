// Slips: an order, a decision, a return. Drawn from data; a type we do not know is skipped.

import { el, icon } from "./dom.js";
import { date, isZero, money } from "./format.js";

const PATHS = {
  return: ["requested", "approved", "awaiting_parcel", "in_transit", "received", "inspected", "closed"],
  exchange: ["requested", "approved", "awaiting_payment", "awaiting_parcel", "in_transit", "received", "replacing", "closed"],
  refund_only: ["requested", "approved", "inspected", "closed"],
};
const DRAW = { order, verdict, return: returned };

/** `several` orders at once are drawn small, so that the question above them and the choices below stay in sight. */
export function cardOf(card, scene, { several = false } = {}) {
  if (!Object.hasOwn(DRAW, card?.type)) return null;
  try {
    return el("article", { class: `slip ${card.type}${several && card.type === "order" ? " small" : ""}` }, DRAW[card.type](card, scene));
  } catch {
    return null; // a field we need is missing: the text of the message still says it
  }
}

function order(card, { texts, language, conversation, grew }) {
  const picture = (line) => line.image && el("img", { src: conversation.address(line.image), alt: "", loading: "lazy", onload: grew });
  return [
    top(texts.order, card.number, el("span", { class: "status", text: texts.orderStatus[card.status] ?? card.status })),
    lines(card.lines, (line) => [el("span", { class: "thumb" }, picture(line) || icon("file")), item(line)]),
    el("div", { class: "tear" }),
    el("div", { class: "sum" }, el("time", { datetime: card.placed_at, text: date(card.placed_at, language) }), el("span", { text: texts.total }), el("strong", { text: money(card.total, language) })),
  ];
}

function verdict(card, { texts, language }) {
  const allowed = Boolean(card.allowed);
  const outcome = card.needs_review ? "review" : allowed ? "yes" : "no";
  const fee = isZero(card.fee) ? texts.noFee : money(card.fee, language);
  const required = card.checks.filter((check) => check.required ?? true);
  const passed = required.filter((check) => check.passed).length;
  const exchange = card.remedy === "exchange";
  const sum = card.to_pay ?? card.amount;
  const sumTitle = card.to_pay ? texts.toPay : exchange ? texts.differenceBack : card.needs_review ? texts.refundIfApproved : texts.refundAmount;
  return [
    el("div", { class: `stamp ${outcome}` }, icon(outcome), el("strong", { text: texts.verdict[outcome] })),
    allowed && (!exchange || !isZero(sum)) && el("div", { class: "amount" }, el("span", { text: sumTitle }), el("strong", { text: money(sum, language) })),
    lines(card.lines, (line) => [item(line), allowed && line.amount && el("span", { class: "money", text: money(line.amount, language) })]),
    allowed && facts(!exchange && [texts.fee, fee], card.remedy !== "refund_only" && [texts.shipping, texts.payer[card.shipping_payer]], card.refund_by && [texts.refundBy, date(card.refund_by, language)]),
    el("div", { class: "tear" }),
    el("p", { class: "rule" }, el("span", { text: `${texts.rule} ${card.rule_id}` }), el("span", { text: texts.policyVersion(card.policy_version) })),
    el("p", { class: "rule-text", text: card.rule_text }),
    card.checks.length && el("details", {}, el("summary", { text: texts.checks(passed, required.length) }), el("ul", { class: "checks" }, card.checks.map((check) => checked(check, texts)))),
  ];
}

/** A rule that the outcome does not hang on and that is not met is no reason against it, so it has no cross. */
function checked({ passed, required = true, text, id }, texts) {
  const kind = passed ? "yes" : required ? "no" : "aside";
  return el("li", { class: kind }, icon(kind), el("span", { class: "hidden-text", text: texts.checked[kind] }), el("span", { text: text || id }));
}

function returned(card, { texts, language }) {
  const remedy = card.remedy ?? "return";
  const path = PATHS[remedy].filter((name) => name !== "awaiting_payment" || card.to_pay);
  const step = path.indexOf(card.status);
  const steps = path.map((name, index) => el("li", { class: index < step ? "done" : index === step ? "now" : "", "aria-hidden": "true" }));
  return [
    top(texts.remedy[remedy], card.number, el("span", { class: `status ${card.status}`, text: texts.returnStatus[card.status] ?? card.status })),
    step >= 0 && el("ol", { class: "path", role: "img", "aria-label": texts.progress(step + 1, path.length) }, steps),
    lines(card.lines ?? [], (line) => [item(line), line.amount && el("span", { class: "money", text: money(line.amount, language) })]),
    el("div", { class: "tear" }),
    facts(card.to_pay && [texts.toPay, money(card.to_pay, language), "money"], (remedy === "return" || !isZero(card.amount)) && [texts.refund, money(card.amount, language), "money"], card.refund_status && ["", texts.refundStatus[card.refund_status] ?? card.refund_status, `refund-${card.refund_status}`]),
    card.next_step_text && el("p", { class: "next" }, el("span", { text: texts.nextStep }), card.next_step_text),
  ];
}

const top = (kind, number, status) => el("header", { class: "slip-top" }, el("span", { text: kind }), el("span", { class: "number", text: number }), status);

const lines = (list, draw) => el("ul", { class: "lines" }, list.map((line) => el("li", {}, draw(line))));

function item({ title, options, quantity }) {
  const detail = [typeof options === "string" ? options : Object.values(options ?? {}).join(" / "), quantity && `× ${quantity}`].filter(Boolean).join("  ");
  return el("span", { class: "item" }, el("span", { class: "item-title", text: title }), " ", detail && el("span", { class: "item-detail", text: detail }));
}

function facts(...pairs) {
  return el("dl", { class: "facts" }, pairs.filter(Boolean).map(([name, value, style = ""]) => el("div", {}, el("dt", { text: name }), el("dd", { class: style, text: value }))));
}
