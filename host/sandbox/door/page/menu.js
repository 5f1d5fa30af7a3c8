/* The menu that opens over the page. */

import { $, button } from "./common.js";
import { heedArrows } from "./dialogs.js";

/* Below or above `near`, within the window. */
export function openOver(menu, near) {
  menu.showPopover();
  const at = near.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  menu.style.top = `${at.bottom + height + 8 < innerHeight ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
  menu.querySelector("button")?.focus();
}

export function item(words, act, properties = {}) {
  return button(words, () => { $("popup").hidePopover(); act(); }, { role: "menuitem", ...properties });
}

/* Opens the menu with these items. */
export function openItems(near, ...items) {
  $("popup").replaceChildren(...items);
  openOver($("popup"), near);
}

export function beginMenu() {
  $("popup").addEventListener("keydown", (event) => heedArrows(event, [...$("popup").querySelectorAll("button")].filter((node) => node.offsetParent)));
}
