/* A message goes on to another chat of the played person. */

import { ask, heed, tell, toast } from "./common.js";
import { session } from "./chat.js";
import { go } from "./address.js";
import { chats } from "./chat_list.js";
import { chooseOne } from "./dialogs.js";
import { isAdministrator, isIn, kindInWords, membershipOf } from "./group.js";
import { t } from "./words.js";

/* Where the person may write in a group: in it, or in its topics. */
function placesIn(details, person) {
  const member = membershipOf(details, person.id);
  if (!isIn(member) || (details.type === "channel" && !isAdministrator(member))) return [];
  const kind = kindInWords(details);
  if (!details.is_forum) return [{ who: details, name: details.title, about: kind, value: { id: details.id, as: person.id } }];
  const topics = [...details.topics].sort((a, b) => a.message_thread_id - b.message_thread_id);
  return topics.filter((topic) => !topic.is_closed || isAdministrator(member)).map(({ message_thread_id: topic, name }) =>
    ({ who: details, name: `${details.title} › ${topic === 1 ? t("General") : name}`, about: kind, value: { id: details.id, as: person.id, topic } }));
}

/* Where the person may write: entries for chooseOne(). */
export async function targets(person) {
  const details = await Promise.all([...chats.groups.keys()].map((id) => ask("/sandbox/chat", { query: { chat_id: id } })));
  const own = { who: { id: person.id, is_bot: true }, name: t("Chat with the bot"), about: person.first_name, value: { id: person.id } };
  return [own, ...details.flatMap((one) => placesIn(one, person))];
}

export async function forward(message) {
  const { id, person, group } = session.chat;
  if (!person) return;
  const to = await chooseOne(t("Forward to"), await targets(person), t("Nothing found"));
  if (!to) return;
  const isPost = chats.groups.get(to.id)?.type === "channel";
  const thread = to.topic > 1 ? { message_thread_id: to.topic } : {};
  const sent = await tell("/sandbox/forwards", { json: { chat_id: to.id, from_chat_id: id, message_id: message.message_id, ...(isPost ? {} : { from_id: person.id }), ...thread } });
  if (!sent) return;
  toast(t("Forwarded."));
  if (to.id !== id || (group?.is_forum && to.topic !== session.chat.topic)) go(to);
}

/* Who wrote it first. */
export function forwardedFrom({ forward_origin: origin }) {
  const name = origin.sender_user?.first_name ?? origin.sender_user_name ?? origin.chat?.title ?? origin.sender_chat?.title;
  return name ? t("Forwarded from {name}", { name }) : t("Forwarded");
}

export function startForward(message) {
  forward(message).catch(heed);
}
