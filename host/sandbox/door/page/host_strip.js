/* Above all tabs of the developer's panel, with a host of `lunokhod dev`: whether it runs, whether all is saved, and the kill that
 * costs nothing. So whoever has just begun sees a backup, a kill and a restore without looking for them. */

import { $, ageInWords, button, element, tell } from "./common.js";
import { askHost, host } from "./host.js";
import { t } from "./words.js";

const STATES = { running: "runs", waiting: "will be started again", stopped: "stopped" };

function backupInWords({ backup, now }) {
  if (!backup?.saved_at) return t("no backup yet");
  if (backup.unsaved) return t("unsaved changes: {n}, saved within {time}", { n: backup.unsaved, time: ageInWords(host.description.backup_interval * 1000) });
  return t("all saved, {age} ago", { age: ageInWords(now - backup.saved_at) });
}

function kill() {
  tell("/sandbox/host/kill", { json: {} });
}

/* Unchanged parts stay as they are, so that a button keeps the focus. */
export async function showStrip() {
  const place = $("host-strip");
  place.hidden = host.state === "none" || host.state === "unknown";
  if (place.hidden) return;
  place.parts ??= [element("span", { className: "state" }), element("span", { className: "quiet" }), button(t("kill -9"), kill, { className: "danger" })];
  const [state, backup, killing] = place.parts;
  if (!state.isConnected) place.replaceChildren(...place.parts);
  const isRunning = host.state === "running";
  const status = isRunning ? (await askHost("status")).answer?.status : undefined;
  state.textContent = t(isRunning && !status?.serves ? "starts" : STATES[host.state]);
  state.dataset.state = status?.serves ? "serves" : host.state;
  backup.textContent = status?.serves ? backupInWords(status) : "";
  killing.disabled = !isRunning;
  if (status) document.querySelector("[data-tab=failed]").dataset.count = status.updates.dead || "";
}
