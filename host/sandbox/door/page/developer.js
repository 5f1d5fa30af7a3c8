/* The developer's panel beside the chat. Each tab draws itself when it is opened, and again once a second; what has not changed is
 * not drawn again, so that it keeps the focus and what is selected. All that a bot or a person wrote is put there as text. */

import { $, ageInWords, ask, button, copy, element, heed, on, pause, seen, sizeInWords, tell, timeOfDay, toast } from "./common.js";
import { clockPart, showClock } from "./clock.js";
import { showStrip } from "./host_strip.js";
import { askHost, blame, host, onDetails, onHost } from "./host.js";
import { t } from "./words.js";

const EVERY_MS = 1000;
const ROWS_SHOWN = 200;
const KEPT = 500;         /* calls, and updates */
const LOG_SHOWN = 500;

let open = null;          /* { tab, gone } while the panel is open */
let current = "calls";

/* Draws into a place only what differs from the last time. */
function draw(place, key, make) {
  const text = JSON.stringify(key);
  if (place.drawn === text) return;
  place.drawn = text;
  place.replaceChildren(...[make()].flat());
}

function note(words) {
  return element("p", { className: "quiet note" }, words);
}

function table(heads, rows) {
  return element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows));
}

function facts(pairs) {
  return element("dl", {}, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", { dir: "auto" }, String(value))]));
}

/* Says what went wrong. The answer, or null. */
function good(answer) {
  if (answer.ok) return answer;
  toast(answer.description, true);
  return null;
}

/* ---- calls and updates: both are read from the calls ---- */

const calls = { after: 0, list: [], updates: [] };

const isPoll = (call) => /^getupdates$/i.test(call.method);

async function readCalls(signal) {
  const { requests, last } = await ask("/sandbox/requests", { query: { after: calls.after }, signal });
  if (last < calls.after) Object.assign(calls, { list: [], updates: [] });   /* another sandbox, which counts from the beginning */
  for (const call of requests) {
    calls.list.unshift(call);
    if (!isPoll(call)) continue;
    for (const update of call.answer?.result ?? []) calls.updates.unshift({ at: call.ended_at, update });
  }
  calls.list.splice(KEPT);
  calls.updates.splice(KEPT);
  calls.after = last < calls.after ? 0 : last;
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/* The token is never on the page: $BOT_TOKEN stands for it. */
function asCurl(call) {
  const address = `"${location.origin}/bot$BOT_TOKEN/${call.method}"`;
  const parameters = Object.entries(call.parameters ?? {});
  if (call.files?.length) {
    const parts = parameters.map(([name, value]) => `--form-string ${quoted(`${name}=${value}`)}`);
    for (const { name, file_name } of call.files) parts.push(`-F ${quoted(`${name}=@${file_name}`)}`);
    return ["curl", address, ...parts].join(" ");
  }
  return ["curl", address, ...parameters.map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`)].join(" ");
}

function row(call) {
  const { text, caption, chat_id: to } = call.parameters ?? {};
  const summary = element("summary", {}, element("time", { className: "quiet" }, timeOfDay(call.started_at, true)),
    element("b", {}, call.method), element("span", { className: "about quiet", dir: "auto" }, String(text ?? caption ?? to ?? "")),
    ...(call.status === 200 ? [] : [element("span", { className: "failed" }, String(call.status))]),
    element("span", { className: "quiet" }, `${call.ended_at - call.started_at} ms`));
  const details = element("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("pre")) return;
    const sizes = t("Sent {sent}, answered {answered}", { sent: sizeInWords(call.size), answered: sizeInWords(call.answer_size) });
    details.append(element("p", { className: "tools" }, button(t("Copy as curl"), () => copy(asCurl(call))), element("span", { className: "quiet" }, sizes)),
      element("pre", {}, JSON.stringify({ parameters: call.parameters, files: call.files, status: call.status, answer: call.answer }, null, 2)));
  });
  const node = element("li", {}, details);
  node.dataset.id = call.id;
  node.sought = JSON.stringify(call).toLowerCase();
  return node;
}

/* Bytes of a value as Telegram sends it: what is not ASCII is escaped. */
function sentSize(value) {
  return JSON.stringify(value).replace(/[^\x00-\x7f]/g, "\\u0000").length;
}

function updateRow({ at, update }) {
  const kind = Object.keys(update).find((name) => name !== "update_id");
  const what = update[kind];
  const summary = element("summary", {}, element("time", { className: "quiet" }, timeOfDay(at, true)), element("b", {}, kind),
    element("span", { className: "about quiet", dir: "auto" }, String(what?.text ?? what?.data ?? what?.query ?? "")),
    element("span", { className: "quiet" }, sizeInWords(sentSize(update))));
  const details = element("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("pre")) return;
    const text = JSON.stringify(update, null, 2);
    details.append(element("p", { className: "tools" }, button("JSON", () => copy(text), { title: t("Copied.") })), element("pre", {}, text));
  });
  const node = element("li", {}, details);
  node.dataset.id = update.update_id + at;
  node.sought = JSON.stringify(update).toLowerCase();
  return node;
}

/* Puts new ones on top of those that are there, which stay as they are: one may be open. */
function growList(list, items, idOf, make, isShown) {
  const there = new Map([...list.children].map((node) => [node.dataset.id, node]));
  const nodes = items.map((item) => there.get(String(idOf(item))) ?? make(item));
  const wanted = new Set(nodes);
  for (const node of [...list.children]) if (!wanted.has(node)) node.remove();
  for (const node of nodes.filter((one) => !one.isConnected).reverse()) list.prepend(node);
  const sought = $("panel-filter").value.trim().toLowerCase();
  items.forEach((item, i) => { nodes[i].hidden = !isShown(item) || !nodes[i].sought.includes(sought); });
}

async function showCalls(place, signal) {
  await readCalls(signal);
  place.list ??= element("ol", { className: "list", tabIndex: 0, "aria-label": t("The last calls, newest first") });
  if (!place.list.isConnected) place.replaceChildren(place.list);
  const hasPolls = $("calls-polls").checked;
  growList(place.list, calls.list, (call) => call.id, row, (call) => hasPolls || !isPoll(call));
}

async function showUpdates(place, signal) {
  await readCalls(signal);
  place.list ??= element("ol", { className: "list", tabIndex: 0, "aria-label": t("The updates as they were sent, newest first") });
  if (!place.list.isConnected) place.replaceChildren(place.list);
  growList(place.list, calls.updates, ({ at, update }) => update.update_id + at, updateRow, () => true);
}

/* ---- log ---- */

function showLog(place) {
  const sought = $("panel-filter").value.trim().toLowerCase();
  const lines = host.lines.filter((line) => line.text.toLowerCase().includes(sought)).slice(-LOG_SHOWN);
  const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  draw(place, lines.map((line) => line.text), () => element("pre", { className: "log", tabIndex: 0, "aria-label": t("The host's log") },
    ...lines.map((line) => {
      const node = element("span", { className: "log-line" }, `${line.text.replace(/^time=\S+ /, "")}\n`);
      node.dataset.level = line.level;
      if (line.at) node.prepend(element("time", {}, `${timeOfDay(line.at)} `));
      return node;
    })));
  if (isAtEnd) place.scrollTop = place.scrollHeight;
}

/* ---- updates that failed ---- */

async function again(id) {
  const done = good(await askHost("dead", { action: "retry", id }));
  if (done) toast(t("Handed out again: {count}", { count: done.answer.count }));
  refresh();
}

async function dropLetter(id) {
  good(await askHost("dead", { action: "drop", id }));
  refresh();
}

function letterNode(letter) {
  const { place, words } = blame(letter.error);
  const node = element("li", { className: "letter" },
    element("p", {}, element("time", { className: "quiet" }, timeOfDay(letter.failed_at)), " ",
      element("span", { className: "quiet" }, t("update {id}", { id: letter.update_id }))),
    element("p", {}, element("code", { className: "failed" }, place), " ", words));
  const show = async () => {
    if (node.querySelector("pre")) return node.querySelector("pre").remove();
    const shown = good(await askHost("dead", { action: "show", id: letter.id }));
    const whole = shown?.lines[0]?.letter;
    if (whole) node.append(element("pre", {}, `${whole.error}\n\n${whole.json}`));
  };
  node.append(element("p", { className: "tools" }, button(t("Again"), () => again(letter.id), { className: "primary" }),
    button(t("Show"), show), button(t("Drop"), () => dropLetter(letter.id))));
  return node;
}

async function showFailed(place) {
  const answer = await askHost("dead", { action: "list" });
  const letters = answer.ok ? answer.lines.map((line) => line.letter).reverse() : null;
  draw(place, letters ?? answer.description, () => {
    if (!letters) return note(answer.description);
    if (!letters.length) return note(t("Nothing has failed."));
    return [...(letters.length > 1 ? [element("p", { className: "tools" }, button(t("All again"), () => again(0)))] : []),
      element("ol", { className: "list", "aria-label": t("Updates that failed for good") }, ...letters.map(letterNode))];
  });
}

/* ---- tables ---- */

const tables = { chosen: null, sql: null, rows: new Set() };

const quotedName = (name) => `"${name.replaceAll('"', '""')}"`;

function cellText(value) {
  if (value === null) return "NULL";
  return typeof value === "object" ? `x'${value.hex}'` : String(value);
}

function rowsNode(lines) {
  const heads = lines.find((line) => line.columns)?.columns ?? [];
  const rows = lines.filter((line) => line.row).map((line) => line.row).slice(0, ROWS_SHOWN);
  const before = tables.rows;
  tables.rows = new Set(rows.map((cells) => JSON.stringify(cells)));
  const nodes = rows.map((cells) => element("tr", { className: before.size && !before.has(JSON.stringify(cells)) ? "fresh" : "" },
    ...cells.map((value) => element("td", { className: value === null ? "quiet" : "", dir: "auto" }, cellText(value)))));
  return [element("div", { className: "wide" }, table(heads, nodes)), ...(nodes.length ? [] : [note(t("No rows"))])];
}

function tableTools(names) {
  const choice = element("select", { "aria-label": t("Table") }, ...names.map((name) => element("option", { value: name, selected: name === tables.chosen }, name)));
  choice.addEventListener("change", () => { Object.assign(tables, { chosen: choice.value, sql: null, rows: new Set() }); refresh(); });
  const query = element("input", { "aria-label": t("One SELECT"), placeholder: "SELECT …", value: tables.sql ?? "", spellcheck: false });
  const form = element("form", { className: "tools" }, choice, query, element("button", {}, t("Run")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    Object.assign(tables, { sql: query.value.trim() || null, rows: new Set() });
    refresh();
  });
  return form;
}

async function showTables(place) {
  const found = await askHost("sql", { sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name LIKE 'lunokhod~_%' ESCAPE '~', name" });
  if (!found.ok) return draw(place, found.description, () => note(found.description));
  const names = found.lines.filter((line) => line.row).map((line) => line.row[0]);
  if (!names.includes(tables.chosen)) tables.chosen = names[0] ?? null;
  place.tools ??= element("div", {});
  place.rows ??= element("div", {});
  if (!place.rows.isConnected) { place.drawn = null; place.replaceChildren(place.tools, place.rows); }
  draw(place.tools, [names, tables.chosen], () => tableTools(names));
  const sql = tables.sql ?? (tables.chosen && `SELECT * FROM ${quotedName(tables.chosen)} LIMIT ${ROWS_SHOWN}`);
  if (!sql) return draw(place.rows, "none", () => note(t("The bot has no tables yet.")));
  const answer = await askHost("sql", { sql });
  const total = answer.ok && !tables.sql ? (await askHost("sql", { sql: `SELECT count(*) FROM ${quotedName(tables.chosen)}` })).lines?.[1]?.row[0] : undefined;
  draw(place.rows, answer, () => {
    if (!answer.ok) return element("p", { className: "note failed" }, answer.description);
    const shown = Math.min(answer.lines.length - 1, ROWS_SHOWN);
    const words = total === undefined ? t("{shown} rows", { shown }) : t("{shown} of {count} rows, read-only, live", { shown, count: total });
    return [...rowsNode(answer.lines), note(words)];
  });
}

/* ---- backups ---- */

async function backUp() {
  const done = good(await askHost("backup"));
  if (done) toast(t("A backup was made: {size}.", { size: sizeInWords(done.answer.archive_size) }));
  refresh();
}

/* What was saved and restored, newest first; what a backup has changed is told after it. */
function backupEvents() {
  const events = [];
  for (const line of host.lines) {
    if (line.message === "saved" || line.message === "restored") events.unshift({ line, changes: undefined });
    else if (line.message === "the backup's changes" && events[0]?.line.message === "saved") events[0].changes = line.fields.rows;
  }
  return events.slice(0, 50);
}

function backupRow({ line, changes }) {
  const { sequence, archive_bytes, uploaded_bytes, message, age_s, bytes } = line.fields;
  const isRestored = line.message === "restored";
  const what = isRestored ? t("restored from message {message}, {age} old", { message, age: ageInWords(Number(age_s) * 1000) }) : t("backup {n}", { n: sequence });
  const changed = changes === "none" ? t("nothing changed") : changes;
  return element("tr", { className: isRestored ? "restored" : "", title: uploaded_bytes ? t("sent {size}", { size: sizeInWords(Number(uploaded_bytes)) }) : "" },
    element("td", {}, timeOfDay(line.at)),
    element("td", {}, what, ...(changed ? [element("small", { className: "changes", dir: "auto", title: t("+ new, ~ changed, − gone rows") }, changed)] : [])),
    element("td", {}, sizeInWords(Number(isRestored ? bytes : archive_bytes))));
}

async function showBackups(place) {
  const answer = await askHost("status");
  const backup = answer.answer?.status?.backup;
  const events = backupEvents();
  const age = backup?.saved_at ? t("{age} ago", { age: ageInWords(answer.answer.status.now - backup.saved_at) }) : t("never");
  draw(place, [answer.description, backup, age, events.map(({ line, changes }) => [line.text, changes])], () => [
    element("p", { className: "tools" }, button(t("Back up now"), backUp, { className: "primary", disabled: !backup })),
    backup ? facts([[t("The last backup"), age], [t("Size"), t("{size} packed, {image} of data", { size: sizeInWords(backup.archive_size), image: sizeInWords(backup.image_size) })],
      [t("In message"), backup.message_id], [t("Changes not saved yet"), backup.unsaved], [t("Every"), ageInWords(host.description.backup_interval * 1000)],
      ...(backup.last_error ? [["!", backup.last_error]] : [])]) : note(answer.description),
    table([t("When"), t("What, and which rows since the one before"), t("Size")], events.map(backupRow)),
  ]);
}

/* ---- the host: what it is, and what may be done to it ---- */

const STATES = { running: "runs", waiting: "will be started again", stopped: "stopped" };

async function reload() {
  const done = good(await askHost("reload"));
  if (done) toast(t("Reloaded: {files} files.", { files: done.answer.files }));
}

async function stop() {
  if (good(await askHost("stop"))) toast(t("The host was told to stop."));
}

function hostTools() {
  const isRunning = host.state === "running";
  return element("p", { className: "tools" }, button(t("Reload the scripts"), reload, { disabled: !isRunning }),
    isRunning ? button(t("Stop"), stop) : button(t("Start"), () => tell("/sandbox/host/start", { json: {} })),
    button(t("kill -9"), () => tell("/sandbox/host/kill", { json: {} }), { className: "danger", disabled: !isRunning }));
}

function hostFacts(status) {
  const known = host.description;
  const pairs = [[t("State"), t(host.state === "running" && !status?.serves ? "starts" : STATES[host.state])], [t("Process"), known.pid || "—"],
    [t("Running since"), timeOfDay(known.started_at)], [t("Starts so far"), known.starts]];
  if (known.last_end) pairs.push([t("How the last one ended"), known.last_end]);
  if (!status) return facts(pairs);
  const { updates, scripts, process } = status;
  return facts([...pairs, [t("Handlers"), t("{finished} finished, {failed} failed, {unfinished} under way", updates)], [t("Script files"), scripts.files],
    [t("Memory of the scripts"), sizeInWords(scripts.memory)], [t("Memory of the process"), sizeInWords(process.resident_kb * 1000)]]);
}

const FAULT_KINDS = ["429", "400", "401", "403", "409", "500", "delay", "drop_before", "drop_after", "truncate", "garbage", "empty", "late", "never"];

const TIMED = new Set(["429", "delay", "late", "never"]);

function faultForm() {
  const kind = element("select", { "aria-label": t("Kind") }, ...FAULT_KINDS.map((name) => element("option", {}, name)));
  const method = element("input", { "aria-label": t("Method"), placeholder: `${t("Method")}: ${t("all")}`, spellcheck: false });
  const times = element("input", { "aria-label": t("Times"), type: "number", min: -1, value: 1, title: t("−1: without end") });
  const seconds = element("input", { "aria-label": t("Seconds"), type: "number", min: 0, max: 3600, step: "any", value: 1, title: t("How long the call takes, or Telegram asks to wait") });
  const showSeconds = () => { seconds.hidden = !TIMED.has(kind.value); };
  kind.addEventListener("change", showSeconds);
  showSeconds();
  const form = element("form", { className: "tools" }, kind, method, times, seconds, element("button", {}, t("Add")),
    button(t("End all faults"), async () => { await tell("/sandbox/faults", { method: "DELETE" }); refresh(); }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const time = Number(seconds.value) || 0;
    const timed = TIMED.has(kind.value) ? { [kind.value === "429" ? "retry_after" : "ms"]: kind.value === "429" ? Math.ceil(time) : Math.round(time * 1000) } : {};
    await tell("/sandbox/faults", { json: { kind: kind.value, times: Number(times.value) || 1, ...(method.value.trim() && { method: method.value.trim() }), ...timed } });
    refresh();
  });
  const limits = element("input", { type: "checkbox", id: "limits" });
  limits.addEventListener("change", () => tell("/sandbox/limits", { json: { enabled: limits.checked } }));
  return [element("h3", {}, t("Faults")), form, element("div", { id: "faults" }), element("label", { className: "check" }, limits, ` ${t("Telegram's rate limits hold")}`)];
}

function faultRow({ left, fault }) {
  const time = fault.retry_after ?? (fault.ms === undefined ? undefined : fault.ms / 1000);
  const words = [time === undefined ? fault.kind : `${fault.kind}, ${t("{n} s", { n: time })}`, fault.method ?? t("all"), left < 0 ? t("without end") : t("{left} more", { left })];
  return element("tr", {}, ...words.map((word) => element("td", {}, String(word))));
}

async function showHost(place) {
  place.parts ??= [element("div", {}), element("div", {}), clockPart(refresh), element("div", { className: "part" }, ...faultForm())];
  if (!place.parts[0].isConnected) { place.drawn = null; place.replaceChildren(...place.parts); }
  const [tools, about] = place.parts;
  if (host.state === "none") {
    draw(about, "none", () => note(t("No host runs on this sandbox by “lunokhod dev”, so there is nothing to show here.")));
  } else {
    const status = host.state === "running" ? (await askHost("status")).answer?.status : undefined;
    draw(tools, host.state, hostTools);
    draw(about, [host.description, status], () => hostFacts(status));
  }
  const { faults } = await ask("/sandbox/faults");
  const { limits, now, ahead_s } = await ask("/sandbox/status");
  showClock(now, ahead_s);
  draw($("faults"), faults, () => (faults.length ? table([t("Kind"), t("Method"), t("Times")], faults.map(faultRow)) : note(t("No faults are arranged."))));
  if (document.activeElement !== $("limits")) $("limits").checked = limits;
}

/* ---- the panel ---- */

const TABS = { calls: showCalls, updates: showUpdates, log: showLog, failed: showFailed, tables: showTables, backups: showBackups, host: showHost };
const OF_HOST = ["log", "failed", "tables", "backups"];
const FILTERED = new Set(["calls", "updates", "log"]);

/* One at a time: two would read the same calls. A wish that comes meanwhile is fulfilled afterwards. */
let refreshing = null, isWished = false;
function refresh() {
  isWished = true;
  refreshing ??= (async () => {
    try {
      while (isWished) {
        isWished = false;
        await drawTab();
      }
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

async function drawTab() {
  if (!open) return;
  const place = $(`tab-${current}`);
  try {
    await TABS[current](place, open.gone.signal);
  } catch (error) {
    if (!open || open.gone.signal.aborted) return;
    heed(error);
  }
}

async function watch(mine) {
  while (!mine.gone.signal.aborted) {
    await seen();
    await Promise.all([refresh(), showStrip()]);
    await pause(EVERY_MS, mine.gone.signal);
  }
}

function choose(name) {
  current = name;
  for (const tab of document.querySelectorAll("#panel-tabs [role=tab]")) {
    const is = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(is));
    tab.tabIndex = is ? 0 : -1;
    $(`tab-${tab.dataset.tab}`).hidden = !is;
    if (is) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  $("panel-search").hidden = !FILTERED.has(name);
  $("calls-polls").parentElement.hidden = name !== "calls";
  refresh();
}

const KEPT_CLOSED = "lunokhod-panel-closed";

/* Where there is room, whoever has started `lunokhod dev` finds the panel open, until they close it once. */
function openAtFirst() {
  const isWide = matchMedia("(min-width: 1101px)").matches;
  if (open || host.state === "none" || host.state === "unknown" || !isWide || localStorage.getItem(KEPT_CLOSED)) return;
  current = "backups";
  toggle(true);
}

function toggle(is) {
  $("developer").hidden = !is;
  $("developer-toggle").setAttribute("aria-expanded", String(is));
  open?.gone.abort();
  open = is ? { gone: new AbortController() } : null;
  if (!is) return;
  choose(current);
  watch(open);
}

/* Arrows move between tabs, as a screen reader says of them. */
function moveByKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...document.querySelectorAll("#panel-tabs [role=tab]")].filter((tab) => !tab.hidden);
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  choose(next.dataset.tab);
  next.focus();
}

export function beginDeveloper() {
  let isFirst = true;
  for (const tab of document.querySelectorAll("#panel-tabs [role=tab]")) tab.addEventListener("click", () => choose(tab.dataset.tab));
  on("panel-tabs", "keydown", moveByKey);
  const press = (is) => { localStorage.setItem(KEPT_CLOSED, is ? "" : "1"); toggle(is); };
  on("developer-toggle", "click", () => press($("developer").hidden));
  on("developer-close", "click", () => { press(false); $("developer-toggle").focus(); });
  on("developer", "keydown", (event) => { if (event.key === "Escape") $("developer-close").click(); });
  on("panel-filter", "input", refresh);
  on("calls-polls", "change", refresh);
  onDetails((tab) => { current = tab; toggle(true); });
  onHost(() => {
    const hasHost = host.state !== "none";
    for (const name of OF_HOST) document.querySelector(`[data-tab=${name}]`).hidden = !hasHost;
    document.body.classList.toggle("kept", hasHost);
    if (isFirst) openAtFirst();
    isFirst = false;
  });
}
