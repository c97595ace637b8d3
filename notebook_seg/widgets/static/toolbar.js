/**
 * The labeller's toolbar, all of it in the browser: choosing a tool never waits for the kernel.
 *
 * @typedef {object} Store what the toolbar shows
 * @property {() => object} pen
 * @property {(patch: object) => void} setPen
 * @property {() => {index: number, name: string, color: string}[]} classes
 * @property {() => object} state
 * @property {(changed: () => void) => (() => void) | void} subscribe may return what ends it
 */

import {
  COMMAND_CATALOGUE,
  LOCK_ENTRY,
  MODE_CATALOGUE,
  RADIUS_RANGE,
  TOLERANCE_RANGE,
  TOOL_CATALOGUE,
  labelsOf,
  nameOfLabel,
  tipOf,
  titleOfTool,
} from "./catalogue.js";
import { makeElement, makeButton, makeGroup, makeSlider, rove, setAttribute } from "./controls.js";
import { toggleHelp } from "./help.js";
import { iconText } from "./icons.js";

/** Tools that draw with the size of the brush. */
const SIZED = new Set(["brush", "erase", "scribble"]);
/** Tools that give no class, or nothing that modes would change. */
const WITHOUT_MODE = new Set(["erase", "scribble"]);

/**
 * Fill an element with the toolbar.
 *
 * @param {HTMLElement} el empty
 * @param {Store} store
 * @param {(name: string) => void} actions
 */
export function makeToolbar(el, store, actions) {
  const act = (name) => (name === "help" ? toggleHelp(el) : actions(name));
  const parts = [
    makeTools(store),
    makeModes(store),
    makeCommands(["undo", "redo", "clear"], "History", act, store),
    makeCommands(["whole", "fullscreen", "help"], "View", act, store),
    makeSliders(store),
    makeCommands(["smooth", "holes", "specks"], "Tidy the class", act, store),
    makeCommands(["ask", "review"], "Help", act, store, true),
    makeChips(store),
  ];
  const [tools, modes, history, view, sliders, tidy, aid, chips] = parts.map((p) => p.element);
  const space = () => makeElement("span", "nbs-space");
  const bar = makeElement(
    "div",
    "nbs-bar",
    { role: "toolbar", "aria-label": "Labeller" },
    makeElement("div", "nbs-row", {}, tools, modes, space(), history, view),
    makeElement("div", "nbs-row", {}, sliders, tidy, space(), aid),
    chips,
  );
  const proposal = makeProposalBar(store, actions);
  const live = makeElement("div", "nbs-live", { role: "status", "aria-live": "polite" });
  const announce = (text) => {
    live.textContent = text;
  };
  el.classList.add("nbs-toolbar");
  el.replaceChildren(bar, proposal.element, live);
  const settleFocus = rove(bar);
  const tell = makeTeller(store, announce);

  function show() {
    for (const part of [...parts, proposal]) part.show();
    settleFocus();
    tell();
  }

  leaveFocusWithPicture(el);
  const unsubscribe = store.subscribe(show);
  show();
  return {
    announce,
    /** Tell what a stroke did: how many pixels have changed. */
    stroke: (stroke) => announce(strokeText(stroke, store.classes())),
    destroy() {
      unsubscribe?.();
      el.replaceChildren();
    },
  };
}

/**
 * What a stroke did, in words.
 * @param {{tool: string, label: number, mode?: string, pixels: number}} stroke
 */
export function strokeText({ tool, label, mode = "add", pixels }, classes) {
  const name = tool === "erase" ? "background" : nameOfLabel(label, classes);
  const taken = mode === "subtract" ? " taken away" : "";
  const count = `${pixels.toLocaleString("en")} ${pixels === 1 ? "pixel" : "pixels"}`;
  return `${titleOfTool(tool)}: ${name}, ${count}${taken}`;
}

/** A button pressed with the mouse leaves the keys with the picture: Space pans, Enter accepts. */
function leaveFocusWithPicture(el) {
  el.addEventListener("click", (event) => {
    if (event.detail === 0 || event.target.closest("button") === null) return;
    el.closest("[data-lm-suppress-shortcuts]")?.focus({ preventScroll: true });
  });
}

