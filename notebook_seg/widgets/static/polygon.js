/** Outlines that are built from clicks: the polygon, whose vertices can be moved until it is closed. */

import { IDLE_TOOL } from "./freehand.js";
import { drawModeSign, drawOutline, drawVertex, inkOf, strokeLine, traceLine } from "./sketch.js";

/** How near, in CSS pixels, a pointer takes hold of a vertex; a finger hides what it points at. */
const REACH = 9;
const REACH_OF_FINGER = 22;
/** How far a pressed pointer goes before a click becomes a drag. */
const STILL = 3;

/**
 * Whether a pointer is at a place of the picture, as near as its kind can point.
 * @param {import("./tools.js").Pointer} p
 * @param {import("./sketch.js").Place} place
 * @param {import("./sketch.js").View} view
 */
export function isAt(p, place, view) {
  const [sx, sy] = view.toScreen(...place);
  return Math.hypot(p.sx - sx, p.sy - sy) <= (p.kind === "touch" ? REACH_OF_FINGER : REACH);
}

/**
 * Click vertices; drag any of them; a click on the first, a double click or Enter closes.
 * @param {import("./tools.js").Host} host
 * @returns {import("./tools.js").Tool}
 */
export function makePolygon(host) {
  let vertices = [];
  let held = null; // { index, isNew, moved, from } while the button is down
  let pointer = null;
  let mode = "add";

  function vertexAt(p) {
    return vertices.findIndex((vertex) => isAt(p, vertex, host.view()));
  }

  function forget() {
    vertices = [];
    held = null;
    host.redraw();
  }

  function close() {
    if (vertices.length < 3) return;
    const points = vertices;
    vertices = [];
    held = null;
    host.commit({ tool: "polygon", points, mode });
    host.redraw();
  }

  function press(p) {
    const index = vertexAt(p);
    if (vertices.length === 0) mode = p.mode;
    if (index < 0) vertices.push([p.x, p.y]);
    const place = vertices.at(index);
    const grip = [place[0] - p.x, place[1] - p.y];
    held = { index: vertices.indexOf(place), isNew: index < 0, moved: false, from: p, grip };
  }

  function pull(p) {
    held.moved ||= Math.hypot(p.sx - held.from.sx, p.sy - held.from.sy) > STILL;
    if (held.moved) vertices[held.index] = [p.x + held.grip[0], p.y + held.grip[1]];
  }

  function removeLast() {
    held = null;
    vertices.pop();
    host.redraw();
  }

  const keys = { Backspace: removeLast, Enter: close, Escape: forget };

  return {
    ...IDLE_TOOL,
    down(p) {
      pointer = p;
      press(p);
      host.redraw();
    },
    move(p) {
      pointer = p;
      if (held !== null) pull(p);
      host.redraw();
    },
    up(p) {
      pointer = p;
      if (held === null) return;
      const { index, isNew, moved } = held;
      held = null;
      if (index === 0 && !isNew && !moved) close();
      host.redraw();
    },
    leave() {
      pointer = null;
      host.redraw();
    },
    doubleClick() {
      // After a click that closed the last outline, the second one has begun another.
      if (vertices.length === 1) forget();
      else close();
    },
    key: (name) => pressKey(keys, name, vertices.length > 0),
    drop() {
      if (held?.isNew) vertices.pop();
      held = null;
      host.redraw();
    },
    cancel: forget,
    finish: () => (vertices.length < 3 ? forget() : close()),
    busy: () => vertices.length > 0,
    draw(ctx, view) {
      const ink = inkOf(host.pen().label, host.color);
      const hovering = held === null && pointer !== null && pointer.kind !== "touch";
      sketchPolygon(ctx, view, { vertices, ink, mode, band: hovering ? pointer : null });
      const chosen = held?.index ?? (hovering ? vertexAt(pointer) : -1);
      vertices.forEach((vertex, index) => drawVertex(ctx, view, vertex, ink, index === chosen));
      drawModeSign(ctx, pointer);
    },
  };
}

/** Do what a key stands for in an outline that is begun; tell whether it stands for anything. */
export function pressKey(keys, name, begun) {
  if (!begun || !Object.hasOwn(keys, name)) return false;
  keys[name]();
  return true;
}

function sketchPolygon(ctx, view, { vertices, ink, mode, band }) {
  if (vertices.length === 0) return;
  drawOutline(ctx, view, vertices, ink, mode === "subtract");
  if (band === null || vertices.some((vertex) => isAt(band, vertex, view))) return;
  traceLine(ctx, view, [vertices[vertices.length - 1], [band.x, band.y]]);
  strokeLine(ctx, ink, true);
}
