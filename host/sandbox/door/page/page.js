/* The chat page: people on the left, the chosen person's chat with the bot, and the developer's panel on request. The hash of the
 * address holds the chosen person, so two windows can be two people. The page keeps nothing of its own but the language: it reads
 * everything from the sandbox, which may end and come back empty at any time. The loops at the end then ask again until it answers.
 * Text that a person or a bot wrote is put into the document as text, never as HTML. */

import { $, POLL_S, RETRY_MS, ask, button, connected, element, heed, on, pause, seen, tell } from "./common.js";
import { follow, isAtEnd, reading, session } from "./chat.js";
import { beginComposer, focusField, forgetAim, heedForcedReply, keyboardAction, loadCommands, openMenu, refreshCommands, setAim, showBlocked } from "./composer.js";
import { beginInline, closeInline } from "./inline.js";
import { beginWebApp, close as closeWebApp, openWebApp } from "./web_app.js";
import { beginDeveloper } from "./developer.js";
import { host, onHost, watchHost } from "./host.js";
import { drawMessage, gist } from "./message.js";
import { LANGUAGE, otherLanguage, t, translatePage } from "./words.js";

const PEOPLE_EVERY_MS = 5000;
const PEOPLE_SHOWN = 200;      /* a test may have made a hundred thousand */

/* ---- the chat ---- */

function openChat(person) {
  closeChat();
  session.chat = { person, version: null, nodes: new Map(), messages: new Map(), pins: new Map(), reacted: new Map(), keyboard: null, gone: new AbortController() };
  $("chat").hidden = false;
  $("nobody").hidden = true;
  $("person-name").textContent = person.first_name;
  $("person-id").textContent = `· ${person.id}${person.username ? ` · @${person.username}` : ""}`;
  $("person-note").textContent = "";
  $("bot-name").textContent = t("Bot");
  clearChat();
  showBlocked(person);
  document.body.dataset.view = "chat";
  document.title = `${person.first_name} · Lunokhod sandbox`;
  watchChat(session.chat);
  $("text").value = "";
  setAim(null);
  focusField();
}

function closeChat() {
  session.chat?.gone.abort();
  closeInline();
  closeWebApp();
  session.chat = null;
  $("chat").hidden = true;
  $("nobody").hidden = false;
  document.body.dataset.view = "people";
  document.title = "Lunokhod sandbox";
}

