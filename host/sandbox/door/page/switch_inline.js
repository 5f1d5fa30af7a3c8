/* A question to a bot that is asked in another chat, which the person chooses first: what switch_inline_query and its like mean. */

import { heed, toast } from "./common.js";
import { session } from "./chat.js";
import { go } from "./address.js";
import { chooseOne } from "./dialogs.js";
import { targets } from "./forward.js";
import { writeInline } from "./inline.js";
import { t } from "./words.js";

let waiting = null;   /* { place, bot, words } until the chosen chat is shown */

/* As Telegram names the kinds of chats: "users", "bots", "groups", "channels". */
function kindOf({ who }) {
  if (who.type === "channel") return "channels";
  return who.type ? "groups" : "bots";
}

async function choose(bot, words, kinds) {
  const { person } = session.chat;
  if (!person) return;
  const fitting = (await targets(person)).filter((target) => !kinds || kinds.includes(kindOf(target)));
  if (!fitting.length) return toast(t("There is no chat of that kind."), true);
  const place = fitting.length === 1 ? fitting[0].value : await chooseOne(t("Choose a chat"), fitting, t("Nothing found"));
  if (!place) return;
  waiting = { place, bot, words };
  if (isShown(place)) writeWaiting();
  else go(place);
}

function isShown({ id, topic }) {
  return session.chat?.id === id && (session.chat.topic ?? undefined) === topic;
}

/* To be called when a chat is shown. */
export function writeWaiting() {
  if (!waiting || !isShown(waiting.place)) return;
  const { bot, words } = waiting;
  waiting = null;
  writeInline(bot, words);
}

/* kinds: of the chats that may be chosen; without: all. */
export function switchInline(bot, words, kinds) {
  choose(bot, words, kinds).catch(heed);
}

/* The kinds that a button's switch_inline_query_chosen_chat allows. */
export function kindsAllowed(given) {
  return ["user", "bot", "group", "channel"].filter((kind) => given[`allow_${kind}_chats`]).map((kind) => `${kind}s`);
}
