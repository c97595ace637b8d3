/** The keys of the labeller, kept away from the notebook, where "b" would insert a cell. */

import { TOOL_CATALOGUE, stepped } from "./catalogue.js";
import { toggleHelp } from "./help.js";

/**
 * What a key does: changes the pen, or one of the named actions.
 * @typedef {{pen?: (pen: object) => object, action?: string, repeats?: boolean}} KeyCommand
 */

const ACTION_KEYS = {
  u: "undo",
  "ctrl+z": "undo",
  r: "redo",
  "ctrl+y": "redo",
  "ctrl+shift+z": "redo",
  n: "next",
  arrowright: "next",
  p: "previous",
  arrowleft: "previous",
  t: "next_unlabelled",
  d: "mark_done",
  a: "ask",
  c: "smooth",
  i: "holes",
  z: "specks",
  y: "review",
  h: "whole",
  v: "fullscreen",
  "?": "help",
};

/** Actions that go on while the key is held. */
const REPEATING_ACTION_KEYS = {
  pageup: "zoom_in",
  pagedown: "zoom_out",
  "shift+arrowleft": "pan_left",
  "shift+arrowright": "pan_right",
  "shift+arrowup": "pan_up",
  "shift+arrowdown": "pan_down",
};

const STEP_KEYS = {
  "[": ["radius", -1],
  "]": ["radius", 1],
  ",": ["tolerance", -1],
  ".": ["tolerance", 1],
  "-": ["opacity", -1],
  "+": ["opacity", 1],
  "=": ["opacity", 1],
};

const LABEL_KEYS = { 0: 0, x: 255 };

/**
 * The name of a key, with the modifiers that matter: "b", "ctrl+shift+z", "shift+arrowleft".
 * Command counts as ctrl, and shift alone only for arrows: elsewhere it may be held for a stroke.
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, shiftKey?: boolean}} event
 */
export function keyName(event) {
  const key = event.key.toLowerCase();
  const control = (event.ctrlKey || event.metaKey) && !typesWithAltGraph(event);
  if (event.shiftKey && (control || key.startsWith("arrow"))) {
    return `${control ? "ctrl+" : ""}shift+${key}`;
  }
  return control ? `ctrl+${key}` : key;
}

/** Brackets are typed so on many keyboards; Windows reports it as ctrl and alt. */
function typesWithAltGraph(event) {
  return event.getModifierState?.("AltGraph") ?? false;
}

/**
 * What a key stands for, or null.
 * @param {string} key as `keyName` gives it
 * @param {number[]} labels those of the classes
 * @returns {KeyCommand | null}
 */
export function commandOf(key, labels) {
  const tool = TOOL_CATALOGUE.find((entry) => entry.key.toLowerCase() === key);
  if (tool !== undefined) return { pen: () => ({ tool: tool.name }) };
  if (key === "o") return { pen: (pen) => ({ keep: !pen.keep }) };
  if (Object.hasOwn(STEP_KEYS, key)) {
    const [name, step] = STEP_KEYS[key];
    return { pen: (pen) => stepped(name, pen[name], step), repeats: true };
  }
  if (Object.hasOwn(REPEATING_ACTION_KEYS, key)) {
    return { action: REPEATING_ACTION_KEYS[key], repeats: true };
  }
  if (Object.hasOwn(ACTION_KEYS, key)) return { action: ACTION_KEYS[key] };
  return labelCommand(key, labels);
}

function labelCommand(key, labels) {
  const label = LABEL_KEYS[key] ?? (/^[1-9]$/.test(key) ? Number(key) : null);
  const known = label === 0 || label === 255 || labels.includes(label);
  return label !== null && known ? { pen: () => ({ label }) } : null;
}

/**
 * Whether the focused element needs the key itself: text for all, some keys for lists, sliders,
 * buttons that were reached by the keyboard.
 * @param {KeyboardEvent} event
 */
