/* The chat page: people on the left, the chosen person's chat with the bot, and the bot's API calls on request. The hash of the
 * address holds the chosen person, so two windows can be two people. The page keeps nothing of its own: it reads everything from
 * the sandbox, which may end and come back empty at any time. The loops at the end then ask again until it answers.
 * Text that a person or a bot wrote is put into the document as text, never as HTML. */

const POLL_S = 25;             /* so long the sandbox may wait for news before it answers */
const PEOPLE_EVERY_MS = 5000;
const CALLS_EVERY_MS = 1000;
const CALLS_KEPT = 200;
const PEOPLE_SHOWN = 200;      /* a test may have made a hundred thousand */
const RETRY_MS = [300, 700, 1500, 3000];

const $ = (id) => document.getElementById(id);

/* A new element. Names with a dash become attributes, all others properties; strings among the children become text. */
function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name.includes("-")) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/* Hidden windows ask nothing, because a browser opens only six connections to one server. */
function seen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

function toast(text, isBad = false) {
  const node = $("toast");
  node.textContent = text;
  node.classList.toggle("bad", isBad);
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, isBad ? 8000 : 4000);
}

/* ---- asking the sandbox ---- */

/* ask() fails in two ways: the sandbox refuses, and says why; or it does not answer. */
class Refusal extends Error {}
class Silence extends Error {}

/* The bot whose chats are shown, if the page's address names one: a person has a private chat with each. */
const BOT = new URLSearchParams(location.search).get("bot_id");

async function ask(path, { query, json, form, signal } = {}) {
  const options = { signal };
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
function heed(error) {
  if (error instanceof Silence) connected(false);
  else if (!(error instanceof Refusal)) throw error;
}

function connected(is) {
  const node = $("connection");
  if (node.hidden === is) return;
  node.hidden = is;
  node.textContent = is ? "" : "The sandbox does not answer. Is it still running? Trying again until it does…";
  if (is) toast("The sandbox is back.");
}

/* What a person does is told to the sandbox in the order in which it was done. Resolves to undefined where it failed,
 * after saying so. */
let lastAction = Promise.resolve();
function tell(path, request) {
  const action = lastAction.then(() => ask(path, request)).catch((error) => {
    toast(error instanceof Silence ? "Not sent: the sandbox does not answer." : error.message, true);
  });
  lastAction = action;
  return action;
}

/* ---- formatted text ---- */

const SAFE_LINK = /^(https?|tg|mailto|tel):/i;

function link(address, ...children) {
  if (!SAFE_LINK.test(address)) return element("span", { title: address }, ...children);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: address }, ...children);
}

function spoiler(children) {
  const node = element("span", { className: "spoiler", role: "button", tabIndex: 0, "aria-expanded": "false", "aria-label": "Hidden text" }, ...children);
  const reveal = () => {
    node.setAttribute("aria-expanded", "true");
    for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
  };
  node.addEventListener("click", reveal);
  node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); reveal(); } });
  return node;
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

function words(text, entities = []) {
  const ordered = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return element("div", { className: "words", dir: "auto" }, ...formatted(text, ordered));
}

/* ---- one message ---- */

const FILE_KINDS = ["document", "animation", "audio", "video", "voice", "video_note", "sticker"];

function fileAddress(id) {
  return `/sandbox/files?${new URLSearchParams({ file_id: id })}`;
}

