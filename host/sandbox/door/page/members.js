/* The info of a group or channel: who is in it and as what, who comes in, and how it is called. */

import { ask, button, copy, element, heed, tell } from "./common.js";
import { session } from "./chat.js";
import { avatar } from "./avatar.js";
import { chats } from "./chat_list.js";
import { askText, chooseOne, openDialog, row, select } from "./dialogs.js";
import { isIn, kindInWords, memberCount, onDetails, refreshDetails, roleInWords } from "./group.js";
import { openInvite } from "./join.js";
import { t } from "./words.js";

const SHOWN = 200;   /* members; a test may have made a hundred thousand */

let dialog = null;

/* Something that the played person does as an owner would; the details are read anew afterwards. */
async function act(path, more) {
  const { id, person } = session.chat;
  const done = await tell(path, { json: { chat_id: id, from_id: person?.id, ...more } });
  await refreshDetails();
  return done;
}

/* ---- members ---- */

const ROLES = [["creator", "owner"], ["administrator", "administrator"], ["member", "member"], ["restricted", "restricted"], ["left", "out"], ["kicked", "banned"]];

function memberLine(member) {
  const { user } = member;
  const about = `${user.id}${user.username ? ` · @${user.username}` : ""}${member.custom_title ? ` · ${member.custom_title}` : ""}`;
  const roles = ROLES.filter(([name]) => name !== "restricted" || session.chat.group.type !== "channel");
  const role = select(t("What {name} is here", { name: user.first_name }), roles.map(([name, words]) => [name, t(words)]), member.status);
  role.addEventListener("change", () => act("/sandbox/members", { user_id: user.id, status: role.value }));
  return element("li", { className: "row-line" }, ...row(user, user.first_name, about), role);
}

async function addSomebody() {
  const { details } = session.chat;
  const inside = new Set(details.members.filter(isIn).map(({ user }) => user.id));
  const bots = dialog.bot && !inside.has(dialog.bot.id) ? [dialog.bot] : [];
  const others = [...bots, ...chats.people.values()].filter(({ id }) => !inside.has(id));
  const entries = others.map((one) => ({ who: one, name: one.first_name, about: one.is_bot ? t("bot") : String(one.id), value: one }));
  const chosen = await chooseOne(t("Add somebody"), entries, t("All are in here already."));
  if (!chosen) return;
  const needsRights = chosen.is_bot && session.chat.group.type === "channel";   /* as at Telegram */
  await act("/sandbox/members", { user_id: chosen.id, status: needsRights ? "administrator" : "member" });
}

function memberPart({ members }) {
  const order = ["creator", "administrator", "member", "restricted", "kicked"];
  const sorted = [...members].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return element("section", { "aria-label": t("Members") },
    element("div", { className: "head-line" }, element("h3", {}, t("Members")), button(t("Add"), addSomebody, { "aria-label": t("Add somebody") })),
    element("ul", { className: "rows" }, ...sorted.slice(0, SHOWN).map(memberLine),
      ...(sorted.length > SHOWN ? [element("li", { className: "quiet" }, t("and {n} more", { n: sorted.length - SHOWN }))] : [])));
}

/* ---- who comes in ---- */

function linkLine(link) {
  const about = [link.creates_join_request ? t("by request") : t("open to all"), t("by {name}", { name: link.creator.first_name }), ...(link.name ? [link.name] : [])];
  return element("li", { className: "row-line link-line" },
    element("span", { className: "who" }, element("b", {}, link.invite_link.replace("https://", "")), element("small", { dir: "auto" }, about.join(" · "))),
    element("span", { className: "buttons" }, button(t("Copy"), () => copy(link.invite_link)), button(t("Open"), () => openInvite(link.invite_link))));
}

function linkPart({ invite_links: links }) {
  const make = (creates_join_request) => act("/sandbox/invite_links", { creates_join_request });
  return element("section", { "aria-label": t("Invite links") },
    element("div", { className: "head-line" }, element("h3", {}, t("Invite links")),
      button(t("New"), () => make(false), { "aria-label": t("New link") }), button(t("New by request"), () => make(true), { "aria-label": t("New link by request") })),
    element("ul", { className: "rows" }, ...links.filter((link) => !link.is_revoked).map(linkLine)));
}

function requestLine({ from, bio }) {
  const decide = (approved) => act("/sandbox/join_requests", { user_id: from.id, approved });
  return element("li", { className: "row-line" }, ...row(from, from.first_name, bio ?? String(from.id)),
    element("span", { className: "buttons" }, button(t("Accept"), () => decide(true), { className: "primary" }), button(t("Decline"), () => decide(false))));
}

function requestPart({ join_requests: requests }) {
  if (!requests.length) return [];
  return [element("section", { "aria-label": t("Requests to join") }, element("h3", {}, t("Requests to join")),
    element("ul", { className: "rows" }, ...requests.map(requestLine)))];
}

/* ---- the whole ---- */

async function rename() {
  const title = await askText(t("Rename"), t("Title"), session.chat.group.title);
  if (title) await act("/sandbox/titles", { title });
}

async function migrate() {
  dialog.node.close();
  await act("/sandbox/migrations", {});
  onMigrated();
}

/* page.js gives it. */
let onMigrated = () => {};
export function afterMigration(then) {
  onMigrated = then;
}

async function leave() {
  dialog.node.close();
  await act("/sandbox/leaves", {});
}

function ownPart({ members }) {
  const { person } = session.chat, own = members.find(({ user }) => user.id === person?.id);
  if (!isIn(own)) return [];
  const more = session.chat.group.type === "group" && own.status === "creator" ? [button(t("Make it a supergroup"), migrate)] : [];
  return [...more, button(t("{name} leaves", { name: person.first_name }), leave, { className: "danger" })];
}

function draw() {
  const { details } = session.chat;
  const isChannel = details.type === "channel";
  const focused = document.activeElement?.getAttribute("aria-label");
  dialog.body.replaceChildren(
    element("div", { className: "face" }, avatar(details), element("div", { className: "who" },
      element("b", { dir: "auto" }, details.title), element("small", {}, `${kindInWords(details)} · ${memberCount(details.members.filter(isIn).length, isChannel)} · ${details.id}`),
      ...(details.description ? [element("small", { dir: "auto" }, details.description)] : [])), button("✎", rename, { className: "plain", "aria-label": t("Rename"), title: t("Rename") })),
    ...requestPart(details), memberPart(details), linkPart(details), ...ownPart(details));
  if (focused) [...dialog.body.querySelectorAll("[aria-label]")].find((node) => node.getAttribute("aria-label") === focused)?.focus({ preventScroll: true });
}

async function open() {
  const [{ bot }] = await Promise.all([ask("/sandbox/bot"), refreshDetails()]);
  if (!session.chat?.details) return;
  const body = element("div", { className: "info" });
  dialog = { body, bot };
  dialog.node = openDialog(kindInWords(session.chat.group), [body], { className: "group-info", onClose: () => { dialog = null; } });
  draw();
}

export function openInfo() {
  open().catch(heed);
}

onDetails(() => { if (dialog) draw(); });
