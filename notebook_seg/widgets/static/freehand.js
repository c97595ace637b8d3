/** Tools that draw while the button is held: lasso, box, brushes, and those of a single click. */

import {
  drawBand,
  drawModeSign,
  drawOutline,
  drawRing,
  inkOf,
  strokeLine,
  traceLine,
  washArea,
} from "./sketch.js";

/** How far, in CSS pixels, the pointer goes before another point of a stroke is kept. */
const POINT_SPACING = 1;
/** How wide the way of a tool is shown that has no width, in CSS pixels. */
const TOUCH_WIDTH = 8;

/**
 * What every tool can be asked, and most have no answer to.
 * @type {import("./tools.js").Tool}
 */
export const IDLE_TOOL = {
  cursor: "crosshair",
  down() {},
  move() {},
  up() {},
  leave() {},
  doubleClick() {},
  key: () => false,
  drop() {},
  cancel() {},
  finish() {},
  busy: () => false,
  draw() {},
};

/** Looks of the freehand tools, and how many points make a stroke of each. */
const FREEHAND = {
  lasso: { least: 3, look: sketchLasso },
  snap: { least: 3, look: sketchLasso },
  brush: { least: 1, look: sketchBrush, cursor: "none" },
  erase: { least: 1, look: sketchBrush, cursor: "none" },
  scribble: { least: 1, look: sketchBrush, cursor: "none" },
  superpixels: { least: 1, look: sketchTouch },
};

/**
 * A tool that follows the pointer from press to release.
 * @param {keyof typeof FREEHAND} name
 * @param {import("./tools.js").Host} host
 * @returns {import("./tools.js").Tool}
 */
export function makeFreehand(name, host) {
  const { least, look, cursor = "crosshair" } = FREEHAND[name];
  let points = null;
  let last = null;
  let mode = "add";
  let pointer = null;

  function add(p) {
    if (last !== null && Math.hypot(p.sx - last.sx, p.sy - last.sy) < POINT_SPACING) return;
    points.push([p.x, p.y]);
    last = p;
  }

  function forget() {
    points = last = null;
    host.redraw();
  }

  function finish() {
    const drawn = points;
    points = last = null;
    if (drawn !== null && drawn.length >= least) host.commit({ tool: name, points: drawn, mode });
    host.redraw();
  }

  return {
    ...IDLE_TOOL,
    cursor,
    down(p) {
      points = [];
      last = null;
      mode = p.mode;
      pointer = p;
      add(p);
      host.redraw();
    },
    move(p) {
      pointer = p;
      if (points !== null) add(p);
      host.redraw();
    },
    up(p) {
      if (points === null) return;
      add(p);
      finish();
    },
    leave() {
      pointer = null;
      host.redraw();
    },
    drop: forget,
    cancel: forget,
    finish,
    busy: () => points !== null,
    draw(ctx, view) {
      const pen = host.pen();
      const ink = name === "erase" ? "#ffffff" : inkOf(pen.label, host.color);
      look(ctx, view, { points, pointer, mode, pen, ink, name });
      drawModeSign(ctx, pointer);
    },
  };
}

function sketchLasso(ctx, view, { points, mode, ink }) {
  if (points !== null) drawOutline(ctx, view, points, ink, mode === "subtract");
}

function sketchTouch(ctx, view, { points, ink }) {
  if (points !== null) drawBand(ctx, view, points, ink, TOUCH_WIDTH, 0.75);
}

function sketchBrush(ctx, view, { points, pointer, pen, ink, name, mode }) {
  const radius = pen.radius * view.scale;
  if (points !== null) {
    const strength = name === "scribble" ? 0.85 : Math.max(pen.opacity, 0.35);
    drawBand(ctx, view, points, mode === "subtract" ? "#ffffff" : ink, 2 * radius, strength);
  }
  if (pointer !== null && pointer.kind !== "touch") {
    drawRing(ctx, pointer.sx, pointer.sy, radius, ink, name === "scribble");
  }
}

/**
 * What box, fill and wand share: all that counts is where the button is pressed and released.
 * @param {import("./tools.js").Host} host
 * @param {(pressed: object, released: object) => void} commit
 * @param {(ctx, view, pressed: object, pointer: object, ink: string) => void} sketch
 * @returns {import("./tools.js").Tool}
 */
function makePress(host, commit, sketch) {
  let pressed = null;
  let pointer = null;

  function forget() {
    pressed = null;
    host.redraw();
  }

  function finish() {
    const from = pressed;
    pressed = null;
    if (from !== null) commit(from, pointer);
    host.redraw();
  }

  return {
    ...IDLE_TOOL,
    down(p) {
      pressed = pointer = p;
      host.redraw();
    },
    move(p) {
      pointer = p;
      host.redraw();
    },
    up(p) {
      pointer = p;
      finish();
    },
    leave() {
      if (pressed === null) pointer = null;
      host.redraw();
    },
    drop: forget,
    cancel: forget,
    finish,
    busy: () => pressed !== null,
    draw(ctx, view) {
      const ink = inkOf(host.pen().label, host.color);
      if (pressed !== null) sketch(ctx, view, pressed, pointer, ink);
      drawModeSign(ctx, pointer);
    },
  };
}

/**
 * A rectangle between the corner of the press and that of the release.
 * @param {import("./tools.js").Host} host
 * @returns {import("./tools.js").Tool}
 */
export function makeBox(host) {
  function commit(from, to) {
    if (from.x === to.x || from.y === to.y) return;
    const points = [
      [from.x, from.y],
      [to.x, to.y],
    ];
    host.commit({ tool: "box", points, mode: from.mode });
  }

  return makePress(host, commit, sketchBox);
}

function sketchBox(ctx, view, start, stop, ink) {
  const corners = [
    [start.x, start.y],
    [stop.x, start.y],
    [stop.x, stop.y],
    [start.x, stop.y],
  ];
  traceLine(ctx, view, corners);
  ctx.closePath();
  washArea(ctx, ink);
  strokeLine(ctx, ink, start.mode === "subtract");
  const size = [stop.x - start.x, stop.y - start.y].map((side) => Math.round(Math.abs(side)));
  writeBeside(ctx, `${size[0]} × ${size[1]}`, stop.sx, stop.sy);
}

/** A short text in a dark plate beside the pointer. */
function writeBeside(ctx, text, sx, sy) {
  ctx.font = "12px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  const width = ctx.measureText(text).width + 12;
  ctx.fillStyle = "rgba(0, 0, 0, 0.7)";
  ctx.beginPath();
  ctx.roundRect(sx + 12, sy + 12, width, 20, 4);
  ctx.fill();
  ctx.fillStyle = "#fff";
  ctx.fillText(text, sx + 18, sy + 22.5);
}

/**
 * A tool that acts on the place where the button is released: fill and wand.
 * @param {"fill" | "wand"} name
 * @param {import("./tools.js").Host} host
 * @returns {import("./tools.js").Tool}
 */
export function makeClick(name, host) {
  return makePress(
    host,
    ({ mode }, { x, y }) => host.commit({ tool: name, points: [[x, y]], mode }),
    (ctx, view, pressed, { sx, sy }, ink) => drawRing(ctx, sx, sy, 5, ink),
  );
}