function sizeInWords(bytes) {
  if (bytes === undefined) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function photo(sizes, caption) {
  const largest = sizes.reduce((a, b) => ((b.width ?? 0) > (a.width ?? 0) ? b : a));
  const address = fileAddress(largest.file_id);
  const image = element("img", { className: "photo", src: address, alt: caption ?? "Photo" });
  image.addEventListener("load", () => follow(), { once: true });
  image.addEventListener("error", () => image.replaceWith(image.alt), { once: true });
  return element("a", { href: address, target: "_blank", rel: "noopener" }, image);
}

function file(kind, described) {
  const name = described.file_name ?? kind;
  return element("a", { className: "file", href: fileAddress(described.file_id), download: name },
    element("span", { "aria-hidden": "true" }, "↓"),
    element("span", {}, element("b", { dir: "auto" }, name), element("small", {}, sizeInWords(described.file_size))));
}

/* A message in one line, for pins and quotes. */
function gist(message) {
  return message.text ?? message.caption ?? message.document?.file_name ?? (message.photo ? "Photo" : "a message");
}

function content(message) {
  const parts = [];
  if (message.forward_origin) parts.push(element("span", { className: "quote" }, "Forwarded"));
  if (message.reply_to_message) parts.push(element("span", { className: "quote", dir: "auto" }, gist(message.reply_to_message)));
  if (message.photo?.length) parts.push(photo(message.photo, message.caption));
  else {
    const kind = FILE_KINDS.find((name) => message[name]);
    if (kind) parts.push(file(kind, message[kind]));
  }
  if (message.pinned_message) parts.push(words(`pinned “${gist(message.pinned_message)}”`));
  if (message.text !== undefined) parts.push(words(message.text, message.entities));
  if (message.caption !== undefined) parts.push(words(message.caption, message.caption_entities));
  if (!parts.length) parts.push(element("span", { className: "quiet" }, "A message of a kind that this page does not show."));
  return parts;
}

function stamp(message) {
  const date = new Date(message.date * 1000);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return element("time", { className: "stamp", dateTime: date.toISOString(), title: date.toLocaleString() },
    message.edit_date ? `edited ${time}` : time);
}

/* What the button does, or undefined where the page can't do it. */
function inlineAction(button, message) {
  if (button.callback_data !== undefined) return (node) => press(node, message, button.callback_data);
  if (button.copy_text) return () => navigator.clipboard.writeText(button.copy_text.text).then(() => toast("Copied."), () => toast("The browser forbids copying here.", true));
  return undefined;
}

function inlineButton(button, message) {
  if (button.url && SAFE_LINK.test(button.url)) return link(button.url, button.text);
  const action = inlineAction(button, message);
  const node = element("button", { type: "button", disabled: !action, dir: "auto" }, button.text);
  if (action) node.addEventListener("click", () => action(node));
  else node.title = "The page of the sandbox has no such button yet";
  return node;
}

function inlineKeyboard(message) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return [];
  return [element("div", { className: "inline-keyboard", role: "group", "aria-label": "Buttons of the message" },
    ...rows.map((row) => element("div", { className: "row" }, ...row.map((button) => inlineButton(button, message)))))];
}

function drawMessage(message) {
  const isMine = !message.from?.is_bot;
  const isService = Boolean(message.pinned_message);
  const author = element("span", { className: "spoken" }, isMine ? "You: " : `${message.from.first_name}: `);
  const node = element("article", { className: "message", id: `message-${message.message_id}` },
    element("div", { className: "bubble" }, author, ...content(message)), ...inlineKeyboard(message));
  (node.querySelector(".bubble > .words:last-child") ?? node.firstChild).append(stamp(message));   /* beside the last line if it fits */
  node.classList.toggle("mine", isMine && !isService);
  node.classList.toggle("service", isService);
  node.dataset.date = new Date(message.date * 1000).toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
  return node;
}

/* ---- the chat ---- */

/* The chosen person's chat, or null. `version` is null until the whole chat has been read, and again after a lost connection,
 * because the sandbox that comes back may be another one. `nodes` are the drawn messages by id, `pins` the pinned ones
 * among them. */
let chat = null;

function openChat(person) {
  closeChat();
  chat = { person, version: null, nodes: new Map(), pins: new Map(), keyboard: null, gone: new AbortController() };
  $("chat").hidden = false;
  $("nobody").hidden = true;
  $("person-name").textContent = person.first_name;
  $("person-id").textContent = `· ${person.id}${person.username ? ` · @${person.username}` : ""}`;
  $("person-note").textContent = "";
  $("bot-name").textContent = "Bot";
  clearChat();
  document.body.dataset.view = "chat";
  document.title = `${person.first_name} · Lunokhod sandbox`;
  watchChat(chat);
  $("text").value = "";
  focusField();
}

function closeChat() {
  chat?.gone.abort();
  chat = null;
  $("chat").hidden = true;
  $("nobody").hidden = false;
  document.body.dataset.view = "people";
  document.title = "Lunokhod sandbox";
}

function clearChat() {
  chat.nodes.clear();
  chat.pins.clear();
  $("messages").replaceChildren();
  showPinned();
  $("newest").hidden = true;
  $("start-row").hidden = true;
  showKeyboard(null);
}

