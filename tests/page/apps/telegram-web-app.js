/* In place of telegram.org's script of this name, of which the tests need these few: it speaks with the page around it in the same way. */

(() => {
  const launch = new URLSearchParams(location.hash.slice(1));
  const theme = JSON.parse(launch.get("tgWebAppThemeParams"));
  for (const [name, colour] of Object.entries(theme)) document.documentElement.style.setProperty(`--tg-theme-${name.replaceAll("_", "-")}`, colour);
  const listeners = {};
  const post = (eventType, eventData) => parent.postMessage(JSON.stringify({ eventType, eventData: eventData ?? "" }), "*");
  const on = (name, act) => (listeners[name] ??= []).push(act);
  const button = { is_visible: false, is_active: true, text: "Continue" };
  const setUp = (more) => { Object.assign(button, more); post("web_app_setup_main_button", button); return WebApp.MainButton; };

  addEventListener("message", ({ source, data }) => {
    if (source !== parent) return;
    const { eventType, eventData } = JSON.parse(data);
    for (const act of listeners[eventType] ?? []) act(eventData);
  });

  const WebApp = {
    initData: launch.get("tgWebAppData") ?? "",
    themeParams: theme,
    MainButton: {
      setText: (text) => setUp({ text }),
      show: () => setUp({ is_visible: true }),
      onClick: (act) => on("main_button_pressed", act),
    },
    BackButton: { show: () => post("web_app_setup_back_button", { is_visible: true }), onClick: (act) => on("back_button_pressed", act) },
    ready: () => post("web_app_ready"),
    close: () => post("web_app_close"),
    expand: () => post("web_app_expand"),
    onViewport: (act) => on("viewport_changed", act),
    sendData: (data) => post("web_app_data_send", { data }),
    openLink: (url) => post("web_app_open_link", { url }),
    enableClosingConfirmation: () => post("web_app_setup_closing_behavior", { need_confirmation: true }),
    showConfirm(message, act) {
      on("popup_closed", ({ button_id }) => act(button_id === "ok"));
      post("web_app_open_popup", { title: "", message, buttons: [{ type: "ok", id: "ok" }, { type: "cancel", id: "" }] });
    },
    CloudStorage: {
      call(method, params, act) {
        const req_id = String(Math.random());
        on("custom_method_invoked", (given) => { if (given.req_id === req_id) act(given.error ?? null, given.result); });
        post("web_app_invoke_custom_method", { req_id, method, params });
      },
    },
  };
  window.Telegram = { WebApp };
  post("iframe_ready", { reload_supported: true });
})();
