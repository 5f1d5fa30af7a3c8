/* What the page knows of the host that `lunokhod dev` keeps: its state and its log, read once a second while the page is seen. Others
 * listen to it. Without a keeper there is nothing to know, and it asks no more. */

import { $, Refusal, Silence, ask, button, element, pause, seen, sizeInWords, ageInWords } from "./common.js";
import { t } from "./words.js";

const EVERY_MS = 1000;
const LINES_KEPT = 3000;
const NOTICE_MS = 20000;   /* good news goes by itself */

export const host = { state: "unknown", adminId: null, description: null, lines: [] };

const listeners = [];
export function onHost(listener) {
  listeners.push(listener);
}

/* Asks the host itself. Resolves to {ok, lines, answer}, or {ok: false, description}. */
export async function askHost(command, json = {}) {
  try {
    return await ask(`/sandbox/host/${command}`, { json });
  } catch (error) {
    if (error instanceof Silence || error instanceof Refusal) return { ok: false, description: error.message };
    throw error;
  }
}

/* ---- the log: lines of logfmt, and the stack below a line ---- */

function unquote(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(1, -1);
  }
}

function parse(text) {
  const fields = {};
  for (const [, name, value] of text.matchAll(/([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g)) {
    fields[name] ??= value.startsWith('"') ? unquote(value) : value;
  }
  return { text, at: Date.parse(fields.time), level: fields.level, message: fields.msg, fields };
}

function take(text) {
  const fresh = [];
  for (const line of text.split("\n")) {
    if (!line) continue;
    const last = fresh.at(-1) ?? host.lines.at(-1);
    if (!line.startsWith("time=") && last) {
      last.text += `\n${line}`;
      continue;
    }
    fresh.push(parse(line));
  }
  host.lines.push(...fresh);
  host.lines.splice(0, host.lines.length - LINES_KEPT);
  return fresh;
}

/* "bot.lua:3" and the words of an error. */
export function blame(error = "") {
  const [first] = error.split("\n");
  const found = first.match(/([^\s"'/]+\.lua):(\d+):\s*(.*)$/);
  return found ? { place: `${found[1]}:${found[2]}`, words: found[3] } : { place: "", words: first };
}

/* ---- the notice above the chat ---- */

let showDetails = () => {};
export function onDetails(show) {
  showDetails = show;
}

function notice(kind, words, error, tab) {
  const node = $("notice");
  const { place, words: why } = error === undefined ? { place: "", words: "" } : blame(error);
  clearTimeout(notice.timer);
  node.className = kind;
  node.replaceChildren(element("span", { className: "notice-words" }, element("b", {}, words),
    ...(place ? [" ", element("code", {}, place)] : []), ...(why ? [" ", element("span", {}, why)] : [])),
    ...(tab ? [button(t("Show"), () => showDetails(tab))] : []),
    button("✕", () => { node.hidden = true; }, { "aria-label": t("Close") }));
  node.hidden = false;
  Object.assign(notice, { kind, words });
  if (kind === "good") notice.timer = setTimeout(() => { node.hidden = true; }, NOTICE_MS);
}

const NOTICES = {
  "a handler failed": ({ error }) => notice("bad", t("A handler failed"), error, "failed"),
  "reload failed, the old scripts go on": ({ error }) => notice("bad", t("The reload failed, the old scripts go on"), error, "log"),
  "can't start": ({ error }) => notice("bad", t("The host can't start"), error, "log"),
  /* Why it could not start says more than that it has ended. */
  "the host has ended, and is started again": ({ how }) => (notice.words === t("The host can't start") && !$("notice").hidden) || notice("bad", t("The host has ended ({how}), and is started again", { how }), undefined, "log"),
  "the host has ended, and is not started again by itself": ({ how }) => notice("bad", t("The host has ended ({how})", { how }), undefined, "host"),
  "restored": ({ message, age_s, bytes }) => notice("good", t("Restored from the backup in message {message}, {age} old: {size}",
    { message, age: ageInWords(Number(age_s) * 1000), size: sizeInWords(Number(bytes)) }), undefined, "backups"),
};
const CURES = new Set(["reloaded", "running"]);

/* Of old lines only a failure that still lasts is told. */
function tell(fresh, isFirst) {
  const lasting = new Set(["reload failed, the old scripts go on", "can't start"]);
  const cured = fresh.findLastIndex((line) => CURES.has(line.message));
  for (const [i, line] of fresh.entries()) {
    if (isFirst && (i < cured || !lasting.has(line.message))) continue;
    NOTICES[line.message]?.(line.fields);
    if (CURES.has(line.message) && notice.kind === "bad" && line.message === "reloaded") $("notice").hidden = true;
  }
}

/* ---- the loop ---- */

let after = 0, isFirst = true;

async function read() {
  const description = await ask("/sandbox/host");
  host.state = description.state;
  host.description = description;
  host.adminId = description.admin_id ?? null;
  if (host.state === "none") return;
  const { log, at } = await ask("/sandbox/host/log", { query: { after } });
  if (at < after) host.lines = [];   /* another `lunokhod dev`, which counts from the beginning */
  else tell(take(log), isFirst);
  isFirst = false;
  after = at < after ? 0 : at;
}

/* Resolves when the state is known; goes on by itself. */
export async function watchHost() {
  for (;;) {
    await seen();
    try {
      await read();
      for (const listener of listeners) listener();
      if (host.state === "none") return;
    } catch (error) {
      if (!(error instanceof Silence || error instanceof Refusal)) throw error;
    }
    await pause(EVERY_MS);
  }
}