function isAtEnd() {
  const list = $("messages");
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

/* Scrolls to the newest message, unless the person is reading older ones. */
let isFollowing = true;
function follow() {
  const list = $("messages");
  if (isFollowing) list.scrollTop = list.scrollHeight;
}

/* An edited message takes its old node's place, and its buttons keep the focus by their position. */
function replaceMessage(old, node) {
  const index = [...old.querySelectorAll(".row > *")].indexOf(document.activeElement);
  node.classList.add("changed");
  old.replaceWith(node);
  if (index >= 0) node.querySelectorAll(".row > *")[index]?.focus({ preventScroll: true });
}

function insertMessage(id, node) {
  const later = [...$("messages").children].find((other) => Number(other.id.slice("message-".length)) > id);
  $("messages").insertBefore(node, later ?? null);
}

function showMessage(message) {
  const id = message.message_id;
  const old = chat.nodes.get(id);
  if (message.pinned && !message.deleted) chat.pins.set(id, message);
  else chat.pins.delete(id);
  if (message.deleted) {
    old?.remove();
    chat.nodes.delete(id);
    return;
  }
  const node = drawMessage(message);
  chat.nodes.set(id, node);
  if (old) replaceMessage(old, node);
  else insertMessage(id, node);
  if (message.from?.is_bot) $("bot-name").textContent = message.from.first_name;
  if (message.reply_markup?.keyboard) chat.keyboard = null;   /* sent anew: one that was folded away unfolds */
}

function showDays() {
  let day = null;
  for (const node of $("messages").children) {
    if (node.dataset.date === day) delete node.dataset.day;
    else node.dataset.day = node.dataset.date;
    day = node.dataset.date;
  }
}

/* The pinned message that was sent last, as getChat shows it. */
function showPinned() {
  const message = chat.pins.get(Math.max(...chat.pins.keys()));
  $("pinned").hidden = !message;
  if (!message) return;
  $("pinned-text").textContent = gist(message);
  $("pinned").onclick = () => $(`message-${message.message_id}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
}

function showNews(news, isWhole) {
  const list = $("messages");
  isFollowing = isWhole || isAtEnd();
  list.setAttribute("aria-busy", String(isWhole));   /* a history is not read out */
  if (isWhole) clearChat();
  const isNew = news.messages.some((message) => !message.deleted && !chat.nodes.has(message.message_id));
  for (const message of news.messages) showMessage(message);
  showPinned();
  showDays();
  $("start-row").hidden = chat.nodes.size > 0;
  showKeyboard(news.keyboard ?? null);
  if (isFollowing) follow();
  else if (isNew) $("newest").hidden = false;
  list.setAttribute("aria-busy", "false");
}

/* ---- the bot's keyboard ---- */

function keyboardButton(button, keyboard) {
  const given = typeof button === "string" ? { text: button } : button;
  const isPlain = Object.keys(given).every((name) => ["text", "style", "icon_custom_emoji_id"].includes(name));
  const node = element("button", { type: "button", disabled: !isPlain, dir: "auto" }, given.text);
  if (!isPlain) node.title = "The page of the sandbox has no such button yet";
  node.addEventListener("click", () => {
    say(given.text);
    if (keyboard.one_time_keyboard) unfoldKeyboard(false);
  });
  return node;
}

/* An unchanged keyboard is not drawn again, so that it keeps the focus. */
function showKeyboard(keyboard) {
  const text = JSON.stringify(keyboard);
  if (text === chat.keyboard) return;
  chat.keyboard = text;
  $("keyboard-toggle").hidden = !keyboard;
  $("text").placeholder = keyboard?.input_field_placeholder || "Message";
  const focused = [...$("keyboard").querySelectorAll("button")].indexOf(document.activeElement);
  $("keyboard").replaceChildren(...(keyboard?.keyboard ?? []).map((row) =>
    element("div", { className: "row" }, ...row.map((button) => keyboardButton(button, keyboard)))));
  if (focused >= 0) ($("keyboard").querySelectorAll("button")[focused] ?? $("text")).focus({ preventScroll: true });
  unfoldKeyboard(Boolean(keyboard));
}

function unfoldKeyboard(is) {
  const isAtBottom = isAtEnd();
  $("keyboard").hidden = !is;
  $("keyboard-toggle").setAttribute("aria-expanded", String(is));
  if (isAtBottom) $("messages").scrollTop = $("messages").scrollHeight;
}

/* ---- what the person does ---- */

function say(text) {
  isFollowing = true;
  return tell("/sandbox/messages", { json: { chat_id: chat.person.id, text } });
}

/* Only where there is a mouse: on a phone the focus would bring up its keyboard. */
function focusField() {
  if (matchMedia("(pointer: fine)").matches) $("text").focus({ preventScroll: true });
}

async function sendText() {
  const field = $("text");
  const text = field.value;
  if (!text.trim()) return;
  field.value = "";
  const sent = await say(text);
  if (!sent && !field.value) field.value = text;   /* the text is kept, unless the person has begun another */
}

async function sendDocument(document) {
  const form = new FormData();
  form.append("chat_id", chat.person.id);
  if ($("text").value.trim()) form.append("caption", $("text").value);
  form.append("document", document, document.name);
  if (await tell("/sandbox/messages", { form })) $("text").value = "";
}

/* An inline button is busy until the bot has answered the press, as in Telegram. */
async function press(node, message, data) {
  node.setAttribute("aria-busy", "true");
  const pressed = await tell("/sandbox/callbacks", { json: { chat_id: chat.person.id, message_id: message.message_id, data } });
  if (pressed?.id !== undefined) await showAnswer(pressed.id);
  node.removeAttribute("aria-busy");
}

async function showAnswer(id) {
  const answer = await ask("/sandbox/answers", { query: { id, wait: POLL_S } }).catch(() => null);
  if (!answer?.text) return;
  if (!answer.show_alert) return toast(answer.text);
  $("alert-text").textContent = answer.text;
  $("alert").showModal();
}

/* ---- people ---- */

let people = new Map();

function hashId() {
  const id = Number(location.hash.slice(1));
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

function initials(name) {
  return [...new Intl.Segmenter().segment(name.trim())][0]?.segment.toUpperCase() ?? "?";
}

function personEntry(person) {
  const about = `${person.id}${person.username ? ` · @${person.username}` : ""}`;
  return element("li", {}, element("a", { href: `#${person.id}`, "aria-current": person.id === chat?.person.id ? "true" : undefined },
    element("span", { className: "avatar", "aria-hidden": "true", "data-colour": person.id % 7 }, initials(person.first_name)),
    element("span", {}, element("b", { dir: "auto" }, person.first_name), element("small", {}, about))));
}

