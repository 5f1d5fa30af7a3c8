/* The list of chats: each person's private chat with the bot, and the groups and channels; those with the newest messages first. */

import { $, ask, element } from "./common.js";
import { session } from "./chat.js";
import { hashOf } from "./address.js";
import { avatar, iconOfChat } from "./avatar.js";
import { chooseWriter } from "./group.js";
import { host } from "./host.js";
import { gist } from "./message.js";
import { serviceText } from "./service.js";
import { LANGUAGE, t } from "./words.js";

const SHOWN = 200;          /* a test may have made a hundred thousand people */
const COUNTED = 30;         /* so many chats with news are asked how much it is */

/* migrated: a group's id -> the supergroup that it has become. */
export const chats = { people: new Map(), groups: new Map(), migrated: new Map() };

let asked = 0, answered = 0;   /* which question; an older answer that comes late does not take away what a newer one has shown */

export async function loadChats() {
  const mine = asked += 1;
  const [{ users }, { chats: groups }] = await Promise.all([
    ask("/sandbox/users", { query: { with_last: true } }), ask("/sandbox/chats", { query: { with_last: true, groups: true } })]);
  if (mine < answered) return;
  answered = mine;
  chats.people = new Map(users.map((person) => [person.id, person]));
  chats.migrated = new Map(groups.filter((group) => group.migrated_to).map((group) => [group.id, group.migrated_to]));
  chats.groups = new Map(groups.filter((group) => !group.migrated_to).map((group) => [group.id, group]));
}

/* ---- what is unread ---- */

const read = new Map();      /* a chat's id -> the last message that this window has shown, or found at its start */
const counts = new Map();    /* a chat's id -> { last, count }: how many messages there were up to the last one */

export function noteRead(id, message) {
  read.set(id, Math.max(read.get(id) ?? 0, message.message_id));
}

/* Of a private chat only what the bot has written: the person has read the rest. */
function isUnread(chat) {
  const last = chat.last_message?.message_id ?? 0;
  if (!read.has(chat.id)) read.set(chat.id, last);
  return chat.id !== session.chat?.id && last > read.get(chat.id) && (chat.id < 0 || Boolean(chat.last_message.from?.is_bot));
}

async function count(chat) {
  const last = chat.last_message.message_id;
  if (counts.get(chat.id)?.last === last) return;
  const { messages } = await ask("/sandbox/messages", { query: { chat_id: chat.id, after: read.get(chat.id) } });
  counts.set(chat.id, { last, count: messages.filter(({ from }) => chat.id < 0 || from?.is_bot).length });
}

/* ---- the entries ---- */

function time(message) {
  const date = new Date(message.date * 1000), isToday = date.toDateString() === new Date().toDateString();
  const words = isToday ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(LANGUAGE, { day: "numeric", month: "short" });
  return element("time", { dateTime: date.toISOString() }, words);
}

function lastWords(chat) {
  const { last_message: last } = chat;
  if (!last) return [];
  const service = serviceText(last, gist);
  const author = chat.id < 0 && !service && last.from ? [element("span", { className: "by" }, `${last.from.first_name}: `)] : [];
  return [element("small", { className: "last", dir: "auto" }, ...author, service ?? gist(last))];
}

function badge(chat) {
  if (!isUnread(chat)) return [];
  const words = String(counts.get(chat.id)?.count || "");
  return [element("span", { className: "badge", role: "img", "aria-label": t("{n} unread", { n: words }).trim() }, words)];
}

function entry(chat, place, name, about) {
  const last = chat.last_message;
  return element("li", {}, element("a", { href: hashOf(place), "aria-current": chat.id === session.chat?.id ? "true" : undefined },
    avatar(chat), element("span", { className: "who" }, element("b", { dir: "auto" }, ...name), element("small", {}, about),
      ...lastWords(chat), ...(last ? [time(last)] : []), ...badge(chat))));
}

function personEntry(person) {
  const tag = person.id === host.adminId ? [" ", element("small", { className: "tag" }, t("admin"))] : [];
  return entry(person, { id: person.id }, [person.first_name, ...tag], `${person.id}${person.username ? ` · @${person.username}` : ""}`);
}

function groupEntry(group) {
  const writer = chooseWriter(group, chats.people);
  return entry(group, { id: group.id, as: writer?.id }, [iconOfChat(group), group.title ?? ""],
    String(group.id));
}

/* The newest first; those without messages as they were made. */
function inOrder() {
  const all = [...chats.people.values(), ...chats.groups.values()];
  const at = new Map(all.map((chat, i) => [chat, (chat.last_message?.date ?? 0) * 1e6 - i]));
  return all.sort((a, b) => at.get(b) - at.get(a));
}

/* An unchanged list is not drawn again, so that it keeps the focus. */
export function showChats() {
  const all = inOrder();
  const shown = all.filter((chat, i) => i < SHOWN || chat.id === session.chat?.id);
  const text = JSON.stringify([shown.map((chat) => [chat, isUnread(chat), counts.get(chat.id)]), all.length, session.chat?.id, session.chat?.person?.id, host.adminId]);
  if (text === showChats.last) return;
  showChats.last = text;
  const focused = document.activeElement?.closest("#people-list a")?.hash;
  $("people-list").replaceChildren(...shown.map((chat) => (chat.id < 0 ? groupEntry(chat) : personEntry(chat))));
  const more = all.length - shown.length;
  if (more) $("people-list").append(element("li", { className: "quiet" }, t("and {n} more, each at the address #id", { n: more })));
  if (focused) $("people-list").querySelector(`a[href="${focused}"]`)?.focus({ preventScroll: true });
}

/* Counts what is unread, and shows it. */
export async function countUnread() {
  await Promise.all(inOrder().filter(isUnread).slice(0, COUNTED).map(count));
  showChats();
}
