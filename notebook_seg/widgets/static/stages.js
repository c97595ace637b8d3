/** The stages of the work as a row of buttons, one of which is open. */

import { element } from "./elements.js";

const KEEP_OPEN = "Keep this page open: what runs ends with it.";

function render({ model, el }) {
  const bar = element("nav", "nbs-stages", el);
  bar.setAttribute("aria-label", "Stages");
  const warning = element("p", "nbs-keep-open", el);
  warning.setAttribute("role", "status");

  function button({ name, title, note, ready }, number) {
    const made = element("button", ready ? "nbs-step" : "nbs-step nbs-not-yet", bar);
    made.type = "button";
    made.dataset.stage = name;
    element("span", "nbs-step-number", made).textContent = number + 1;
    const words = element("span", "nbs-step-words", made);
    element("b", "", words).textContent = title;
    element("small", "", words).textContent = note;
    made.onclick = () => {
      model.set("chosen", name);
      model.save_changes();
    };
  }

  function show() {
    const focused = bar.contains(document.activeElement)
      ? document.activeElement.dataset.stage
      : null;
    bar.replaceChildren();
    model.get("stages").forEach(button);
    mark();
    if (focused !== null) bar.querySelector(`[data-stage="${focused}"]`)?.focus();
  }

  function mark() {
    for (const made of bar.children) {
      if (made.dataset.stage === model.get("chosen")) made.setAttribute("aria-current", "step");
      else made.removeAttribute("aria-current");
    }
  }

  function warn() {
    warning.textContent = model.get("busy") ? KEEP_OPEN : "";
  }

  model.on("change:stages", show);
  model.on("change:chosen", mark);
  model.on("change:busy", warn);
  show();
  warn();
  return () => {
    model.off("change:stages", show);
    model.off("change:chosen", mark);
    model.off("change:busy", warn);
  };
}

export default { render };
