/* Finding words in the shown chat. */

import { $, button, element } from "./common.js";
import { session } from "./chat.js";
import { ICON, icon } from "./avatar.js";
import { gist } from "./message.js";
import { t } from "./words.js";

const MARKED = 500;   /* as many places are coloured */

const field = element("input", { type: "search", autocomplete: "off", spellcheck: false, dir: "auto" });
const count = element("span", { className: "quiet", role: "status" });
const bar = element("form", { id: "search", role: "search", hidden: true });

let found = [], at = -1;   /* ids of messages, the newest first; which of them is shown */

function wordsOf(message) {
  return [message.text, message.caption, gist(message)].filter(Boolean).join("\n").toLocaleLowerCase();
}

/* The places of the words among what is drawn, where the browser can colour them. */
function mark(words) {
  if (!globalThis.CSS?.highlights) return;
  const ranges = [];
  for (const id of words ? found : []) {
    const walker = document.createTreeWalker($(`message-${id}`), NodeFilter.SHOW_TEXT);
    while (ranges.length < MARKED && walker.nextNode()) {
      const node = walker.currentNode, text = node.data.toLocaleLowerCase();
      if (text.length !== node.data.length || node.parentElement.closest(".spoken, .stamp")) continue;
      for (let i = text.indexOf(words); i >= 0; i = text.indexOf(words, i + words.length)) {
        const range = new Range();
        range.setStart(node, i);
        range.setEnd(node, i + words.length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}

function showFound() {
  document.querySelector(".message.found")?.classList.remove("found");
  const node = $(`message-${found[at]}`);
  node?.classList.add("found");
  node?.scrollIntoView({ block: "center" });
  count.textContent = found.length ? t("{n} of {all}", { n: at + 1, all: found.length }) : field.value.trim() ? t("Nothing found") : "";
}

function step(by) {
  if (!found.length) return;
  at = (at + by + found.length) % found.length;
  showFound();
}

function look() {
  const words = field.value.trim().toLocaleLowerCase();
  found = words ? [...session.chat.messages.values()].filter((message) => $(`message-${message.message_id}`) && wordsOf(message).includes(words))
    .map(({ message_id: id }) => id).sort((a, b) => b - a) : [];
  at = found.length ? 0 : -1;
  mark(words);
  showFound();
}

export function closeSearch() {
  if (bar.hidden) return;
  bar.hidden = true;
  field.value = "";
  found = [];
  document.querySelector(".message.found")?.classList.remove("found");
  mark("");
}

function openSearch() {
  bar.hidden = false;
  count.textContent = "";
  field.focus();
  field.select();
}

function onKey(event) {
  if (event.key === "Escape") { closeSearch(); $("text").focus({ preventScroll: true }); }
  else if (event.key === "ArrowUp" || (event.key === "Enter" && !event.shiftKey)) step(1);
  else if (event.key === "ArrowDown" || event.key === "Enter") step(-1);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function beginSearch() {
  const opener = button("", openSearch, { id: "search-open", "aria-label": t("Search in this chat"), title: t("Search in this chat") });
  opener.append(icon(ICON.search));
  $("developer-toggle").before(opener);
  field.setAttribute("aria-label", t("Search in this chat"));
  field.placeholder = t("Search");
  const arrow = (path, words, by) => {
    const node = button("", () => step(by), { className: "plain", "aria-label": words, title: words });
    node.append(icon(path));
    return node;
  };
  bar.append(icon(ICON.search), field, count, arrow(ICON.up, t("Older"), 1), arrow(ICON.down, t("Newer"), -1),
    button("✕", closeSearch, { className: "plain", "aria-label": t("Close the search") }));
  bar.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", look);
  field.addEventListener("keydown", onKey);
  $("chat").querySelector("header").after(bar);
  $("chat").addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "f" || !(event.ctrlKey || event.metaKey) || document.activeElement === field) return;
    event.preventDefault();   /* pressed again, it is the browser's */
    openSearch();
  });
}
