/* The round picture of a person or a chat, and small drawings. */

import { element } from "./common.js";

const SVG = "http://www.w3.org/2000/svg";

/* A drawing of lines, in the style of those in index.html. */
export function icon(path) {
  const node = document.createElementNS(SVG, "svg"), line = document.createElementNS(SVG, "path");
  node.setAttribute("viewBox", "0 0 24 24");
  node.setAttribute("class", "icon");
  node.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  node.append(line);
  return node;
}

export const ICON = {
  group: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 19c.5-3.500 3-5.500 6.500-5.500s6 2 6.500 5.500M16 4.600a3.300 3.300 0 0 1 0 6.300M18 14c2 .7 3.200 2.400 3.500 5",
  forum: "M4 5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H9l-4 3v-3H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM20 9a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-1v2.500L15.500 18H11",
  channel: "M4 10v4h3l8 4.500v-13L7 10zM18.500 9a4 4 0 0 1 0 6M7 14l1.500 5",
  bot: "M12 3v4M6 7h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM9 12v1M15 12v1M9.500 16h5",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 20 20",
  pencil: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  lock: "M7 11h10a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
};

export function iconOfChat(chat) {
  return icon(chat.type === "channel" ? ICON.channel : chat.is_forum ? ICON.forum : ICON.group);
}

export function initials(name) {
  return [...new Intl.Segmenter().segment(name.trim())][0]?.segment.toUpperCase() ?? "?";
}

export function colourOf(id) {
  return Math.abs(id) % 7;
}

/* Of a user or a chat. */
export function avatar({ id, first_name: name, title, is_bot: isBot }) {
  return element("span", { className: "avatar", "aria-hidden": "true", "data-colour": colourOf(id) },
    isBot ? icon(ICON.bot) : initials(name ?? title ?? ""));
}
