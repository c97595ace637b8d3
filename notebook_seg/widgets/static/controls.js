/** Buttons, chips and sliders of the toolbar, each of which shows what the store says. */

import { iconText } from "./icons.js";

/** An element with a class, attributes and children. */
export function makeElement(tag, className, attributes = {}, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * A button with an icon, a name for screen readers and a tip.
 * @param {{icon: string, name: string, tip: string, text?: string, role?: string}} look
 * @param {() => void} press not called while the button is disabled
 */
export function makeButton({ icon, name, tip, text = "", role = "" }, press) {
  const attributes = { type: "button", title: tip, "aria-label": name };
  const button = makeElement("button", "nbs-button", role ? { ...attributes, role } : attributes);
  button.innerHTML = iconText(icon);
  if (text) button.append(makeElement("span", "nbs-button-text", {}, text));
  button.addEventListener("click", () => {
    // Not `disabled`, which would take the focus away from who works with the keyboard.
    if (button.getAttribute("aria-disabled") !== "true") press();
  });
  return button;
}

/** Change what a button shows without touching the page where nothing has changed. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Buttons that belong together. */
export function makeGroup(label, role, ...buttons) {
  return makeElement("div", "nbs-group", { role, "aria-label": label }, ...buttons);
}

/**
 * A slider with its name before it and its value after it.
 *
 * @param {object} look
 * @param {string} look.name
 * @param {string} look.tip
 * @param {(value: number) => number} look.toPart where on the slider a value is, from 0 to 1
 * @param {(part: number) => number} look.toValue rounded as it is to be
 * @param {(value: number) => string} look.show
 * @param {(value: number) => void} change
 */
export function makeSlider({ name, tip, toPart, toValue, show }, change) {
  const range = { type: "range", min: 0, max: 200, step: 1, "aria-label": name };
  const input = makeElement("input", "nbs-range", range);
  // JupyterLab has shortcuts for any input, which it would find before the panel forbids them.
  input.dataset.lmSuppressShortcuts = "true";
  const readout = makeElement("output", "nbs-readout");
  const element = makeElement(
    "label",
    "nbs-slider",
    { title: tip },
    makeElement("span", "nbs-slider-name", {}, name),
    input,
    readout,
  );
  const valueOf = () => toValue(input.valueAsNumber / 200);
  input.addEventListener("input", () => change(valueOf()));

  return {
    element,
    set(value, enabled = true) {
      // A value beyond the end of the slider stays what it is.
      const part = Math.min(Math.max(toPart(value), 0), 1);
      // Nor is the slider put back where two of its places are one value.
      if (valueOf() !== value) input.value = Math.round(part * 200);
      input.style.setProperty("--nbs-part", part);
      readout.textContent = show(value);
      setAttribute(input, "aria-valuetext", show(value));
      input.disabled = !enabled;
      element.classList.toggle("nbs-off", !enabled);
    },
  };
}

/**
 * Let the arrow keys go from button to button: the whole bar is one stop of the Tab key.
 * @param {HTMLElement} bar
 */
export function rove(bar) {
  const buttons = () => [...bar.querySelectorAll("button")].filter((b) => b.offsetParent !== null);

  function stopAt(button) {
    for (const other of buttons()) other.tabIndex = other === button ? 0 : -1;
  }

  bar.addEventListener("focusin", ({ target }) => target.matches("button") && stopAt(target));
  bar.addEventListener("keydown", (event) => {
    const all = buttons();
    const index = all.indexOf(event.target);
    if (index < 0) return;
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const goals = { Home: 0, End: all.length - 1 };
    const goal = goals[event.key] ?? index + (steps[event.key] ?? NaN);
    if (Number.isNaN(goal)) return;
    event.preventDefault();
    event.stopPropagation();
    all.at(goal % all.length).focus();
  });
  return () => {
    const all = buttons();
    const current = all.find((button) => button.tabIndex === 0) ?? all[0];
    if (current !== undefined) stopAt(current);
  };
}
