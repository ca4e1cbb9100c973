/* Keys for lists: j and k move, the row's page opens beside the list, and every element with data-key is
   pressed by its key. Everything here can be done without it, by links and buttons. */
(() => {
  "use strict";
  const desk = document.querySelector("[data-keys]");
  if (!desk) return;
  const rows = () => [...desk.querySelectorAll("[data-row]")];
  const current = () => desk.querySelector("[data-row].on");
  const box = (row) => row && row.querySelector("input[type=checkbox]");
  const bulk = desk.querySelector("[data-bulk]");
  const all = desk.querySelector("[data-all]");
  const dialog = document.getElementById("keys");
  let timer = 0;

  const mark = (row) => {
    for (const other of rows()) {
      other.classList.toggle("on", other === row);
      const link = other.querySelector("[data-open]");
      if (other === row) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const move = (by) => {
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(current());
    const row = list[Math.min(Math.max(at + by, 0), list.length - 1)];
    mark(row);
    const link = row.querySelector("[data-open]");
    link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    // A held key passes over rows; only the one that it rests on is asked for.
    clearTimeout(timer);
    timer = setTimeout(() => window.htmx.trigger(link, "open"), 120);
  };
  const count = () => {
    if (!bulk) return;
    const picked = desk.querySelectorAll("tbody input[type=checkbox]:checked").length;
    const firms = picked === 1 ? "1 firm" : `${picked} firms`;
    bulk.classList.toggle("active", picked > 0);
    bulk.querySelector("[data-count]").textContent = picked ? `${firms} selected` : "Select firms to enroll";
    for (const button of bulk.querySelectorAll("[data-enroll], [data-preview]")) button.disabled = !picked;
    const veto = bulk.querySelector("[data-veto-label]");
    if (veto) veto.textContent = picked ? `Veto ${firms}` : "Veto";
    const label = bulk.querySelector("[data-label]");
    if (label) label.textContent = picked ? `Enroll ${firms}` : "Enroll selected firms";
    if (all) {
      all.checked = picked > 0 && picked === rows().length;
      all.indeterminate = picked > 0 && picked < rows().length;
    }
  };
  const pick = (row) => {
    const tick = box(row);
    if (!tick) return;
    tick.checked = !tick.checked;
    count();
  };
  const press = (key) => {
    const element = [...desk.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((e) => e.offsetParent);
    if (!element) return false;
    if (element.matches("input, textarea, select")) {
      element.focus();
      if (element.select) element.select();
    } else element.click();
    return true;
  };

  desk.addEventListener("change", (event) => {
    if (event.target === all) for (const row of rows()) box(row).checked = all.checked;
    count();
  });
  desk.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    if (link) return mark(link.closest("[data-row]"));
    if (event.target.closest("[data-show-keys]")) return dialog.showModal();
    // A click anywhere in a row opens it; links and boxes keep their own meaning.
    const row = event.target.closest("[data-row]");
    if (row && !event.target.closest("a, button, input, label") && !String(getSelection())) {
      mark(row);
      window.htmx.trigger(row.querySelector("[data-open]"), "open");
    }
  });
  document.addEventListener("click", (event) => {
    for (const popover of document.querySelectorAll("details[data-popover][open]")) {
      if (!popover.contains(event.target)) popover.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape") {
      if (typing) typing.blur();
      for (const popover of document.querySelectorAll("details[data-popover][open]")) {
        popover.open = false;
        popover.querySelector("summary").focus();
      }
      return;
    }
    if (typing) return;
    const onControl = event.target.closest("button, summary, a, input");
    let done = true;
    if (event.key === "j" || event.key === "ArrowDown") move(1);
    else if (event.key === "k" || event.key === "ArrowUp") move(-1);
    else if (event.key === "?") dialog.showModal();
    else if (event.key === " " && bulk && (!onControl || onControl.matches("[data-open]"))) pick(current());
    else if (event.key === "Enter" && bulk && onControl && onControl.matches("[data-open]")) {
      const page = desk.querySelector("#panel [data-page]");
      if (page) page.click();
    } else if (event.key === "e" && bulk) {
      const enroll = bulk.querySelector("[data-enroll]");
      if (!enroll) return;
      // With nothing selected the row is selected first: one key never sends by itself.
      if (enroll.disabled) {
        pick(current());
        enroll.focus();
      } else enroll.click();
    } else if (event.key === "x" && bulk && bulk.querySelector("[data-veto]")) {
      // The row is selected first, and the reason asked for: one key never takes a firm out by itself.
      if (!desk.querySelector("tbody input[type=checkbox]:checked")) pick(current());
      press("x");
    } else if (event.key === "p" && bulk) {
      const preview = bulk.querySelector("[data-preview]");
      if (preview && !preview.disabled) preview.click();
    } else done = press(event.key);
    if (done) event.preventDefault();
  });
  desk.addEventListener("toggle", (event) => {
    if (event.target.matches("[data-popover]") && event.target.open) event.target.querySelector(".popover input:not([type=hidden])")?.focus();
  }, true);
  count();
})();
