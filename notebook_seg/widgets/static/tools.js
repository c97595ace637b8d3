/**
 * What the pointer does: each tool turns presses, moves and releases into strokes.
 *
 * A tool knows nothing of the page, so that it can be tried without one.
 *
 * @typedef {object} Pointer
 * @property {number} x place in the picture: the centre of pixel (row, col) is at x = col, y = row
 * @property {number} y
 * @property {number} sx the same in CSS pixels of the view
 * @property {number} sy
 * @property {"add" | "subtract" | "replace"} mode of the keys that are held, else of the pen
 * @property {string} kind "mouse", "pen" or "touch"
 *
 * @typedef {object} Host what a tool acts on
 * @property {() => object} pen
 * @property {(label: number) => string} color
 * @property {() => import("./sketch.js").View} view
 * @property {(stroke: {tool: string, points: [number, number][], mode: string}) => void} commit
 * @property {(start: number[], stop: number[]) => Promise<[number, number][]>} trace
 * @property {() => void} redraw
 *
 * @typedef {object} Tool
 * @property {string} cursor the pointer's look over the view, as in CSS
 * @property {(p: Pointer) => void} down
 * @property {(p: Pointer) => void} move also without a button held
 * @property {(p: Pointer) => void} up
 * @property {() => void} leave the pointer is no longer over the view
 * @property {(p: Pointer) => void} doubleClick comes after its second `up`
 * @property {(name: string) => boolean} key Enter, Backspace or Escape; whether it meant anything
 * @property {() => void} drop the press under way was not meant, since a second finger came
 * @property {() => void} cancel forget what is begun
 * @property {() => void} finish end what is begun as if it had been closed, at once
 * @property {() => boolean} busy whether anything is begun
 * @property {(ctx: CanvasRenderingContext2D, view: import("./sketch.js").View) => void} draw
 */

import { makeBox, makeClick, makeFreehand } from "./freehand.js";
import { makeMagnetic } from "./magnetic.js";
import { makePolygon } from "./polygon.js";

const MAKERS = {
  polygon: makePolygon,
  scissors: makeMagnetic,
  box: makeBox,
  fill: (host) => makeClick("fill", host),
  wand: (host) => makeClick("wand", host),
};

/**
 * @param {string} name one of the pen's tools
 * @param {Host} host
 * @returns {Tool}
 */
export function makeTool(name, host) {
  return MAKERS[name]?.(host) ?? makeFreehand(name, host);
}