/** Announces tool, class and proposal when they have changed. */
function makeTeller(store, announce) {
  const now = () => {
    const { tool, label } = store.pen();
    return { tool, label, proposal: store.state().proposal ?? null };
  };
  let told = now();
  return () => {
    const next = now();
    const { proposal, tool, label } = next;
    if (proposal !== told.proposal && proposal !== null) announce(proposalText(proposal));
    else if (tool !== told.tool || label !== told.label) {
      announce(`${titleOfTool(tool)}: ${nameOfLabel(label, store.classes())}`);
    }
    told = next;
  };
}

function proposalText(title) {
  return `${title}: Enter accepts, Escape refuses`;
}

/** Buttons of which one is chosen; the value of one property of the pen. */
function makeChoice(store, property, label, entries) {
  const buttons = entries.map((entry) => {
    const look = { icon: entry.name, name: entry.title, tip: tipOf(entry), role: "radio" };
    return makeButton(look, () => store.setPen({ [property]: entry.name }));
  });
  return {
    element: makeGroup(label, "radiogroup", ...buttons),
    buttons,
    show() {
      buttons.forEach((button, index) => {
        setAttribute(button, "aria-checked", entries[index].name === store.pen()[property]);
      });
    },
  };
}

function makeTools(store) {
  const groups = [...new Set(TOOL_CATALOGUE.map(({ group }) => group))];
  const tools = makeChoice(store, "tool", "Tools", TOOL_CATALOGUE);
  const firsts = groups.map((name) => TOOL_CATALOGUE.findIndex(({ group }) => group === name));
  for (const index of firsts.slice(1)) tools.buttons[index].classList.add("nbs-apart");
  return tools;
}

function makeModes(store) {
  const modes = makeChoice(store, "mode", "What a stroke does", MODE_CATALOGUE);
  modes.element.classList.add("nbs-segments");
  const look = { icon: "unlocked", name: LOCK_ENTRY.title, tip: tipOf(LOCK_ENTRY) };
  const lock = makeButton(look, () => store.setPen({ keep: !store.pen().keep }));
  return {
    element: makeGroup("Strokes", "group", modes.element, lock),
    show() {
      modes.show();
      const { keep, tool } = store.pen();
      for (const button of modes.buttons) {
        setAttribute(button, "aria-disabled", WITHOUT_MODE.has(tool));
      }
      if (lock.getAttribute("aria-pressed") === String(keep)) return;
      lock.setAttribute("aria-pressed", keep);
      lock.innerHTML = iconText(keep ? "locked" : "unlocked");
    },
  };
}

function makeCommands(names, label, act, store, withText = false) {
  const buttons = names.map((name) => {
    const entry = COMMAND_CATALOGUE[name];
    const text = withText ? entry.title : "";
    return makeButton({ icon: name, name: entry.title, tip: tipOf(entry), text }, () => act(name));
  });
  return {
    element: makeGroup(label, "group", ...buttons),
    show() {
      const state = store.state();
      names.forEach((name, index) => {
        buttons[index].hidden = state[name] === false;
        const idle = (name === "undo" || name === "redo") && !state[`can_${name}`];
        setAttribute(buttons[index], "aria-disabled", idle);
      });
    },
  };
}

