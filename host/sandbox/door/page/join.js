/* Invite links: whoever follows one joins, or asks to. */

import { $, ask, element, heed, tell, toast } from "./common.js";
import { session } from "./chat.js";
import { go } from "./address.js";
import { avatar } from "./avatar.js";
import { chats } from "./chat_list.js";
import { openDialog, selectPerson } from "./dialogs.js";
import { isIn, kindInWords, memberCount, membershipOf, refreshDetails } from "./group.js";
import { t } from "./words.js";

const INVITE = /^https:\/\/t\.me\/(?:\+|joinchat\/)/;

async function join(link, details, from_id, bio) {
  const joined = await tell("/sandbox/joins", { json: { invite_link: link.invite_link, from_id, ...(bio && { bio }) } });
  if (!joined) return;
  const name = chats.people.get(from_id)?.first_name;
  if (link.creates_join_request) toast(t("{name} has asked to join.", { name }));
  else go({ id: details.id, as: from_id });
  refreshDetails();
}

export async function openInvite(address) {
  const details = await ask("/sandbox/chat", { query: { invite_link: address } }).catch((error) => toast(error.message, true));
  const link = details?.invite_links.find((one) => one.invite_link === address);
  if (!link) return;
  const outside = [...chats.people.values()].filter(({ id }) => !isIn(membershipOf(details, id)));
  if (!outside.length) return toast(t("All are in here already."));
  const who = selectPerson(t("Who"), outside, session.chat?.person?.id);
  const bio = element("input", { id: "bio", maxLength: 70, autocomplete: "off", dir: "auto", placeholder: t("About this person, for the bot") });
  const form = element("form", {}, element("div", { className: "face" }, avatar(details), element("div", { className: "who" }, element("b", { dir: "auto" }, details.title),
    element("small", {}, `${kindInWords(details)} · ${memberCount(details.members.filter(isIn).length, details.type === "channel")}`))),
    element("label", {}, element("span", {}, t("Who")), who), ...(link.creates_join_request ? [element("label", { htmlFor: "bio" }, t("Bio")), bio] : []),
    element("button", { className: "primary" }, link.creates_join_request ? t("Ask to join") : t("Join")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    node.close();
    join(link, details, Number(who.value), bio.value.trim());
  });
  const node = openDialog(t("Invitation"), [form]);
}

export function beginJoin() {
  $("messages").addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !INVITE.test(link.href)) return;
    event.preventDefault();
    openInvite(link.href).catch(heed);
  });
}
