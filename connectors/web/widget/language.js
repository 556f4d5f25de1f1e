// Which language, and the one sentence that the button needs before anything else is loaded.

const LABELS = {
  zh: (unread) => (unread ? `打开售后客服，${unread} 条未读消息` : "打开售后客服"),
  en: (unread) => (unread ? `Open help chat, ${unread} unread ${unread === 1 ? "message" : "messages"}` : "Open help chat"),
};

export const launcherLabel = (language, unread) => LABELS[language](unread);

/** The first of the given wishes that we speak; English when there is none. */
export function languageOf(...wishes) {
  for (const wish of wishes) {
    const language = wish?.toLowerCase().slice(0, 2);
    if (language && Object.hasOwn(LABELS, language)) return language;
  }
  return "en";
}
