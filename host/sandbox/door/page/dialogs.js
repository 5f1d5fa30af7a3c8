/* Windows over the page: a text is asked for, one of many is chosen; and what a list of buttons does with arrow keys. */

import { button, element } from "./common.js";
import { avatar } from "./avatar.js";
import { t } from "./words.js";

/* A modal window with a title. It goes when it is closed, and the focus returns to where it was. */
export function openDialog(title, children, { className = "", onClose = () => {} } = {}) {
  const heading = element("h2", { dir: "auto", id: `dialog-title-${openDialog.count += 1}` }, title);
  const close = button("✕", () => node.close(), { className: "plain", "aria-label": t("Close") });
  const node = element("dialog", { className: `sheet ${className}`, "aria-labelledby": heading.id },
    element("header", {}, heading, close), ...children);
  const before = document.activeElement;
  node.addEventListener("click", (event) => { if (event.target === node) node.close(); });   /* beside it */
  node.addEventListener("close", () => {
    node.remove();
    before?.focus?.({ preventScroll: true });
    onClose();
  });
  document.body.append(node);
  node.showModal();
  return node;
}
openDialog.count = 0;

/* Resolves to the text, or to null. */
export function askText(title, label, value = "") {
  return new Promise((resolve) => {
    let answer = null;
    const field = element("input", { id: "asked-text", required: true, maxLength: 128, autocomplete: "off", dir: "auto", value });
    const form = element("form", {}, element("label", { htmlFor: field.id }, label), field, element("button", { className: "primary" }, t("OK")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = field.value.trim() || null;
      node.close();
    });
    const node = openDialog(title, [form], { onClose: () => resolve(answer) });
    field.select();
  });
}

export function select(label, options, value) {
  return element("select", { "aria-label": label },
    ...options.map(([name, words]) => element("option", { value: String(name), selected: String(name) === String(value) }, words)));
}

/* One of these people; a test may have made a hundred thousand. */
export function selectPerson(label, people, id) {
  return select(label, people.slice(0, 200).map((person) => [person.id, `${person.first_name} · ${person.id}`]), id);
}

/* ---- a list to choose from ---- */

/* Arrow keys move the focus in a row or a column of buttons. */
export function heedArrows(event, nodes) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  const step = steps[event.key];
  if (!step || !nodes.length) return;
  event.preventDefault();
  const at = nodes.indexOf(document.activeElement);
  const next = at < 0 && Number.isFinite(step) ? (step > 0 ? 0 : nodes.length - 1) : at + step;
  nodes[Math.max(0, Math.min(next, nodes.length - 1))].focus();
}

/* A line with picture, name and what is said of it. */
export function row(who, name, about, ...more) {
  return [avatar(who), element("span", { className: "who" }, element("b", { dir: "auto" }, name), element("small", { dir: "auto" }, about)), ...more];
}

/* entries: {who, name, about, value}. Resolves to the value of the chosen one, or to null. Typing filters; Enter takes the first. */
export function chooseOne(title, entries, nothing) {
  return new Promise((resolve) => {
    let answer = null;
    const filter = element("input", { type: "search", "aria-label": t("Filter"), placeholder: t("Filter"), autocomplete: "off" });
    const list = element("div", { className: "rows", role: "group", "aria-label": title });
    const take = (value) => { answer = value; node.close(); };
    const show = () => {
      const words = filter.value.trim().toLocaleLowerCase();
      const fitting = entries.filter(({ name, about }) => `${name} ${about}`.toLocaleLowerCase().includes(words));
      list.replaceChildren(...fitting.map(({ who, name, about, value }) => {
        const line = element("button", { type: "button", className: "row-button" }, ...row(who, name, about));
        line.addEventListener("click", () => take(value));
        return line;
      }), ...(fitting.length ? [] : [element("p", { className: "quiet" }, nothing)]));
    };
    filter.addEventListener("input", show);
    show();
    const node = openDialog(title, [filter, list], { className: "chooser", onClose: () => resolve(answer) });
    node.addEventListener("keydown", (event) => {
      const lines = [...list.querySelectorAll("button")];
      if (event.key === "Enter" && event.target === filter) { event.preventDefault(); lines[0]?.click(); }
      if (event.target !== filter || ["ArrowDown", "ArrowUp"].includes(event.key)) heedArrows(event, lines);
    });
    filter.focus();
  });
}