/* An unchanged list is not drawn again, so that it keeps the focus. */
function showPeople() {
  const shown = [...people.values()].filter((person, i) => i < PEOPLE_SHOWN || person.id === chat?.person.id);
  const more = people.size - shown.length;
  const text = JSON.stringify([shown, more, chat?.person.id]);
  if (text === showPeople.last) return;
  showPeople.last = text;
  const focused = document.activeElement?.closest("#people-list a")?.hash;
  $("people-list").replaceChildren(...shown.map(personEntry));
  if (more) $("people-list").append(element("li", { className: "quiet" }, `and ${more} more, each at the address #id`));
  if (focused) $("people-list").querySelector(`a[href="${focused}"]`)?.focus({ preventScroll: true });
}

async function loadPeople() {
  const { users } = await ask("/sandbox/users");
  connected(true);
  people = new Map(users.map((person) => [person.id, person]));
  choose();
}

/* Shows the person whom the hash names. A person whom the sandbox does not know, or no longer knows, is created by Enter. */
function choose() {
  const id = hashId();
  const person = people.get(id);
  if (person && person.id !== chat?.person.id) openChat(person);
  if (!person) offerPerson(id);
  showPeople();
}

let lost = null;   /* who was being played when the sandbox forgot them */

function offerPerson(id) {
  if (chat) {
    if (chat.person.id === id) lost = chat.person;
    closeChat();
  }
  const isLost = id !== null && lost?.id === id;
  let note = people.size ? "" : "Welcome! Give yourself a name, and write to the bot.";
  if (id !== null) note = `Nobody here has the id ${id}. Give a name, and Enter creates this person.`;
  if (isLost) note = `The sandbox has forgotten ${lost.first_name}: it was emptied or started anew. Enter creates this person again.`;
  if (note === $("person-note").textContent) return;
  $("person-note").textContent = note;
  if (isLost) {
    $("first-name").value = lost.first_name;
    $("username").value = lost.username ?? "";
  }
  if (note) $("first-name").focus();
}

function freeId() {
  const hash = hashId();
  if (hash !== null && !people.has(hash)) return hash;
  for (;;) {
    const id = 100000 + crypto.getRandomValues(new Uint32Array(1))[0] % 900000;
    if (!people.has(id)) return id;
  }
}

async function createPerson() {
  const person = { id: freeId(), first_name: $("first-name").value.trim() };
  const username = $("username").value.trim().replace(/^@/, "");
  if (!person.first_name) return;
  if (username) person.username = username;
  if (!await tell("/sandbox/users", { json: person })) return;
  $("person-form").reset();
  people.set(person.id, person);
  if (hashId() === person.id) choose();
  else location.hash = person.id;
}

/* ---- the bot's calls ---- */

let calls = null;   /* { after, gone } while the panel is open */

