/* Formatted text of messages as elements. */

import { element } from "./common.js";
import { say } from "./chat.js";
import { t } from "./words.js";

export const SAFE_LINK = /^(https?|tg|mailto|tel):/i;

export function link(address, ...children) {
  if (!SAFE_LINK.test(address)) return element("span", { title: address }, ...children);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: address }, ...children);
}

function spoiler(children) {
  const node = element("span", { className: "spoiler", role: "button", tabIndex: 0, "aria-expanded": "false", "aria-label": t("Hidden text") }, ...children);
  const reveal = () => {
    node.setAttribute("aria-expanded", "true");
    for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
  };
  node.addEventListener("click", reveal);
  node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); reveal(); } });
  return node;
}

/* Of a person, or a tag. */
function named(inside) {
  return element("span", { className: "named" }, ...inside);
}

/* Telegram's kinds of entity: (what is inside, the entity, its plain text) -> element. */
const ENTITY = {
  bold: (inside) => element("b", {}, ...inside),
  italic: (inside) => element("i", {}, ...inside),
  underline: (inside) => element("u", {}, ...inside),
  strikethrough: (inside) => element("s", {}, ...inside),
  code: (inside) => element("code", {}, ...inside),
  pre: (inside, entity) => element("pre", { "data-language": entity.language }, ...inside),
  blockquote: (inside) => element("blockquote", {}, ...inside),
  expandable_blockquote: (inside) => element("blockquote", {}, ...inside),
  spoiler,
  text_link: (inside, entity) => link(entity.url, ...inside),
  text_mention: (inside, entity) => element("a", { href: `#${entity.user.id}` }, ...inside),
  url: (inside, entity, text) => link(/^[a-z]+:/i.test(text) ? text : `http://${text}`, ...inside),
  email: (inside, entity, text) => link(`mailto:${text}`, ...inside),
  phone_number: (inside, entity, text) => link(`tel:${text}`, ...inside),
  mention: named,
  hashtag: named,
  cashtag: named,
  bot_command: (inside, entity, text) => {
    const node = element("button", { type: "button", className: "command" }, ...inside);
    node.addEventListener("click", () => say(text));
    return node;
  },
};

const BLOCKS = new Set(["PRE", "BLOCKQUOTE"]);

/* The text from `start` to `end` with its entities, the outer before the inner; offsets are UTF-16 units here as there.
 * An entity that crosses its neighbour's end is cut there, so that the elements nest whatever a bot has sent. */
function formatted(text, entities, start = 0, end = text.length) {
  const nodes = [];
  let at = start;
  for (let i = 0; i < entities.length; i++) {
    const entity = entities[i];
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (from >= to) continue;
    const inner = entities.slice(i + 1).filter((other) => other.offset < to);
    if (from > at) nodes.push(text.slice(at, from));
    const inside = formatted(text, inner, from, to);
    const make = ENTITY[entity.type] ?? ((children) => element("span", {}, ...children));
    nodes.push(make(inside, entity, text.slice(from, to)));
    at = to;
  }
  if (at < end) nodes.push(text.slice(at, end));
  for (let i = 1; i < nodes.length; i++) {   /* a block ends its line, so the newline after it would make an empty one */
    if (typeof nodes[i] === "string" && BLOCKS.has(nodes[i - 1].tagName)) nodes[i] = nodes[i].replace(/^\n/, "");
  }
  return nodes;
}

export function words(text, entities = []) {
  const ordered = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return element("div", { className: "words", dir: "auto" }, ...formatted(text, ordered));
}
