/* The chat that is shown, and what the chosen person does in it. */

import { POLL_S, $, ask, tell, toast } from "./common.js";
import { t } from "./words.js";

/* The chat that is shown, or null: `id`, `person` (whom the page plays there) and, but for a private chat, `group`, its `details`
 * and the shown `topic`. `read` is the last message that the bot has taken. `version` is null until the whole chat has been read,
 * and again after a lost connection, because the sandbox that comes back may be another one. `nodes` are the drawn messages by id,
 * `messages` what they were drawn from, `pins` the pinned ones among them. */
export const session = { chat: null, bot: null };   /* bot: whose chat it is, when it has been asked for */

/* Scrolls to the newest message, unless the person is reading older ones. */
export const reading = { isFollowing: true };

export function isAtEnd() {
  const list = $("messages");
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

export function follow() {
  const list = $("messages");
  if (reading.isFollowing) list.scrollTop = list.scrollHeight;
}

/* Names the chat and the person, for what is done in it. */
export function here(more) {
  return { chat_id: session.chat.id, from_id: session.chat.person?.id, ...more };
}

/* Whether the played person has written the message. */
export function isOwn(message) {
  const { group, person } = session.chat;
  return group ? message.from !== undefined && message.from.id === person?.id : !message.from?.is_bot;
}

/* Into the shown topic, or that of the message which is replied to. A channel's posts have no author. */
export function addressed(more) {
  const { group, topic, messages } = session.chat;
  const original = messages.get(more.reply_to_message_id);
  const thread = topic ?? (original?.is_topic_message ? original.message_thread_id : undefined);
  return here({ ...(group?.type === "channel" && { from_id: undefined }), ...(thread > 1 && { message_thread_id: thread }), ...more });
}

/* What the person sends: {text}, {kind}, ... */
export function send(more) {
  reading.isFollowing = true;
  return tell("/sandbox/messages", { json: addressed(more) });
}

export function say(text) {
  return send({ text });
}

export function sendFile(name, file, more) {
  const form = new FormData();
  for (const [key, value] of Object.entries(addressed(more))) if (value !== undefined) form.append(key, value);
  form.append(name, file, file.name);
  reading.isFollowing = true;
  return tell("/sandbox/messages", { form });
}

/* An inline button is busy until the bot has answered the press, as in Telegram. */
export async function press(node, message, data) {
  node.setAttribute("aria-busy", "true");
  const pressed = await tell("/sandbox/callbacks", { json: here({ message_id: message.message_id, data }) });
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

/* The bot is asked before money moves; its refusal is told. */
export async function pay(node, message) {
  node.setAttribute("aria-busy", "true");
  const asked = await tell("/sandbox/payments", { json: here({ message_id: message.message_id }) });
  const answer = asked?.id === undefined ? null : await ask("/sandbox/answers", { query: { id: asked.id, wait: POLL_S } }).catch(() => null);
  if (answer?.ok) toast(t("Paid."));
  else if (answer?.answered) toast(t("The bot has refused: {why}", { why: answer.error_message ?? "" }), true);
  node.removeAttribute("aria-busy");
}

export function vote(message, options) {
  return tell("/sandbox/votes", { json: here({ message_id: message.message_id, options }) });
}

export function react(message, emoji) {
  const { reacted } = session.chat;
  const isOn = reacted.get(message.message_id) !== emoji;
  if (isOn) reacted.set(message.message_id, emoji);
  else reacted.delete(message.message_id);
  return tell("/sandbox/reactions", { json: here({ message_id: message.message_id, reaction: isOn ? [emoji] : [] }) });
}

export function edit(message, text) {
  return tell("/sandbox/messages", { json: here({ message_id: message.message_id, text }) });
}

export function remove(message) {
  return tell("/sandbox/forget", { json: here({ message_id: message.message_id, delete: true }) });
}

export function pin(message, is) {
  return tell("/sandbox/pins", { json: here({ message_id: message.message_id, pinned: is, ...(session.chat.group?.type === "channel" && { from_id: undefined }) }) });
}

export function shareContact() {
  const { id, first_name } = session.chat.person;
  return send({ kind: { contact: { phone_number: `+7000${String(id).padStart(7, "0")}`, first_name, user_id: id } } });
}

export function block(is) {
  return tell("/sandbox/users", { json: { id: session.chat.person.id, blocked: is } });
}
