/* The group or channel that is shown: who is in it, as whom the page plays, and whether that person may write. */

import { $, ask, button, element, heed, tell } from "./common.js";
import { session } from "./chat.js";
import { go } from "./address.js";
import { ICON, avatar, icon } from "./avatar.js";
import { row } from "./dialogs.js";
import { openItems } from "./menu.js";
import { LANGUAGE, t } from "./words.js";

const NAMES = { group: "Group", supergroup: "Supergroup", channel: "Channel" };

const listeners = [];
export function onDetails(listener) {
  listeners.push(listener);
}

/* ---- what is known of it ---- */

/* Reads the details of the shown group anew. They are in session.chat.details. */
export async function loadDetails() {
  const mine = session.chat;
  if (!mine?.group) return;
  const details = await ask("/sandbox/chat", { query: { chat_id: mine.id } });
  if (session.chat !== mine) return;
  const text = JSON.stringify(details);
  if (text === mine.detailsText) return;
  mine.detailsText = text;
  mine.details = details;
  mine.group = { ...mine.group, title: details.title, is_forum: details.is_forum };
  showGroup();
  for (const listener of listeners) listener();
}

export function refreshDetails() {
  return loadDetails().catch(heed);
}

const IN = new Set(["creator", "administrator", "member", "restricted"]);

export function membershipOf(details, id) {
  return details?.members.find(({ user }) => user.id === id);
}

export function isIn(member) {
  return Boolean(member) && IN.has(member.status) && member.is_member !== false;
}

export function isAdministrator(member) {
  return member?.status === "creator" || member?.status === "administrator";
}

/* The person whom the page plays, as a member of the shown group. */
export function ownMembership() {
  return membershipOf(session.chat?.details, session.chat?.person?.id);
}

/* The words for a number of members: Russian has three forms. */
export function memberCount(count, isChannel) {
  const form = new Intl.PluralRules(LANGUAGE).select(count);
  const [one, other] = isChannel ? ["{n} subscriber", "{n} subscribers"] : ["{n} member", "{n} members"];
  if (form === "one") return t(one, { n: count });
  return t(form === "few" ? `${other} (few)` : other, { n: count });
}

export function kindInWords(chat) {
  return chat.is_forum ? t("Supergroup with topics") : t(NAMES[chat.type]);
}

/* ---- as whom the page plays ---- */

const lastWriters = new Map();   /* a group's id -> the person who was played there last */
let lastPerson = null;

export function noteWriter(place, person) {
  if (place.id < 0 && person) lastWriters.set(place.id, person.id);
  if (person) lastPerson = person.id;
}

/* Who is played in a group whose address does not say it: as last time, a member, or anybody. */
export function chooseWriter(group, people) {
  const candidates = [lastWriters.get(group.id), group.members.includes(lastPerson) ? lastPerson : null, ...group.members, lastPerson, ...people.keys()];
  return people.get(candidates.find((id) => people.has(id))) ?? null;
}

/* ---- what stands where the field would ---- */

const gate = element("div", { id: "gate", hidden: true });

async function join() {
  const { id, person } = session.chat;
  await tell("/sandbox/joins", { json: { chat_id: id, from_id: person.id } });
  refreshDetails();
}

/* join.js gives it. */
let openInvite = () => {};
export function onInvite(open) {
  openInvite = open;
}

/* Why the person may not write: [words, ...buttons], or null. */
function obstacle({ group, details, person, topic }) {
  if (!person) return [t("Nobody is here to write: create a person.")];
  const member = ownMembership();
  if (member?.status === "kicked") return [t("{name} is banned here.", { name: person.first_name })];
  if (!isIn(member)) {
    const asked = details.join_requests.some(({ from }) => from.id === person.id);
    const link = details.invite_links.findLast((one) => one.creates_join_request && !one.is_revoked);
    if (asked) return [t("{name} has asked to join.", { name: person.first_name })];
    return [t("{name} is not in here.", { name: person.first_name }),
      ...(link ? [button(t("Ask to join"), () => openInvite(link.invite_link), { className: "primary" })] : []),
      button(t("Join"), join, { className: link ? "" : "primary" })];
  }
  if (group.type === "channel" && !isAdministrator(member)) return [t("Only administrators write in a channel.")];
  if (member.status === "restricted" && !member.can_send_messages) return [t("{name} may not write here.", { name: person.first_name })];
  const here = details.topics.find((one) => one.message_thread_id === (topic ?? 1));
  if (details.is_forum && here?.is_closed && !isAdministrator(member)) return [t("This topic is closed.")];
  return null;
}

