/* The chat page: chats on the left, the chosen one, and the developer's panel on request. The hash of the address holds the chosen
 * chat and person, so two windows can be two people. The page keeps nothing of its own but the language: it reads
 * everything from the sandbox, which may end and come back empty at any time. The loops at the end then ask again until it answers.
 * Text that a person or a bot wrote is put into the document as text, never as HTML. */

import { $, POLL_S, RETRY_MS, ask, button, connected, element, heed, on, pause, seen, tell } from "./common.js";
import { go, hashOf, readPlace } from "./address.js";
import { follow, isAtEnd, reading, session } from "./chat.js";
import { chats, countUnread, loadChats, noteRead, showChats } from "./chat_list.js";
import { beginComposer, focusField, forgetAim, heedForcedReply, keyboardAction, loadCommands, openMenu, refreshCommands, setAim, showBlocked } from "./composer.js";
import { beginInline, closeInline } from "./inline.js";
import { writeWaiting } from "./switch_inline.js";
import { beginWebApp, close as closeWebApp, openWebApp } from "./web_app.js";
import { beginDeveloper } from "./developer.js";
import { beginGroup, chooseWriter, loadDetails, noteWriter, onDetails, onInvite, onPeople, refreshDetails, showGroup } from "./group.js";
import { host, onHost, watchHost } from "./host.js";
import { beginJoin, openInvite } from "./join.js";
import { afterMigration, openInfo } from "./members.js";
import { beginMenu } from "./menu.js";
import { drawMessage, gist } from "./message.js";
import { beginNewChat } from "./new_chat.js";
import { beginSearch, closeSearch } from "./search.js";
import { joinAuthors } from "./service.js";
import { showRead } from "./ticks.js";
import { beginTopics, isInTopic, noteTopics, showTopics } from "./topics.js";
import { LANGUAGE, otherLanguage, t, translatePage } from "./words.js";

const PEOPLE_EVERY_MS = 5000;

/* ---- the chat ---- */

const drafts = new Map();   /* an address -> what was begun to be written there */

/* group: undefined for a private chat. person: null where nobody is there to be played. */
function openChat({ id, topic }, person, group) {
  closeChat();
  session.chat = { id, topic, person, group, read: 0, version: null, nodes: new Map(), messages: new Map(), pins: new Map(), reacted: new Map(), keyboard: null, gone: new AbortController() };
  noteWriter({ id }, person);
  $("chat").hidden = false;
  $("nobody").hidden = true;
  $("person-name").textContent = person?.first_name ?? "—";
  $("person-id").textContent = group ? "" : `· ${person.id}${person.username ? ` · @${person.username}` : ""}`;
  $("person-note").textContent = "";
  $("bot-name").textContent = t("Bot");
  clearChat();
  showGroup();
  showTopics();
  showBlocked(person);
  document.body.dataset.view = "chat";
  document.title = `${group?.title ?? person.first_name} · Lunokhod sandbox`;
  watchChat(session.chat);
  $("text").value = drafts.get(draftKey()) ?? "";
  setAim(null);
  focusField();
  writeWaiting();
}

function draftKey() {
  const { id, person, topic } = session.chat;
  return hashOf({ id, as: person?.id, topic });
}

