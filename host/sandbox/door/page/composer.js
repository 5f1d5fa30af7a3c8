/* What is below the messages: the field, replies and edits, the menu of commands, what else can be sent; and the menu of one message. */

import { $, ask, button, copy, element, heed, on } from "./common.js";
import { block, edit, isOwn, pin, react, remove, say, send, sendFile, session, shareContact } from "./chat.js";
import { startForward } from "./forward.js";
import { isAdministrator, ownMembership } from "./group.js";
import { item, openOver } from "./menu.js";
import { chooseInline, closeInline, heedInlineKey, heedInlineWords } from "./inline.js";
import { gist } from "./message.js";
import { openWebApp } from "./web_app.js";
import { t } from "./words.js";

const REACTIONS = ["👍", "❤", "🔥", "🎉", "😁", "🤔", "👎"];
const HERE = { latitude: 38.23, longitude: -35.01 };   /* where Lunokhod 1 came down */

/* Only where there is a mouse: on a phone the focus would bring up its keyboard. */
export function focusField() {
  if (matchMedia("(pointer: fine)").matches) $("text").focus({ preventScroll: true });
}

/* ---- what the field is for: a new message, a reply, or an edit ---- */

let aim = null;   /* { kind: "reply" or "edit", message } */

export function setAim(kind, message, placeholder) {
  aim = kind ? { kind, message } : null;
  $("aim").hidden = !kind;
  $("text").placeholder = placeholder || session.chat?.placeholder || t("Message");
  if (!kind) return;
  $("aim-kind").textContent = kind === "reply" ? t("Reply to") : t("Editing");
  $("aim-text").textContent = gist(message);
  if (kind === "edit") $("text").value = message.text;
  $("text").focus({ preventScroll: true });
}

function cancelAim() {
  if (aim?.kind === "edit") $("text").value = "";
  setAim(null);
  focusField();
}

/* A forced reply of the bot, once, when its message comes. */
export function heedForcedReply(message) {
  if (message.reply_markup?.force_reply) setAim("reply", message, message.reply_markup.input_field_placeholder);
}

/* A message that is deleted can't be replied to. */
export function forgetAim(id) {
  if (aim?.message.message_id === id) cancelAim();
}

async function sendText() {
  const field = $("text"), text = field.value, { kind, message } = aim ?? {};
  if (!text.trim() || chooseInline()) return;
  field.value = "";
  closeInline();
  closeCommands();
  setAim(null);
  const sent = kind === "edit" ? await edit(message, text) : await send({ text, ...(kind && { reply_to_message_id: message.message_id }) });
  if (sent || field.value) return;   /* the text is kept, unless the person has begun another */
  field.value = text;
  if (kind) setAim(kind, message);
}

export async function sendDocument(document) {
  const caption = $("text").value.trim() ? { caption: $("text").value } : {};
  const reply = aim?.kind === "reply" ? { reply_to_message_id: aim.message.message_id } : {};
  if (!await sendFile("document", document, { ...caption, ...reply })) return;
  $("text").value = "";
  setAim(null);
}

const mayEdit = (message) => isOwn(message) && !message.via_bot && message.text !== undefined;

function editLast() {
  const mine = [...session.chat.messages.values()].filter(mayEdit);
  const last = mine.reduce((a, b) => (a && a.message_id > b.message_id ? a : b), null);
  if (last) setAim("edit", last);
  return Boolean(last);
}

/* ---- commands ---- */

let commands = [], menuApp = null;   /* what the menu button shows: commands, or a Mini App */

export async function loadCommands() {
  const { id, person } = session.chat;
  const { bot, commands: found, menu_button: menu } = await ask("/sandbox/bot", { query: { chat_id: id, from_id: person?.id ?? 0, language_code: person?.language_code ?? "" } });
  commands = found ?? [];
  session.bot = bot;
  menuApp = menu?.type === "web_app" && !session.chat.group ? { url: menu.web_app.url, way: "menu button", bot: bot.username, name: bot.first_name } : null;
  $("menu").hidden = !commands.length && !menuApp;
  $("menu").textContent = menuApp ? menu.text : t("Menu");
  return bot;
}

function closeCommands() {
  $("commands").hidden = true;
  $("menu").setAttribute("aria-expanded", "false");
  $("text").removeAttribute("aria-activedescendant");
}

function chooseCommand(name) {
  $("text").value = "";
  closeCommands();
  say(`/${name}`);
  focusField();
}

function showCommands(beginning) {
  const fitting = commands.filter(({ command }) => command.startsWith(beginning));
  $("commands").replaceChildren(...fitting.map(({ command, description }, i) => {
    const node = element("li", { role: "option", id: `command-${i}`, "aria-selected": "false" }, element("b", {}, `/${command}`), " ", element("span", { className: "quiet", dir: "auto" }, description));
    node.dataset.command = command;
    node.addEventListener("mousedown", (event) => event.preventDefault());   /* the field keeps the focus */
    node.addEventListener("click", () => chooseCommand(command));
    return node;
  }));
  $("commands").hidden = !fitting.length;
  $("menu").setAttribute("aria-expanded", String(fitting.length > 0));
}

