/* One message as an element. */

import { button as newButton, copy, element, sizeInWords } from "./common.js";
import { follow, isOwn, pay, press, react, session, vote } from "./chat.js";
import { forwardedFrom } from "./forward.js";
import { writeInline } from "./inline.js";
import { kindsAllowed, switchInline } from "./switch_inline.js";
import { authorAvatar, authorParts, serviceText } from "./service.js";
import { SAFE_LINK, link, words } from "./text.js";
import { tick } from "./ticks.js";
import { openWebApp } from "./web_app.js";
import { LANGUAGE, t } from "./words.js";

const FILE_KINDS = ["document", "animation", "audio", "video", "voice", "video_note", "sticker"];
const SIGNS = { document: "↓", animation: "▶", audio: "♪", video: "▶", voice: "◖", video_note: "◉", sticker: "☺" };

function fileAddress(id) {
  return `/sandbox/files?${new URLSearchParams({ file_id: id })}`;
}

function photo(sizes, caption) {
  const largest = sizes.reduce((a, b) => ((b.width ?? 0) > (a.width ?? 0) ? b : a));
  const address = fileAddress(largest.file_id);
  const image = element("img", { className: "photo", src: address, alt: caption ?? t("Photo") });
  image.addEventListener("load", () => follow(), { once: true });
  image.addEventListener("error", () => image.replaceWith(image.alt), { once: true });
  return element("a", { href: address, target: "_blank", rel: "noopener" }, image);
}

function file(kind, described) {
  const name = described.file_name ?? t(kind);
  return element("a", { className: "file", href: fileAddress(described.file_id), download: name },
    element("span", { "aria-hidden": "true" }, described.emoji ?? SIGNS[kind]),
    element("span", {}, element("b", { dir: "auto" }, name), element("small", {}, sizeInWords(described.file_size))));
}

/* ---- kinds of content that are neither text nor a file ---- */

function price({ total_amount, currency }) {
  if (currency === "XTR") return `${total_amount} ⭐`;
  return new Intl.NumberFormat(LANGUAGE, { style: "currency", currency }).format(total_amount / 100);
}

function pollOption(message, option, i, total) {
  const { poll } = message;
  const share = total ? Math.round(100 * option.voter_count / total) : 0;
  const bar = element("span", { className: "bar-of", "aria-hidden": "true" });
  bar.style.width = `${share}%`;
  const node = element("button", { type: "button", className: "option", disabled: poll.is_closed, dir: "auto" },
    bar, element("span", {}, option.text), element("small", {}, `${option.voter_count} · ${share} %`));
  const chosen = poll.allows_multiple_answers ? (pollOption.chosen[poll.id] ??= new Set()) : null;
  node.addEventListener("click", () => {
    if (!chosen) return vote(message, [i]);
    if (!chosen.delete(i)) chosen.add(i);
    return vote(message, [...chosen]);
  });
  return node;
}
pollOption.chosen = {};

function poll(message) {
  const { question, options, total_voter_count: total, is_closed, is_anonymous, type } = message.poll;
  const kind = [type === "quiz" ? t("quiz") : is_anonymous ? t("anonymous poll") : t("poll"), t("{n} votes", { n: total }), ...(is_closed ? [t("closed")] : [])];
  return element("div", { className: "poll" }, element("b", { dir: "auto" }, question),
    ...options.map((option, i) => pollOption(message, option, i, total)), element("small", {}, kind.join(" · ")));
}

function place({ latitude, longitude }, title, address) {
  const coordinates = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  return element("div", { className: "card" }, element("span", { "aria-hidden": "true", className: "sign" }, "⌖"),
    element("span", {}, element("b", { dir: "auto" }, title ?? t("Location")), element("small", { dir: "auto" }, address ?? coordinates)));
}

const CONTENT = {
  poll,
  venue: ({ venue }) => place(venue.location, venue.title, venue.address),
  location: ({ location: spot, venue }) => (venue ? [] : place(spot)),
  contact: ({ contact }) => element("div", { className: "card" }, element("span", { "aria-hidden": "true", className: "sign" }, "☎"),
    element("span", {}, element("b", { dir: "auto" }, `${contact.first_name} ${contact.last_name ?? ""}`.trim()), element("small", {}, contact.phone_number))),
  dice: ({ dice }) => element("div", { className: "dice" }, `${dice.emoji} ${dice.value}`),
  invoice: ({ invoice }) => element("div", { className: "invoice" }, element("b", { dir: "auto" }, invoice.title),
    element("div", { dir: "auto" }, invoice.description), element("strong", {}, price(invoice))),
  web_app_data: ({ web_app_data: { button_text: label } }) => words(t("Data from the button “{label}” went to the bot.", { label })),
  successful_payment: ({ successful_payment: payment }) => words(t("paid {price}", { price: price(payment) })),
};

/* A message in one line, for pins, quotes and lists. */
export function gist(message) {
  const kind = ["poll", "location", "contact", "dice", "invoice", "voice", "video", "audio", "sticker"].find((name) => message[name]);
  return message.text ?? message.caption ?? message.document?.file_name ?? message.poll?.question ?? message.invoice?.title
    ?? (message.photo ? t("Photo") : t(kind ?? "a message"));
}