function drawCall(call) {
  const isPoll = /^getupdates$/i.test(call.method);
  const failure = call.status === 200 ? "" : String(call.status);
  const took = `${call.ended_at - call.started_at} ms`;
  const { text, chat_id: to } = call.parameters ?? {};
  const summary = element("summary", {}, element("b", {}, call.method),
    element("span", { className: "about quiet", dir: "auto" }, String(text ?? to ?? "")),
    element("span", { className: "failed" }, failure), element("span", { className: "quiet" }, took));
  const details = element("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("pre")) details.append(element("pre", {}, JSON.stringify(call, null, 2)));
  });
  return element("li", { className: isPoll ? "poll" : "" }, details);
}

async function openCalls(is) {
  $("calls").hidden = !is;
  $("calls-toggle").setAttribute("aria-expanded", String(is));
  calls?.gone.abort();
  calls = is ? { after: 0, gone: new AbortController() } : null;
  $("calls-list").replaceChildren();
  if (is) watchCalls(calls);
}

function showCalls(requests) {
  const list = $("calls-list");
  for (const call of requests) list.prepend(drawCall(call));
  while (list.children.length > CALLS_KEPT) list.lastChild.remove();
}

/* ---- what goes on by itself ---- */

async function watchCalls(mine) {
  const { signal } = mine.gone;
  while (!signal.aborted) {
    await seen();
    try {
      const { requests, last } = await ask("/sandbox/requests", { query: { after: mine.after }, signal });
      if (signal.aborted) return;
      if (last < mine.after) $("calls-list").replaceChildren();   /* another sandbox, which counts from the beginning */
      showCalls(requests);
      mine.after = last < mine.after ? 0 : last;
    } catch (error) {
      if (signal.aborted) return;
      heed(error);
    }
    await pause(CALLS_EVERY_MS, signal);
  }
}

async function readChat(mine) {
  const isWhole = mine.version === null;
  if (isWhole) await loadPeople();
  if (mine.gone.signal.aborted) return;
  const query = { chat_id: mine.person.id, after_version: mine.version ?? 0, wait: isWhole ? 0 : POLL_S };
  const news = await ask("/sandbox/messages", { query, signal: mine.gone.signal });
  if (mine.gone.signal.aborted) return;
  connected(true);
  if (!isWhole && news.version < mine.version) mine.version = null;   /* emptied and begun anew meanwhile */
  else {
    showNews(news, isWhole);
    mine.version = news.version;
  }
}

async function watchChat(mine) {
  let failures = 0;
  while (!mine.gone.signal.aborted) {
    await seen();
    try {
      await readChat(mine);
      failures = 0;
    } catch (error) {
      if (mine.gone.signal.aborted) return;
      mine.version = null;
      heed(error);
      await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)], mine.gone.signal);
    }
  }
}

async function watchPeople() {
  let failures = 0;
  for (;;) {
    await seen();
    try {
      await loadPeople();
      failures = 0;
      await pause(PEOPLE_EVERY_MS);
    } catch (error) {
      heed(error);
      await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    }
  }
}

/* ---- what the person touches ---- */

function on(id, event, handle) {
  $(id).addEventListener(event, handle);
}

on("person-form", "submit", (event) => { event.preventDefault(); createPerson(); });
on("composer", "submit", (event) => { event.preventDefault(); sendText(); });
on("text", "keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendText();
});
on("start", "click", () => { say("/start"); focusField(); });
on("keyboard-toggle", "click", () => unfoldKeyboard($("keyboard").hidden));
on("newest", "click", () => { isFollowing = true; follow(); $("newest").hidden = true; });
on("messages", "scroll", () => { if (isAtEnd()) $("newest").hidden = true; });
on("document", "change", () => {
  for (const chosen of $("document").files) sendDocument(chosen);
  $("document").value = "";
});
on("text", "paste", (event) => {
  if (!event.clipboardData.files.length) return;
  event.preventDefault();
  for (const pasted of event.clipboardData.files) sendDocument(pasted);
});
on("chat", "dragover", (event) => { event.preventDefault(); $("chat").classList.add("dropping"); });
on("chat", "dragleave", () => $("chat").classList.remove("dropping"));
on("chat", "drop", (event) => {
  event.preventDefault();
  $("chat").classList.remove("dropping");
  for (const dropped of event.dataTransfer.files) sendDocument(dropped);
});
on("calls-toggle", "click", () => openCalls($("calls").hidden));
on("calls-close", "click", () => { openCalls(false); $("calls-toggle").focus(); });
on("calls", "keydown", (event) => { if (event.key === "Escape") $("calls-close").click(); });
on("calls-polls", "change", () => $("calls").classList.toggle("polls", $("calls-polls").checked));
window.addEventListener("hashchange", () => loadPeople().catch(heed));

watchPeople();
