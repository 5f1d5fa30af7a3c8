/* The ticks beside one's own messages: one, sent; two, the bot has taken it. */

import { element } from "./common.js";
import { session } from "./chat.js";
import { t } from "./words.js";

function describe(node, isRead) {
  node.classList.toggle("read", isRead);
  node.setAttribute("aria-label", isRead ? t("read") : t("sent"));
  node.title = isRead ? t("The bot has taken it") : t("Sent; no bot has taken it yet");
}

export function tick(message) {
  const node = element("span", { className: "tick", role: "img" });
  node.dataset.id = message.message_id;
  describe(node, message.message_id <= session.chat.read);
  return node;
}

/* The bot has read up to that message. */
export function showRead(id) {
  if (id === undefined || id === session.chat.read) return;
  session.chat.read = id;
  for (const node of document.querySelectorAll("#messages .tick")) describe(node, Number(node.dataset.id) <= id);
}