function quote(message) {
  const node = element("a", { className: "quote", href: `#message-${message.message_id}`, dir: "auto" }, gist(message));
  node.addEventListener("click", (event) => {
    event.preventDefault();   /* the hash of the address is the person's */
    document.getElementById(`message-${message.message_id}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  });
  return node;
}

const LONE_EMOJI = /^(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F\u200D\p{Extended_Pictographic}]*){1,3}$/u;

function content(message) {
  const parts = [];
  if (message.via_bot) parts.push(newButton(t("via @{bot}", { bot: message.via_bot.username }), () => writeInline(message.via_bot.username, ""), { className: "via" }));
  if (message.forward_origin) parts.push(element("span", { className: "quote" }, forwardedFrom(message)));
  if (message.reply_to_message) parts.push(quote(message.reply_to_message));
  if (message.photo?.length) parts.push(photo(message.photo, message.caption));
  else {
    const kind = FILE_KINDS.find((name) => message[name]);
    if (kind) parts.push(file(kind, message[kind]));
  }
  for (const [kind, make] of Object.entries(CONTENT)) if (message[kind]) parts.push(make(message));
  const service = serviceText(message, gist);
  if (service !== undefined) parts.push(words(service));
  if (message.text !== undefined) {
    const node = words(message.text, message.entities);
    node.classList.toggle("lone", LONE_EMOJI.test(message.text.trim()));
    parts.push(node);
  }
  if (message.caption !== undefined) parts.push(words(message.caption, message.caption_entities));
  if (!parts.length) parts.push(element("span", { className: "quiet" }, t("A message of a kind that this page does not show.")));
  return parts.flat();
}

function stamp(message) {
  const date = new Date((message.edit_date ?? message.date) * 1000);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return element("time", { className: "stamp", dateTime: date.toISOString(), title: date.toLocaleString() },
    message.edit_date ? `${t("edited")} ${time}` : time, ...(isOwn(message) ? [tick(message)] : []));
}

/* ---- buttons and reactions ---- */

/* What the button does, or undefined where the page can't do it. */
function inlineAction(button, message) {
  if (button.callback_data !== undefined) return (node) => press(node, message, button.callback_data);
  if (button.pay) return (node) => pay(node, message);
  if (button.copy_text) return () => copy(button.copy_text.text);
  const bot = message.via_bot ?? message.from ?? session.bot;   /* a channel's post names no bot */
  const { switch_inline_query: query, switch_inline_query_current_chat: queryHere, switch_inline_query_chosen_chat: chosen } = button;
  if (queryHere !== undefined) return () => writeInline(bot.username, queryHere);
  if (query !== undefined) return () => switchInline(bot.username, query);
  if (chosen) return () => switchInline(bot.username, chosen.query, kindsAllowed(chosen));
  if (button.web_app) return () => openWebApp({ url: button.web_app.url, way: "inline button", bot: bot.username, name: bot.first_name });
  return undefined;
}

function inlineButton(button, message) {
  if (button.url && SAFE_LINK.test(button.url)) return link(button.url, button.text);
  const action = inlineAction(button, message);
  const node = element("button", { type: "button", disabled: !action, dir: "auto" }, button.text);
  if (action) node.addEventListener("click", () => action(node));
  else node.title = t("The page of the sandbox has no such button yet");
  return node;
}

function inlineKeyboard(message) {
  let rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length && message.invoice) rows = [[{ text: t("Pay {price}", { price: price(message.invoice) }), pay: true }]];
  if (!rows?.length) return [];
  return [element("div", { className: "inline-keyboard", role: "group", "aria-label": t("Buttons of the message") },
    ...rows.map((row) => element("div", { className: "row" }, ...row.map((button) => inlineButton(button, message)))))];
}

function reactions(message) {
  if (!message.reactions?.length) return [];
  return [element("div", { className: "reactions", role: "group", "aria-label": t("Reactions") }, ...message.reactions.map(({ type, total_count: count }) => {
    const emoji = type.emoji ?? "★";
    const node = element("button", { type: "button" }, `${emoji} ${count > 1 ? count : ""}`.trim());
    node.addEventListener("click", () => react(message, emoji));
    return node;
  }))];
}

/* openMenu(message, node) shows what can be done with it. */
export function drawMessage(message, openMenu) {
  const isMine = isOwn(message);
  const isService = Boolean(serviceText(message, gist) !== undefined || message.successful_payment || message.web_app_data);
  const author = element("span", { className: "spoken" }, isMine ? `${t("You")}: ` : `${message.from?.first_name ?? message.chat.title}: `);
  const bubble = element("div", { className: "bubble" }, author, ...(isService ? [] : authorParts(message, isMine)), ...content(message));
  const more = element("button", { type: "button", className: "more", "aria-label": t("Menu of the message"), "aria-haspopup": "menu" }, "⋯");
  more.addEventListener("click", () => openMenu(message, more));
  bubble.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a, img") || String(getSelection())) return;
    event.preventDefault();
    openMenu(message, bubble);
  });
  const node = element("article", { className: "message", id: `message-${message.message_id}` },
    element("div", { className: "line" }, ...(isService ? [] : authorAvatar(message, isMine)), bubble, ...(isService ? [] : [more])), ...reactions(message), ...inlineKeyboard(message));
  if (!isService) (node.querySelector(".bubble > .words:last-child") ?? bubble).append(stamp(message));   /* beside the last line if it fits */
  node.dataset.author = isService ? "" : message.from?.id ?? message.chat.id;
  node.classList.toggle("mine", isMine && !isService);
  node.classList.toggle("service", isService);
  node.classList.toggle("has-photo", Boolean(message.photo?.length));
  node.dataset.date = new Date(message.date * 1000).toLocaleDateString(LANGUAGE, { day: "numeric", month: "long", year: "numeric" });
  return node;
}
