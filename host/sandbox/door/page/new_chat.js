/* Groups, supergroups and channels that people make. */

import { $, ask, button, element, heed, tell, toast } from "./common.js";
import { session } from "./chat.js";
import { go } from "./address.js";
import { chats, loadChats } from "./chat_list.js";
import { openDialog, row, select, selectPerson } from "./dialogs.js";
import { t } from "./words.js";

const KINDS = [
  { words: "Group", type: "group" },
  { words: "Supergroup", type: "supergroup" },
  { words: "Supergroup with topics", type: "supergroup", is_forum: true },
  { words: "Channel", type: "channel" },
];
const ROLES = [["administrator", "administrator"], ["member", "member"], ["left", "not in here"]];
const PEOPLE_OFFERED = 50;

/* Ids of supergroups and channels begin with -100 at Telegram. */
function freeId(type) {
  for (;;) {
    const number = 1000000000 + crypto.getRandomValues(new Uint32Array(1))[0] % 1000000000;
    const id = type === "group" ? -number : -1000000000000 - number;
    if (!chats.groups.has(id)) return id;
  }
}

function labelled(words, node) {
  return element("label", {}, element("span", {}, words), node);
}

function kindField() {
  return element("fieldset", {}, element("legend", {}, t("Kind")), ...KINDS.map(({ words }, i) =>
    element("label", { className: "check-line" }, element("input", { type: "radio", name: "kind", value: String(i), checked: i === 0 }), t(words))));
}

function peopleField(owner) {
  const offered = [...chats.people.values()].slice(0, PEOPLE_OFFERED);
  const list = element("div", { className: "rows" });
  const show = () => list.replaceChildren(...offered.filter(({ id }) => id !== Number(owner.value)).map((person) =>
    element("label", { className: "row-button" }, element("input", { type: "checkbox", name: "member", value: String(person.id) }),
      ...row(person, person.first_name, String(person.id)))));
  owner.addEventListener("change", show);
  show();
  return element("fieldset", { hidden: offered.length < 2 }, element("legend", {}, t("Who else is in it")), list);
}

async function create(form, bot) {
  const given = new FormData(form);
  const { type, is_forum } = KINDS[Number(given.get("kind"))];
  const owner = Number(form.querySelector(".owner").value), chosen = form.querySelector(".role")?.value;
  const role = type === "channel" && chosen === "member" ? "administrator" : chosen;   /* as at Telegram */
  const title = given.get("title").trim(), id = freeId(type);
  if (!title) return false;
  const made = await tell("/sandbox/chats", { json: { id, type, title, is_forum, creator: owner, bots: "left", members: given.getAll("member").map(Number) } });
  if (made && bot && role !== "left") await tell("/sandbox/members", { json: { chat_id: id, user_id: bot.id, status: role, from_id: owner } });
  if (!made) return false;
  await loadChats().catch(heed);
  go({ id, as: owner });
  return true;
}

async function openNew() {
  const [{ bot }] = await Promise.all([ask("/sandbox/bot"), loadChats()]);   /* whoever has just come is offered, too */
  if (!chats.people.size) return toast(t("First create a person."), true);
  const owner = selectPerson(t("Owner"), [...chats.people.values()], session.chat?.person?.id);
  owner.className = "owner";
  const role = bot && select(t("The bot in it"), ROLES.map(([name, words]) => [name, t(words)]), "administrator");
  if (role) role.className = "role";
  const title = element("input", { name: "title", id: "new-title", required: true, maxLength: 128, autocomplete: "off", dir: "auto", placeholder: t("Moon") });
  const form = element("form", {}, element("label", { htmlFor: "new-title" }, t("Title")), title, kindField(), labelled(t("Owner"), owner),
    ...(role ? [labelled(t("{bot} in it", { bot: bot.first_name }), role)] : []), peopleField(owner), element("button", { className: "primary" }, t("Create")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await create(form, bot)) node.close();
  });
  const node = openDialog(t("New group or channel"), [form], { className: "new-chat" });
  title.focus();
}

export function beginNewChat() {
  $("language").before(button("+", () => openNew().catch(heed), { id: "new-chat", "aria-label": t("New group or channel"), title: t("New group or channel") }));
}