export function isKeyWanted({ key, target }) {
  const plain = "[type=checkbox], [type=radio], [type=range], [type=button]";
  const typing = `input:not(${plain}), textarea, [contenteditable=true], dialog[open]`;
  if (target.closest(typing) !== null) return true;
  const stepping = /^(Arrow|Page|Home|End)/.test(key);
  if (target.closest("select, [type=range], [role=slider]") !== null) return stepping;
  if (target.closest("[role=toolbar]") !== null && key.startsWith("Arrow")) return true;
  return target.closest("button, a, summary") !== null && (key === "Enter" || key === " ");
}

/**
 * Enter, Escape and Backspace, whose meaning depends on what is under way.
 * @param {string} key
 * @param {{tool: import("./tools.js").Tool, proposal: boolean}} state
 * @returns {"tool" | "cancel" | "accept" | "refuse" | null}
 */
export function pendingCommand(key, { tool, proposal }) {
  if (tool.busy() && tool.key(key)) return "tool";
  if (key === "Escape" && tool.busy()) return "cancel";
  if (proposal && key === "Enter") return "accept";
  return proposal && key === "Escape" ? "refuse" : null;
}

/**
 * Listen to the keys that are pressed anywhere in a panel.
 *
 * @param {HTMLElement} panel
 * @param {object} parts
 * @param {import("./toolbar.js").Store} parts.store
 * @param {() => import("./tools.js").Tool} parts.tool the one in hand
 * @param {(name: string) => void} parts.actions
 * @returns {() => void} stops it
 */
export function bindKeys(panel, { store, tool, actions }) {
  function pressPending(event) {
    const state = { tool: tool(), proposal: Boolean(store.state().proposal) };
    const onButton = event.target.closest("[data-nbs-answer], dialog[open]") !== null;
    const pending = onButton && event.key === "Enter" ? null : pendingCommand(event.key, state);
    if (pending === "cancel") tool().cancel();
    else if (pending === "accept" || pending === "refuse") actions(pending);
    return pending !== null;
  }

  function press(event) {
    if (event.altKey && !typesWithAltGraph(event)) return;
    const isPending = ["Enter", "Escape", "Backspace"].includes(event.key) && !isTyped(event);
    if (isPending && (pressPending(event) || leavesFullScreen(event))) return keepFromPage(event);
    // All of a page selected is of no use here, and in the way of every stroke.
    if (keyName(event) === "ctrl+a" && !isTyped(event)) return keepFromPage(event);
    const command = isKeyWanted(event) ? null : commandOf(keyName(event), labelsIn(store));
    if (command === null) return;
    keepFromPage(event);
    if (event.repeat && !command.repeats) return;
    // In an outline that is begun, its last vertex is what was done last.
    if (command.action === "undo" && tool().busy() && tool().key("Backspace")) return;
    if (command.pen) store.setPen(command.pen(store.pen()));
    else if (command.action === "help") toggleHelp(panel.querySelector(".nbs-toolbar") ?? panel);
    else actions(command.action);
  }

  // JupyterLab looks for its own shortcuts before any listener in the page does.
  panel.dataset.lmSuppressShortcuts = "true";
  if (!panel.hasAttribute("tabindex")) panel.tabIndex = -1;
  panel.addEventListener("keydown", press, { capture: true });
  document.addEventListener("fullscreenchange", keepEscape);
  return () => {
    panel.removeEventListener("keydown", press, { capture: true });
    document.removeEventListener("fullscreenchange", keepEscape);
  };
}

function labelsIn(store) {
  return store.classes().map(({ index }) => index);
}

/** Whether a key goes into a text or a dialog. */
function isTyped({ target }) {
  return target.closest("input:not([type=range]), textarea, dialog[open]") !== null;
}

function keepFromPage(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** Escape with nothing else to do: a browser that has left the key to us waits for us. */
function leavesFullScreen({ key }) {
  if (key !== "Escape" || document.fullscreenElement === null) return false;
  document.exitFullscreen();
  return true;
}

/** In full screen a browser takes Escape for itself, unless it is asked for it. */
function keepEscape() {
  if (document.fullscreenElement !== null) navigator.keyboard?.lock?.(["Escape"]).catch(() => {});
  else navigator.keyboard?.unlock?.();
}