function closeChat() {
  if (session.chat) drafts.set(draftKey(), $("aim").hidden ? $("text").value : "");
  session.chat?.gone.abort();
  closeInline();
  closeWebApp();
  session.chat = null;
  closeSearch();
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
  if (message.from?.is_bot && !chat.group) $("bot-name").textContent = message.from.first_name;
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
  const shown = news.messages.filter(isInTopic);
  const fresh = shown.filter((message) => !message.deleted && !chat.nodes.has(message.message_id));
  for (const message of shown) showMessage(message);
  showPinned();
  showDays();
  joinAuthors(list.children);
  showRead(news.read);
  noteTopics(news.messages, isWhole);
  if (chat.group && fresh.some(({ from, text }) => from && text === undefined)) refreshDetails();   /* somebody has come or gone */
  if (news.action) showAction(news.action, news.action_ms);
  else if (fresh.some((message) => message.from?.is_bot)) showAction(null);
  $("start-row").hidden = chat.nodes.size > 0 || Boolean(chat.group);
  showKeyboard(news.keyboard ?? null);
  if (fresh.length && fresh.at(-1).from?.is_bot) heedForcedReply(fresh.at(-1));
  if (reading.isFollowing) follow();
  else if (fresh.length) $("newest").hidden = false;
  list.setAttribute("aria-busy", "false");
  if (news.messages.length) noteRead(chat.id, news.messages.at(-1));
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

async function loadPeople() {
  await loadChats();
  connected(true);
  choose();
  await countUnread();
}

function isKnown({ id, as }) {
  return chats.groups.has(id) ? chats.people.has(as) : chats.people.has(id);
}

/* Shows the chat that the address names. A person whom the sandbox does not know, or no longer knows, is created by Enter. */
function choose() {
  const place = readPlace(), { people, groups } = chats;
  if (chats.migrated.has(place.id)) return go({ ...place, id: chats.migrated.get(place.id) }, true);
  const group = groups.get(place.id), person = group ? people.get(place.as) : people.get(place.id);
  if (group && !person && people.size) return go({ ...place, as: chooseWriter(group, people).id }, true);
  const isShown = session.chat?.id === place.id && session.chat.person?.id === person?.id && (session.chat.topic ?? null) === place.topic;
  if (!group && !person) offerPerson(place.id);
  else if (!isShown) openChat(place, person ?? null, group);
  else {
    showBlocked(person ?? null);
    if (group) updateGroup(group);
  }
  showChats();
}

/* Its title may have changed. */
function updateGroup(group) {
  session.chat.group = group;
  document.title = `${group.title} · Lunokhod sandbox`;
  showGroup();
}

let lost = null;   /* who was being played when the sandbox forgot them */

function offerPerson(id) {
  if (session.chat) {
    if (session.chat.id === id && id > 0) lost = session.chat.person;
    closeChat();
  }
  const isLost = id !== null && lost?.id === id;
  let note = chats.people.size ? "" : t("Welcome! Give yourself a name, and write to the bot.");
  if (id < 0) note = t("There is no group {id} here.", { id });
  else if (id !== null) note = t("Nobody here has the id {id}. Give a name, and Enter creates this person.", { id });
  if (isLost) note = t("The sandbox has forgotten {name}: it was emptied or started anew. Enter creates this person again.", { name: lost.first_name });
  if (note === $("person-note").textContent) return;
  $("person-note").textContent = note;
  if (isLost) {
    $("first-name").value = lost.first_name;
    $("username").value = lost.username ?? "";
  }
  if (note && !(id < 0)) $("first-name").focus();
}

function freeId() {
  const { id: named } = readPlace();
  if (named > 0 && !chats.people.has(named)) return named;
  for (;;) {
    const id = 100000 + crypto.getRandomValues(new Uint32Array(1))[0] % 900000;
    if (!chats.people.has(id)) return id;
  }
}

async function createPerson() {
  const person = { id: freeId(), first_name: $("first-name").value.trim() };
  const username = $("username").value.trim().replace(/^@/, "");
  if (!person.first_name) return;
  if (username) person.username = username;
  if (!await tell("/sandbox/users", { json: person })) return;
  $("person-form").reset();
  await loadChats().catch(heed);
  if (readPlace().id === person.id) choose();
  else go({ id: person.id });
}

/* ---- what goes on by itself ---- */

async function readBot(mine) {
  const bot = await loadCommands();
  if (bot && session.chat === mine && !mine.group) $("bot-name").textContent = bot.first_name;
}

async function readChat(mine) {
  const isWhole = mine.version === null;
  if (isWhole) await loadPeople();
  if (mine.gone.signal.aborted) return;
  if (isWhole) await readBot(mine);
  if (isWhole) await loadDetails();
  const query = { chat_id: mine.id, after_version: mine.version ?? 0, wait: isWhole ? 0 : POLL_S, with_action: true, after_read: mine.read };
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
      refreshDetails();
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
  showChats();
}

/* ---- what the person touches ---- */

translatePage();
beginComposer();
beginInline((url, bot) => openWebApp({ url, way: "inline mode", bot }));
beginWebApp();
beginDeveloper();
beginGroup(openInfo);
beginTopics();
beginNewChat();
beginJoin();
beginSearch();
onPeople(() => chats.people);
beginMenu();
onInvite(openInvite);
afterMigration(() => loadPeople().catch(heed));
onDetails(showTopics);
on("person-form", "submit", (event) => { event.preventDefault(); createPerson(); });
on("keyboard-toggle", "click", () => unfoldKeyboard($("keyboard").hidden));
on("newest", "click", () => { reading.isFollowing = true; follow(); $("newest").hidden = true; });
on("messages", "scroll", () => { if (isAtEnd()) $("newest").hidden = true; });
$("language").append(button(LANGUAGE === "ru" ? "EN" : "RU", otherLanguage, { "aria-label": LANGUAGE === "ru" ? "English" : "Русский" }));
window.addEventListener("hashchange", () => {
  if (isKnown(readPlace())) choose();   /* not after the answer: what is written meanwhile would go to the chat before */
  loadPeople().catch(heed);
});

onHost(chooseAdmin);
watchHost();
watchPeople();
