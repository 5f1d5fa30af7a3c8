/* What all parts of the page share: elements, questions to the sandbox, and how what it says is told. */

import { t } from "./words.js";

export const POLL_S = 25;             /* so long the sandbox may wait for news before it answers */
export const RETRY_MS = [300, 700, 1500, 3000];

export const $ = (id) => document.getElementById(id);

/* A new element. Names with a dash become attributes, all others properties; strings among the children become text. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

/* A button that says `words` and does `act`. */
export function button(words, act, properties = {}) {
  const node = element("button", { type: "button", ...properties }, words);
  node.addEventListener("click", () => act(node));
  return node;
}

export function on(id, event, handle) {
  $(id).addEventListener(event, handle);
}

export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/* Hidden windows ask nothing, because a browser opens only six connections to one server. */
export function seen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

export function toast(text, isBad = false) {
  const node = $("toast");
  node.textContent = text;
  node.classList.toggle("bad", isBad);
  node.hidden = false;
  if (node.matches(":popover-open")) node.hidePopover();
  node.showPopover();   /* over whatever window is open */
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, isBad ? 8000 : 4000);
}

export function copy(text) {
  const isSecure = Boolean(navigator.clipboard);
  if (!isSecure) return toast(t("The browser forbids copying here."), true);
  return navigator.clipboard.writeText(text).then(() => toast(t("Copied.")), () => toast(t("The browser forbids copying here."), true));
}

/* ---- asking the sandbox ---- */

/* ask() fails in two ways: the sandbox refuses, and says why; or it does not answer. */
export class Refusal extends Error {}
export class Silence extends Error {}

/* The bot whose chats are shown, if the page's address names one: a person has a private chat with each. */
const BOT = new URLSearchParams(location.search).get("bot_id");

export async function ask(path, { query, json, form, signal, method } = {}) {
  const options = { signal, method };
  if (json) Object.assign(options, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(json) });
  if (form) Object.assign(options, { method: "POST", body: form });
  const address = query || BOT ? `${path}?${new URLSearchParams({ ...query, ...(BOT && { bot_id: BOT }) })}` : path;
  const { ok, status, text } = await fetch(address, options)
    .then(async (response) => ({ ok: response.ok, status: response.status, text: await response.text() }))
    .catch(() => { throw new Silence(`No answer to ${path}`); });
  if (ok) return JSON.parse(text);
  throw new Refusal(reason(text) ?? `The sandbox answered ${status} to ${path}`);
}

function reason(text) {
  try {
    return JSON.parse(text).description;
  } catch {
    return undefined;
  }
}

/* For the loops: they go on when the sandbox does not answer, but a mistake of this page ends them, so that it is seen. */
export function heed(error) {
  if (error instanceof Silence) connected(false);
  else if (!(error instanceof Refusal)) throw error;
}

export function connected(is) {
  const node = $("connection");
  if (node.hidden === is) return;
  node.hidden = is;
  node.textContent = is ? "" : t("The sandbox does not answer. Is it still running? Trying again until it does…");
  if (is) toast(t("The sandbox is back."));
}

/* What a person does is told to the sandbox in the order in which it was done. Resolves to undefined where it failed,
 * after saying so. */
let lastAction = Promise.resolve();
export function tell(path, request) {
  const action = lastAction.then(() => ask(path, request)).catch((error) => {
    toast(error instanceof Silence ? t("Not sent: the sandbox does not answer.") : error.message, true);
  });
  lastAction = action;
  return action;
}

/* ---- how values are told ---- */

export function sizeInWords(bytes) {
  if (bytes === undefined) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/* Of a time in ms: the time of day to the second, or to the millisecond. */
export function timeOfDay(ms, isExact = false) {
  const text = new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  return isExact ? `${text}.${String(Math.floor(ms) % 1000).padStart(3, "0")}` : text;
}

export function ageInWords(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 100) return t("{n} s", { n: s });
  if (s < 6000) return t("{n} min", { n: Math.round(s / 60) });
  return s < 172800 ? t("{n} h", { n: Math.round(s / 3600) }) : t("{n} d", { n: Math.round(s / 86400) });
}
