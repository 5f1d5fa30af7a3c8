/* The topics of a forum, as tabs above its messages: all of them together, or one. */

import { $, button, element, tell } from "./common.js";
import { session } from "./chat.js";
import { hashOf } from "./address.js";
import { ICON, icon } from "./avatar.js";
import { askText } from "./dialogs.js";
import { isAdministrator, ownMembership, refreshDetails } from "./group.js";
import { item, openItems } from "./menu.js";
import { t } from "./words.js";

const GENERAL = 1;

const strip = element("nav", { id: "topics", hidden: true });

/* A chat and topic -> the last message in it that this window has shown, or found at its start; and how many came since. */
const read = new Map(), unread = new Map();

export function topicOf(message) {
  return message.is_topic_message ? message.message_thread_id : GENERAL;
}

export function isInTopic(message) {
  const { group, topic } = session.chat;
  return message.deleted || !group?.is_forum || !topic || topicOf(message) === topic;
}

export function topicName(id) {
  const found = session.chat.details?.topics.find((one) => one.message_thread_id === id);
  return !found || id === GENERAL ? t("General") : found.name;
}

/* Counts what has come into topics that are not shown. */
export function noteTopics(messages, isWhole) {
  const { group, id, topic, person } = session.chat;
  if (!group?.is_forum) return;
  const before = new Map(read);
  for (const message of messages) {
    if (message.deleted) continue;
    const key = `${id} ${topicOf(message)}`, isShown = !topic || topic === topicOf(message);
    const isNew = message.message_id > (before.get(key) ?? (isWhole ? Infinity : 0));
    if (isNew && !isShown && message.from?.id !== person?.id) unread.set(key, (unread.get(key) ?? 0) + 1);
    if (isShown) unread.delete(key);
    read.set(key, Math.max(read.get(key) ?? 0, message.message_id));
  }
  if (topic) unread.delete(`${id} ${topic}`);
  showTopics();
}

async function change(topic, more) {
  const { id, person } = session.chat;
  await tell("/sandbox/topics", { json: { chat_id: id, from_id: person.id, message_thread_id: topic.message_thread_id, ...more } });
  refreshDetails();
}

async function openTopic() {
  const { id, person } = session.chat;
  const name = await askText(t("New topic"), t("Name of the topic"));
  if (!name) return;
  const topic = await tell("/sandbox/topics", { json: { chat_id: id, from_id: person.id, name } });
  if (topic) location.hash = hashOf({ id, as: person.id, topic: topic.message_thread_id });
}

async function renameTopic(topic) {
  const name = await askText(t("Rename the topic"), t("Name of the topic"), topic.name);
  if (name) await change(topic, { name });
}

function tab(words, topic, more = []) {
  const { id, person } = session.chat, mine = session.chat.topic ?? null;
  const count = unread.get(`${id} ${topic}`);
  return element("a", { href: hashOf({ id, as: person?.id, topic }), dir: "auto", "aria-current": mine === topic ? "true" : undefined }, words, ...more,
    ...(count ? [element("span", { className: "badge", role: "img", "aria-label": t("{n} unread", { n: count }) }, String(count))] : []));
}

function closedSign() {
  return element("span", { role: "img", "aria-label": t("closed") }, icon(ICON.lock));
}

/* What the person may do with the shown topic, or with all. */
function tools() {
  const { details, topic: shown, person } = session.chat;
  const topic = details.topics.find((one) => one.message_thread_id === shown);
  if (!person) return [];
  const create = button("+", openTopic, { className: "plain", "aria-label": t("New topic"), title: t("New topic") });
  if (!topic || !isAdministrator(ownMembership())) return [create];
  return [create, button("⋯", (node) => openItems(node,
    ...(shown === GENERAL ? [] : [item(t("Rename the topic"), () => renameTopic(topic))]),
    item(topic.is_closed ? t("Reopen the topic") : t("Close the topic"), () => change(topic, { is_closed: !topic.is_closed }))),
  { className: "plain", "aria-label": t("Menu of the topic"), title: t("Menu of the topic"), "aria-haspopup": "menu" })];
}

/* An unchanged strip is not drawn again, so that it keeps the focus. */
export function showTopics() {
  const { group, details, topic, person, id } = session.chat;
  const isForum = Boolean(group?.is_forum && details);
  strip.hidden = !isForum;
  if (!isForum) return;
  const topics = [...details.topics].sort((a, b) => a.message_thread_id - b.message_thread_id);
  const text = JSON.stringify([id, topics, topic, person?.id, ownMembership()?.status, topics.map((one) => unread.get(`${id} ${one.message_thread_id}`))]);
  if (text === showTopics.last) return;
  showTopics.last = text;
  const focused = document.activeElement?.closest("#topics a")?.hash;
  strip.replaceChildren(
    element("div", { className: "tabs" }, tab(t("All"), null),
      ...topics.map((one) => tab(topicName(one.message_thread_id), one.message_thread_id, one.is_closed ? [closedSign()] : []))),
    ...tools());
  if (focused) strip.querySelector(`a[href="${focused}"]`)?.focus({ preventScroll: true });
  strip.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

export function beginTopics() {
  strip.setAttribute("aria-label", t("Topics"));
  $("pinned").before(strip);
}