function clearChat() {
  const { chat } = session;
  chat.nodes.clear();
  chat.messages.clear();
  chat.pins.clear();
  $("messages").replaceChildren();
  showPinned();
  showAction(null);
  $("newest").hidden = true;
  $("start-row").hidden = true;
  showKeyboard(null);
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

function forgetMessage(id) {
  const { chat } = session;
  chat.nodes.get(id)?.remove();
  chat.nodes.delete(id);
  chat.messages.delete(id);
  forgetAim(id);
}

function showMessage(message) {
  const { chat } = session;
  const id = message.message_id;
  const old = chat.nodes.get(id);
  if (message.pinned && !message.deleted) chat.pins.set(id, message);
  else chat.pins.delete(id);
  if (message.deleted) return forgetMessage(id);
  const node = drawMessage(message, openMenu);
  chat.nodes.set(id, node);
  chat.messages.set(id, message);
  if (old) replaceMessage(old, node);
  else insertMessage(id, node);
  if (message.from?.is_bot) $("bot-name").textContent = message.from.first_name;
  if (message.from?.is_bot) session.bot ??= message.from;
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
  const { pins } = session.chat;
  const message = pins.get(Math.max(...pins.keys()));
  $("pinned").hidden = !message;
  if (!message) return;
  $("pinned-text").textContent = gist(message);
  $("pinned").onclick = () => $(`message-${message.message_id}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
}

/* "typing…", until the time is over or a message comes. */
function showAction(action, ms = 0) {
  let words = "";
  if (action === "typing") words = t("typing…");
  else if (action?.startsWith("record")) words = t("recording…");
  else if (action?.startsWith("upload")) words = t("sending a file…");
  else if (action && action !== "cancel") words = t("choosing…");
  $("bot-action").textContent = words;
  $("you-are").hidden = Boolean(words);
  clearTimeout(showAction.timer);
  if (words) showAction.timer = setTimeout(() => showAction(null), ms);
}

function showNews(news, isWhole) {
  const { chat } = session;
  const list = $("messages");
  reading.isFollowing = isWhole || isAtEnd();
  list.setAttribute("aria-busy", String(isWhole));   /* a history is not read out */
  if (isWhole) clearChat();
  const fresh = news.messages.filter((message) => !message.deleted && !chat.nodes.has(message.message_id));
  for (const message of news.messages) showMessage(message);
  showPinned();
  showDays();
  if (news.action) showAction(news.action, news.action_ms);
  else if (fresh.some((message) => message.from?.is_bot)) showAction(null);
  $("start-row").hidden = chat.nodes.size > 0;
  showKeyboard(news.keyboard ?? null);
  if (fresh.length && fresh.at(-1).from?.is_bot) heedForcedReply(fresh.at(-1));
  if (reading.isFollowing) follow();
  else if (fresh.length) $("newest").hidden = false;
  list.setAttribute("aria-busy", "false");
  if (fresh.length) noteRead(chat.person.id, fresh.at(-1));
}

/* ---- the bot's keyboard ---- */

function keyboardButton(given, keyboard) {
  const asked = typeof given === "string" ? { text: given } : given;
  const act = keyboardAction(asked);
  const node = element("button", { type: "button", disabled: !act, dir: "auto" }, asked.text);
  if (!act) node.title = t("The page of the sandbox has no such button yet");
  node.addEventListener("click", () => {
    act();
    if (keyboard.one_time_keyboard) unfoldKeyboard(false);
  });
  return node;
}

/* An unchanged keyboard is not drawn again, so that it keeps the focus. */
function showKeyboard(keyboard) {
  const { chat } = session;
  const text = JSON.stringify(keyboard);
  if (text === chat.keyboard) return;
  chat.keyboard = text;
  chat.placeholder = keyboard?.input_field_placeholder;
  $("keyboard-toggle").hidden = !keyboard;
  $("text").placeholder = keyboard?.input_field_placeholder || t("Message");
  const focused = [...$("keyboard").querySelectorAll("button")].indexOf(document.activeElement);
  $("keyboard").replaceChildren(...(keyboard?.keyboard ?? []).map((row) =>
    element("div", { className: "row" }, ...row.map((given) => keyboardButton(given, keyboard)))));
  if (focused >= 0) ($("keyboard").querySelectorAll("button")[focused] ?? $("text")).focus({ preventScroll: true });
  unfoldKeyboard(Boolean(keyboard));
}

function unfoldKeyboard(is) {
  const isAtBottom = isAtEnd();
  $("keyboard").hidden = !is;
  $("keyboard-toggle").setAttribute("aria-expanded", String(is));
  if (isAtBottom) $("messages").scrollTop = $("messages").scrollHeight;
}

/* ---- people ---- */

let people = new Map();
const read = new Map();   /* a person's id -> the last message that this window has shown, or found at its start */

function hashId() {
  const id = Number(location.hash.slice(1));
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

function initials(name) {
  return [...new Intl.Segmenter().segment(name.trim())][0]?.segment.toUpperCase() ?? "?";
}

function noteRead(id, message) {
  read.set(id, message.message_id);
}

function isUnread(person) {
  const last = person.last_message?.message_id ?? 0;
  if (!read.has(person.id)) read.set(person.id, last);
  return person.id !== session.chat?.person.id && last > read.get(person.id) && person.last_message.from?.is_bot;
}

function personEntry(person) {
  const about = `${person.id}${person.username ? ` · @${person.username}` : ""}`;
  const last = person.last_message;
  const name = element("b", { dir: "auto" }, person.first_name, ...(person.id === host.adminId ? [" ", element("small", { className: "tag" }, t("admin"))] : []));
  return element("li", {}, element("a", { href: `#${person.id}`, "aria-current": person.id === session.chat?.person.id ? "true" : undefined },
    element("span", { className: "avatar", "aria-hidden": "true", "data-colour": person.id % 7 }, initials(person.first_name)),
    element("span", { className: "who" }, name, element("small", {}, about), ...(last ? [element("small", { className: "last", dir: "auto" }, gist(last))] : [])),
    ...(isUnread(person) ? [element("span", { className: "badge", role: "img", "aria-label": t("{n} unread", { n: "" }).trim() })] : [])));
}

