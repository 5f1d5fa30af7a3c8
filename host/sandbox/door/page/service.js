/* What Telegram's apps say in place of a service message, and the names of those who write in groups. */

import { element } from "./common.js";
import { session } from "./chat.js";
import { hashOf } from "./address.js";
import { avatar, colourOf } from "./avatar.js";
import { topicName, topicOf } from "./topics.js";
import { t } from "./words.js";

function nameOf({ title, first_name, last_name }) {
  return title ?? [first_name, last_name].filter(Boolean).join(" ");
}

/* Who has done it: a person, or the channel. */
function actor(message) {
  return nameOf(message.from ?? message.sender_chat ?? message.chat);
}

function joined(message) {
  const [who] = message.new_chat_members, others = message.new_chat_members.map(nameOf).join(", ");
  return message.from?.id === who.id ? t("{name} joined the group", { name: nameOf(who) })
    : t("{name} added {others}", { name: actor(message), others });
}

function left({ from, left_chat_member: who }) {
  return from?.id === who.id ? t("{name} left the group", { name: nameOf(who) })
    : t("{name} removed {other}", { name: nameOf(from ?? {}), other: nameOf(who) });
}

function edited(message) {
  const { name, icon_custom_emoji_id: emoji } = message.forum_topic_edited;
  if (name !== undefined) return t("{name} renamed the topic to “{topic}”", { name: actor(message), topic: name });
  return emoji === undefined ? t("The topic was changed") : t("{name} changed the icon of the topic", { name: actor(message) });
}

/* Kind of service message -> (message, gist) -> words. In a channel it is the channel that acts. */
const SERVICE = {
  new_chat_members: joined,
  left_chat_member: left,
  new_chat_title: (message) => t("{name} renamed the chat to “{title}”", { name: actor(message), title: message.new_chat_title }),
  new_chat_photo: (message) => t("{name} changed the photo", { name: actor(message) }),
  delete_chat_photo: (message) => t("{name} removed the photo", { name: actor(message) }),
  pinned_message: (message, gist) => (message.chat.type !== "private" ? t("{name} pinned “{what}”", { name: actor(message), what: gist(message.pinned_message) })
    : t("pinned “{what}”", { what: gist(message.pinned_message) })),
  forum_topic_created: (message) => t("The topic “{topic}” was created", { topic: message.forum_topic_created.name }),
  forum_topic_edited: edited,
  forum_topic_closed: (message) => t("{name} closed the topic", { name: actor(message) }),
  forum_topic_reopened: (message) => t("{name} reopened the topic", { name: actor(message) }),
  general_forum_topic_hidden: (message) => t("{name} hid the topic", { name: actor(message) }),
  general_forum_topic_unhidden: (message) => t("{name} showed the topic again", { name: actor(message) }),
  migrate_to_chat_id: () => t("The group became a supergroup"),
  migrate_from_chat_id: () => t("The group became a supergroup"),
};

/* undefined: it is no service message. */
export function serviceText(message, gist) {
  const kind = Object.keys(SERVICE).find((name) => message[name] !== undefined);
  return kind && SERVICE[kind](message, gist);
}

/* ---- authors ---- */

/* Nothing in private chats and channels, where there is one author. */
export function authorParts(message, isOwn) {
  const { group, topic } = session.chat, { from } = message;
  const parts = [];
  if (group && from && !isOwn) {
    const name = element("b", { className: "author", dir: "auto", "aria-hidden": "true", "data-colour": colourOf(from.id) }, nameOf(from));
    const role = session.chat.details?.members.find(({ user }) => user.id === from.id);
    const tag = from.is_bot ? t("bot") : role?.custom_title ?? { creator: t("owner"), administrator: t("admin") }[role?.status];
    parts.push(element("div", { className: "head" }, name, ...(tag ? [element("small", {}, tag)] : [])));
  }
  if (group?.is_forum && !topic && topicOf(message) !== 1) parts.push(element("a", { className: "of-topic", dir: "auto",
    href: hashOf({ id: session.chat.id, as: session.chat.person?.id, topic: topicOf(message) }) }, topicName(topicOf(message))));
  return parts;
}

export function authorAvatar(message, isOwn) {
  return session.chat.group && message.from && !isOwn ? [avatar(message.from)] : [];
}

/* Of messages that follow each other, the first has the name and the last the picture. */
export function joinAuthors(nodes) {
  let before = null;
  for (const node of nodes) {
    const isSame = before && before.dataset.author === node.dataset.author && !node.dataset.day && node.dataset.author !== "";
    node.classList.toggle("goes-on", Boolean(isSame));
    before?.classList.toggle("has-next", Boolean(isSame));
    before = node;
  }
  before?.classList.remove("has-next");
}
