/** The line under the picture: what is open, how large it is seen, and whether all of it is safe. */

import { element } from "./elements.js";

/**
 * @typedef {{picture: {stem, width, height} | null, scale: number, waiting: number,
 *   isSilent: boolean, isOnDisk: boolean}} Facts
 */
export class StatusLine {
  /** @param {HTMLElement} line */
  constructor(line) {
    this.name = element("b", "nbs-status-name", line);
    this.size = element("span", "nbs-status-size", line);
    this.zoom = element("span", "nbs-status-zoom", line);
    this.safety = element("span", "nbs-status-safety", line);
    this.safety.setAttribute("role", "status");
    this.safety.dataset.testid = "safety";
  }

  /** @param {Facts} facts */
  show(facts) {
    const { picture, scale } = facts;
    setText(this.name, picture?.stem ?? "");
    setText(this.size, picture?.width ? `${picture.width} × ${picture.height}` : "");
    setText(this.zoom, picture?.width ? `${percent(scale)} %` : "");
    const { text, level } = safetyOf(facts);
    setText(this.safety, text);
    if (this.safety.dataset.level !== level) this.safety.dataset.level = level;
  }
}

/**
 * Whether what was drawn is on disk, in words.
 * @param {Facts} facts
 * @returns {{text: string, level: "safe" | "busy" | "warning"}}
 */
export function safetyOf({ waiting, isSilent, isOnDisk }) {
  const strokes = waiting === 1 ? "1 stroke is" : `${waiting} strokes are`;
  if (isSilent) {
    const lost = waiting > 0 ? `; ${strokes} not saved yet` : "";
    const advice = "If it was stopped, start it and run this cell again, or load this page again";
    return { text: `The kernel does not answer${lost}. ${advice}`, level: "warning" };
  }
  if (waiting > 0) return { text: `${strokes} waiting for the kernel`, level: "busy" };
  if (!isOnDisk) return { text: "Not saved: see the message below", level: "warning" };
  return { text: "All saved", level: "safe" };
}

function percent(scale) {
  return scale < 0.1 ? (100 * scale).toFixed(1) : Math.round(100 * scale);
}

/** A screen reader would read again what is only written again. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
