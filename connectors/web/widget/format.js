// Money, dates and sizes in the words of the reader.

const LOCALES = { zh: "zh-CN", en: "en-GB" }; // as the server writes them

/** {"amount": "129.00", "currency": "CNY"}: the decimal string goes to Intl as it is, no float arithmetic. */
export function money({ amount, currency }, language) {
  try {
    return new Intl.NumberFormat(LOCALES[language], { style: "currency", currency }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

export const isZero = ({ amount }) => /^-?0*(\.0*)?$/.test(amount);

/** A calendar date (YYYY-MM-DD has no time zone and is not moved by ours) or an instant. */
export function date(value, language) {
  const calendar = /^\d{4}-\d{2}-\d{2}$/.test(value);
  const options = { year: "numeric", month: language === "zh" ? "long" : "short", day: "numeric" };
  return format(value, language, calendar ? { ...options, timeZone: "UTC" } : options);
}

export const time = (value, language) => format(value, language, { hour: "2-digit", minute: "2-digit", hour12: false });

/** "Today", "昨天" or the date: what stands between two days of talk. */
export function day(value, language, now = new Date()) {
  const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
  const days = Math.round((midnight(new Date(value)) - midnight(now)) / 86_400_000);
  if (days > 0 || days < -1) return date(value, language);
  const word = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: "auto" }).format(days, "day");
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function size(bytes, language) {
  const [value, unit] = bytes < 1_000_000 ? [Math.max(1, bytes / 1000), "kilobyte"] : [bytes / 1_000_000, "megabyte"];
  return new Intl.NumberFormat(LOCALES[language], { style: "unit", unit, maximumFractionDigits: unit === "megabyte" ? 1 : 0 }).format(value);
}

function format(value, language, options) {
  const moment = new Date(value);
  return Number.isNaN(moment.getTime()) ? String(value) : new Intl.DateTimeFormat(LOCALES[language], options).format(moment);
}