function makeSliders(store) {
  const set = (name) => (value) => store.setPen({ [name]: value });
  const rounded = (value, digits) => Number(value.toFixed(digits));
  const [low, high] = RADIUS_RANGE;
  const [, most] = TOLERANCE_RANGE;
  const size = {
    name: "Size",
    tip: "Width of brush and eraser, in pixels of the picture ([ and ])",
    toPart: (radius) => Math.log(radius / low) / Math.log(high / low),
    toValue: (part) => rounded(low * (high / low) ** part, 1),
    show: (radius) => `${radius < 5 ? (2 * radius).toFixed(1) : Math.round(2 * radius)} px`,
  };
  const tolerance = {
    name: "Tolerance",
    tip: "How far a colour may be from the one that is clicked, of 255 (, and .)",
    // The low end is where it matters.
    toPart: (value) => Math.sqrt(value / most),
    toValue: (part) => Math.round(most * part ** 2),
    show: (value) => `${Math.round(value)}`,
  };
  const opacity = {
    name: "Mask",
    tip: "How strongly the mask covers the picture (− and +)",
    toPart: (value) => value,
    toValue: (part) => rounded(part, 2),
    show: (value) => `${Math.round(100 * value)} %`,
  };
  const sliders = {
    radius: makeSlider(size, set("radius")),
    tolerance: makeSlider(tolerance, set("tolerance")),
    opacity: makeSlider(opacity, set("opacity")),
  };
  const elements = Object.values(sliders).map(({ element }) => element);
  return {
    element: makeElement("div", "nbs-group nbs-sliders-bar", {}, ...elements),
    show() {
      const pen = store.pen();
      sliders.radius.set(pen.radius, SIZED.has(pen.tool));
      sliders.tolerance.set(pen.tolerance);
      sliders.opacity.set(pen.opacity);
      // One takes the place of the other, so that nothing beside them moves.
      sliders.radius.element.hidden = pen.tool === "wand";
      sliders.tolerance.element.hidden = pen.tool !== "wand";
    },
  };
}

function makeChips(store) {
  const element = makeElement("div", "nbs-chips", { role: "radiogroup", "aria-label": "Class" });
  let shown = "";
  let chips = new Map();

  function fill(classes) {
    chips = new Map(labelsOf(classes).map((entry) => [entry.index, makeChip(entry, store)]));
    element.replaceChildren(...chips.values());
  }

  return {
    element,
    show() {
      const classes = store.classes();
      const text = JSON.stringify(classes);
      if (text !== shown) fill(classes);
      shown = text;
      const { label } = store.pen();
      for (const [index, chip] of chips) setAttribute(chip, "aria-checked", index === label);
      reveal(element, chips.get(label));
    },
  };
}

function makeChip({ index, name, color, key }, store) {
  const tip = `Draw ${name}${key ? ` (${key})` : ""}`;
  const attributes = { type: "button", role: "radio", title: tip, "aria-label": name };
  const chip = makeElement("button", "nbs-chip", attributes);
  const swatch = makeElement("span", "nbs-swatch", { "data-label": index });
  if (color) swatch.style.backgroundColor = color;
  chip.append(swatch, makeElement("span", "nbs-chip-name", {}, name));
  if (key) chip.append(makeElement("kbd", "nbs-key", {}, key));
  chip.addEventListener("click", () => store.setPen({ label: index }));
  return chip;
}

/** Scroll a list to one of its chips, and nothing else of the page. */
function reveal(list, chip) {
  if (chip === undefined || list.scrollHeight <= list.clientHeight) return;
  const above = chip.offsetTop - list.offsetTop;
  const below = above + chip.offsetHeight - list.clientHeight;
  if (list.scrollTop > above) list.scrollTop = above;
  else if (list.scrollTop < below) list.scrollTop = below;
}

function makeProposalBar(store, actions) {
  const title = makeElement("b", "nbs-proposal-title");
  const answer = (name, text) => {
    const look = { icon: name, name: text, tip: text, text };
    const button = makeButton(look, () => actions(name));
    button.dataset.nbsAnswer = name;
    return button;
  };
  const element = makeElement(
    "div",
    "nbs-proposal",
    { role: "group", "aria-label": "Proposal" },
    makeElement(
      "span",
      "nbs-proposal-text",
      {},
      title,
      makeElement("span", "nbs-proposal-keys", {}, ": Enter accepts, Escape refuses"),
    ),
    answer("accept", "Accept"),
    answer("refuse", "Refuse"),
  );
  return {
    element,
    show() {
      const { proposal } = store.state();
      element.hidden = !proposal;
      if (proposal) title.textContent = proposal;
    },
  };
}