/* An unchanged list is not drawn again, so that it keeps the focus. */
function showPeople() {
  const shown = [...people.values()].filter((person, i) => i < PEOPLE_SHOWN || person.id === session.chat?.person.id);
  const more = people.size - shown.length;
  const text = JSON.stringify([shown.map((person) => [person, isUnread(person)]), more, session.chat?.person.id, host.adminId]);
  if (text === showPeople.last) return;
  showPeople.last = text;
  const focused = document.activeElement?.closest("#people-list a")?.hash;
  $("people-list").replaceChildren(...shown.map(personEntry));
  if (more) $("people-list").append(element("li", { className: "quiet" }, t("and {n} more, each at the address #id", { n: more })));
  if (focused) $("people-list").querySelector(`a[href="${focused}"]`)?.focus({ preventScroll: true });
}

async function loadPeople() {
  const { users } = await ask("/sandbox/users", { query: { with_last: true } });
  connected(true);
  people = new Map(users.map((person) => [person.id, person]));
  choose();
}

/* Shows the person whom the hash names. A person whom the sandbox does not know, or no longer knows, is created by Enter. */
function choose() {
  const id = hashId();
  const person = people.get(id);
  if (person && person.id !== session.chat?.person.id) openChat(person);
  else if (person) showBlocked(person);
  if (!person) offerPerson(id);
  showPeople();
}

let lost = null;   /* who was being played when the sandbox forgot them */

function offerPerson(id) {
  if (session.chat) {
    if (session.chat.person.id === id) lost = session.chat.person;
    closeChat();
  }
  const isLost = id !== null && lost?.id === id;
  let note = people.size ? "" : t("Welcome! Give yourself a name, and write to the bot.");
  if (id !== null) note = t("Nobody here has the id {id}. Give a name, and Enter creates this person.", { id });
  if (isLost) note = t("The sandbox has forgotten {name}: it was emptied or started anew. Enter creates this person again.", { name: lost.first_name });
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

/* ---- what goes on by itself ---- */

async function readBot(mine) {
  const bot = await loadCommands();
  if (bot && session.chat === mine) $("bot-name").textContent = bot.first_name;
}

async function readChat(mine) {
  const isWhole = mine.version === null;
  if (isWhole) await loadPeople();
  if (mine.gone.signal.aborted) return;
  if (isWhole) await readBot(mine);
  const query = { chat_id: mine.person.id, after_version: mine.version ?? 0, wait: isWhole ? 0 : POLL_S, with_action: true };
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
      refreshCommands();
      failures = 0;
      await pause(PEOPLE_EVERY_MS);
    } catch (error) {
      heed(error);
      await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    }
  }
}

/* Whoever opens the page of `lunokhod dev` is its admin, until they choose somebody else. */
let isAdminChosen = false;
function chooseAdmin() {
  if (isAdminChosen || !host.adminId) return;
  isAdminChosen = true;
  if (!location.hash) location.replace(`#${host.adminId}`);
  showPeople();
}

/* ---- what the person touches ---- */

translatePage();
beginComposer();
beginInline((url, bot) => openWebApp({ url, way: "inline mode", bot }));
beginWebApp();
beginDeveloper();
on("person-form", "submit", (event) => { event.preventDefault(); createPerson(); });
on("keyboard-toggle", "click", () => unfoldKeyboard($("keyboard").hidden));
on("newest", "click", () => { reading.isFollowing = true; follow(); $("newest").hidden = true; });
on("messages", "scroll", () => { if (isAtEnd()) $("newest").hidden = true; });
$("language").append(button(LANGUAGE === "ru" ? "EN" : "RU", otherLanguage, { "aria-label": LANGUAGE === "ru" ? "English" : "Русский" }));
window.addEventListener("hashchange", () => loadPeople().catch(heed));

onHost(chooseAdmin);
watchHost();
watchPeople();