function pressMenu() {
  if (menuApp) openWebApp(menuApp);
  else if ($("commands").hidden) showCommands("");
  else closeCommands();
}

function moveInCommands(step) {
  const nodes = [...$("commands").children];
  const at = nodes.findIndex((node) => node.getAttribute("aria-selected") === "true");
  const next = nodes[(at + step + nodes.length + (at < 0 && step < 0 ? 1 : 0)) % nodes.length];
  nodes[at]?.setAttribute("aria-selected", "false");
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  $("text").setAttribute("aria-activedescendant", next.id);
}

/* True where a key meant the list of commands. */
function heedInCommands(event) {
  if ($("commands").hidden) return false;
  const chosen = $("commands").querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") moveInCommands(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Escape") closeCommands();
  else if (event.key === "Tab") {
    $("text").value = `/${(chosen ?? $("commands").firstChild).dataset.command} `;
    closeCommands();
  } else if (event.key === "Enter" && chosen) chooseCommand(chosen.dataset.command);
  else return false;
  return true;
}

function onType() {
  const found = $("text").value.match(/^\/(\w*)$/);
  heedInlineWords($("text").value);
  if (found) showCommands(found[1]);
  else closeCommands();
}

function onKey(event) {
  if (event.isComposing) return;
  let isDone = heedInlineKey(event) || heedInCommands(event);
  if (!isDone && event.key === "ArrowUp" && !$("text").value) isDone = editLast();
  else if (!isDone && event.key === "Escape" && aim) { cancelAim(); isDone = true; }
  else if (!isDone && event.key === "Enter" && !event.shiftKey) { sendText(); isDone = true; }
  if (isDone) event.preventDefault();
}

/* ---- menus that open over the page ---- */

export function openMenu(message, near) {
  const isMine = isOwn(message), { group } = session.chat;
  const isMaster = !group || isAdministrator(ownMembership()), mayWrite = !$("chat").matches(".gated, .blocked");
  $("popup").replaceChildren(
    element("div", { className: "emoji" }, ...REACTIONS.map((emoji) => item(emoji, () => react(message, emoji)))),
    ...(mayWrite ? [item(t("Reply"), () => setAim("reply", message))] : []),
    item(t("Forward"), () => startForward(message)),
    ...(isMaster ? [item(message.pinned ? t("Unpin") : t("Pin"), () => pin(message, !message.pinned))] : []),
    ...(mayEdit(message) ? [item(t("Edit"), () => setAim("edit", message))] : []),
    ...(message.text !== undefined ? [item(t("Copy the text"), () => copy(message.text))] : []),
    ...(isMaster || isMine ? [item(t("Delete"), () => remove(message), { className: "danger" })] : []));
  openOver($("popup"), near);
}

function openMore(near) {
  const { person } = session.chat;
  $("popup").replaceChildren(
    item(t("Send a document"), () => $("document").click(), { className: "narrow" }),
    item(t("My contact"), shareContact),
    item(t("My location"), () => send({ kind: { location: HERE } })),
    item(`${t("Dice")} 🎲`, () => send({ kind: { dice: { emoji: "🎲", value: 1 + Math.floor(Math.random() * 6) } } })),
    ...(session.chat.group ? [] : [item(t("Block the bot"), async () => {
      if (await block(true)) showBlocked({ ...person, blocked: true });
    }, { className: "danger" })]));
  openOver($("popup"), near);
}

/* Whoever has blocked the bot has no field to write in, as in Telegram. */
export function showBlocked(person) {
  session.chat.person = person;
  const isBlocked = Boolean(person?.blocked && !session.chat.group);
  $("blocked").hidden = !isBlocked;
  $("chat").classList.toggle("blocked", isBlocked);
}

/* ---- the bot's keyboard: buttons that ask for something ---- */

export function keyboardAction(given) {
  const asks = Object.keys(given).filter((name) => !["text", "style", "icon_custom_emoji_id"].includes(name));
  if (!asks.length) return () => say(given.text);
  if (given.request_contact) return shareContact;
  if (given.request_location) return () => send({ kind: { location: HERE } });
  if (given.web_app) return () => openWebApp({ url: given.web_app.url, way: "keyboard", label: given.text, bot: session.bot?.username, name: session.bot?.first_name });
  return undefined;
}

/* ---- what the person touches ---- */

export function beginComposer() {
  on("composer", "submit", (event) => { event.preventDefault(); sendText(); });
  on("text", "keydown", onKey);
  on("text", "input", onType);
  on("text", "blur", closeCommands);
  on("aim-cancel", "click", cancelAim);
  on("menu", "mousedown", (event) => event.preventDefault());
  on("menu", "click", pressMenu);
  on("more", "click", () => openMore($("more")));
  on("unblock", "click", async () => { if (await block(false)) showBlocked({ ...session.chat.person, blocked: false }); });
  on("start", "click", () => { say("/start"); focusField(); });
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
}

/* Asked for now and then, since a reload may change the menu. */
export function refreshCommands() {
  if (session.chat) loadCommands().catch(heed);
}