function showGate() {
  const { group, details } = session.chat;
  const why = group && details ? obstacle(session.chat) : null;
  const [words, ...buttons] = why ?? [];
  gate.hidden = !why;
  $("chat").classList.toggle("gated", Boolean(why));
  gate.replaceChildren(...(why ? [writerButton(), element("span", {}, words), ...buttons] : []));
}

/* ---- the header and the button of the writer ---- */

const opener = element("button", { type: "button", id: "group-open", "aria-haspopup": "dialog", dir: "auto" });
const about = element("span", { id: "group-about" });
const writer = element("div", { id: "writer", hidden: true });

function showHeader() {
  const { group, details } = session.chat;
  const picture = group ? avatar(group) : element("span", { className: "avatar", "aria-hidden": "true" }, icon(ICON.bot));
  picture.id = "bot-avatar";
  $("bot-avatar").replaceWith(picture);
  opener.textContent = group?.title ?? "";
  opener.hidden = !group;
  $("bot-name").hidden = Boolean(group);
  $("chat").setAttribute("aria-label", group ? t("Chat “{title}”", { title: group.title }) : t("Chat with the bot"));
  about.textContent = details ? ` · ${memberCount(details.members.filter(isIn).length, group.type === "channel")}` : "";
}

function writerButton() {
  const { person } = session.chat;
  const node = element("button", { type: "button", className: "as", "aria-haspopup": "menu", title: t("As whom to write"),
    "aria-label": person ? t("You are {name}. As whom to write", { name: person.first_name }) : t("As whom to write") },
    person ? avatar(person) : icon(ICON.group));
  node.addEventListener("click", () => openWriters(node));
  return node;
}

/* page.js gives the people. */
let everybody = () => new Map();
export function onPeople(get) {
  everybody = get;
}

export function roleInWords(member) {
  if (!isIn(member)) return member?.status === "kicked" ? t("banned") : t("not in here");
  return { creator: t("owner"), administrator: t("administrator"), member: t("member"), restricted: t("restricted") }[member.status];
}

function openWriters(near) {
  const { details, person, id, topic } = session.chat;
  const isHere = (one) => isIn(membershipOf(details, one.id));
  const all = [...everybody().values()].sort((a, b) => isHere(b) - isHere(a)).slice(0, 100);
  openItems(near, element("p", { className: "quiet heading" }, t("As whom to write")), ...all.map((one) => {
    const node = element("button", { type: "button", role: "menuitemradio", "aria-checked": String(one.id === person?.id), className: "row-button" },
      ...row(one, one.first_name, roleInWords(membershipOf(details, one.id))));
    node.addEventListener("click", () => {
      $("popup").hidePopover();
      go({ id, as: one.id, topic });
    });
    return node;
  }));
}

/* Draws what depends on the group and the person; for a private chat, takes it away. */
export function showGroup() {
  const { chat } = session, { group, person, detailsText } = chat;
  const text = JSON.stringify([group?.title, person, detailsText]);
  if (text === chat.drawn) return;   /* so that a button keeps the focus */
  chat.drawn = text;
  showHeader();
  showGate();
  writer.hidden = !group;
  writer.replaceChildren(...(group ? [writerButton()] : []));
}

export function beginGroup(openInfo) {
  $("bot-name").after(opener);
  $("you-are").append(about);
  opener.addEventListener("click", openInfo);
  $("composer").before(gate);
  $("composer").prepend(writer);
}
