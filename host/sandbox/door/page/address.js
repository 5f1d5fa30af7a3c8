/* The hash of the page's address: #7 is person 7's private chat with the bot; #-100&as=7&topic=12 is a group, in which the page plays
 * person 7 and shows one topic. */

function wholeNumber(text) {
  const number = Number(text);
  return text && Number.isSafeInteger(number) && number !== 0 ? number : null;
}

/* {id, as, topic}; null for what the address does not name. */
export function readPlace() {
  const [id, ...rest] = location.hash.slice(1).split("&");
  const more = new URLSearchParams(rest.join("&"));
  return { id: wholeNumber(id), as: wholeNumber(more.get("as")), topic: wholeNumber(more.get("topic")) };
}

export function hashOf({ id, as, topic }) {
  const more = Object.entries({ as, topic }).filter(([, value]) => value).map(([name, value]) => `&${name}=${value}`);
  return `#${id}${more.join("")}`;
}

/* isSame: it is the place where the page is, so "back" does not lead to it. */
export function go(place, isSame = false) {
  if (isSame) location.replace(hashOf(place));
  else location.hash = hashOf(place);
}
