// Canned answers in the chat: "/" in an empty reply opens the search, Enter takes the first that is found.

const box = document.querySelector("#canned");
const search = document.querySelector("#canned-search");
const found = () => [...box.querySelectorAll("li")].filter((entry) => !entry.hidden);

/** `reply` is the field that one comes from and goes back to. */
export function offerCanned(reply) {
  if (!box || !reply) return;
  search.hidden = false;
  for (const button of box.querySelectorAll("[data-insert]")) button.addEventListener("click", close);
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter") {
      event.preventDefault();
      found()[0]?.querySelector("[data-insert]").click();
    } else if (event.key === "Escape") {
      close();
      reply.focus();
    }
  });
  reply.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.isComposing || event.keyCode === 229 || reply.value) return;
    event.preventDefault();
    box.open = true;
    search.focus();
  });
}

function filter() {
  const wanted = search.value.trim().toLowerCase().split(/\s+/);
  for (const entry of box.querySelectorAll("li")) {
    const text = entry.textContent.toLowerCase();
    entry.hidden = !wanted.every((word) => text.includes(word));
  }
  document.querySelector("#canned-none").hidden = found().length > 0;
}

function close() {
  box.open = false;
  search.value = "";
  filter();
}
