/**
 * How a stroke looks while it is drawn: lines that stand out on any photograph, vertices, rings.
 *
 * Places are `[x, y]` in pixels of the picture; the context draws in CSS pixels of the view.
 *
 * @typedef {{scale: number, toScreen: (x: number, y: number) => [number, number]}} View
 * @typedef {[number, number]} Place
 */

const INK_OF_BACKGROUND = "#ffffff";
const INK_OF_UNLABELLED = "#c4c4c4";
const CASING = "rgba(0, 0, 0, 0.6)";
const DASHES = [6, 4];

/**
 * The colour to draw a label's strokes in: the background has no colour of its own that one sees.
 * @param {number} label
 * @param {(label: number) => string} color
 */
export function inkOf(label, color) {
  if (label === 0) return INK_OF_BACKGROUND;
  return label === 255 ? INK_OF_UNLABELLED : color(label);
}

/**
 * Start a path along places of the picture.
 * @param {CanvasRenderingContext2D} ctx
 * @param {View} view
 * @param {Place[]} places
 */
export function traceLine(ctx, view, places) {
  ctx.beginPath();
  places.forEach(([x, y], index) => {
    const [sx, sy] = view.toScreen(x, y);
    if (index === 0) ctx.moveTo(sx, sy);
    else ctx.lineTo(sx, sy);
  });
}

/**
 * Stroke the present path in a colour with a dark edge, dashed where it takes away.
 * @param {CanvasRenderingContext2D} ctx
 * @param {string} ink
 * @param {boolean} [dashed]
 */
export function strokeLine(ctx, ink, dashed = false) {
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.setLineDash([]);
  ctx.strokeStyle = CASING;
  ctx.lineWidth = 3.5;
  ctx.stroke();
  ctx.setLineDash(dashed ? DASHES : []);
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.75;
  ctx.stroke();
  ctx.setLineDash([]);
}

/** Fill the present path as thinly as a wash of water colour. */
export function washArea(ctx, ink, strength = 0.18) {
  ctx.globalAlpha = strength;
  ctx.fillStyle = ink;
  ctx.fill("nonzero");
  ctx.globalAlpha = 1;
}

/** The outline of a lasso: what is drawn so far, and a faint line back to its start. */
export function drawOutline(ctx, view, places, ink, dashed) {
  if (places.length < 2) return;
  traceLine(ctx, view, places);
  washArea(ctx, ink);
  strokeLine(ctx, ink, dashed);
  traceLine(ctx, view, [places[places.length - 1], places[0]]);
  ctx.globalAlpha = 0.7;
  ctx.setLineDash([2, 4]);
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.25;
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

/** The way of a brush, as wide as it paints. */
export function drawBand(ctx, view, places, ink, width, strength) {
  traceLine(ctx, view, places.length > 1 ? places : [places[0], places[0]]);
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.globalAlpha = strength;
  ctx.strokeStyle = ink;
  ctx.lineWidth = width;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** A ring of `radius` CSS pixels around a place of the screen. */
export function drawRing(ctx, sx, sy, radius, ink, dashed = false) {
  ctx.beginPath();
  ctx.arc(sx, sy, Math.max(radius, 1.5), 0, 2 * Math.PI);
  strokeLine(ctx, ink, dashed);
}

/** A vertex that can be taken hold of. */
export function drawVertex(ctx, view, place, ink, held = false) {
  const [sx, sy] = view.toScreen(...place);
  ctx.beginPath();
  ctx.arc(sx, sy, held ? 6 : 4, 0, 2 * Math.PI);
  ctx.fillStyle = held ? ink : "#fff";
  ctx.fill();
  ctx.strokeStyle = CASING;
  ctx.lineWidth = 3;
  ctx.stroke();
  ctx.strokeStyle = held ? "#fff" : ink;
  ctx.lineWidth = 1.75;
  ctx.stroke();
}

/** The sign beside the pointer that tells what a modifier key makes of the stroke. */
export function drawModeSign(ctx, pointer) {
  if (pointer === null || pointer.mode === "add" || pointer.kind === "touch") return;
  const [x, y] = [pointer.sx + 15, pointer.sy + 15];
  ctx.beginPath();
  ctx.arc(x, y, 8, 0, 2 * Math.PI);
  ctx.fillStyle = "rgba(0, 0, 0, 0.75)";
  ctx.fill();
  ctx.strokeStyle = "#fff";
  ctx.lineWidth = 1.75;
  ctx.lineCap = "round";
  ctx.beginPath();
  if (pointer.mode === "subtract") {
    ctx.moveTo(x - 3.5, y);
    ctx.lineTo(x + 3.5, y);
  } else {
    ctx.arc(x, y, 3.5, 0.4, 1.6 * Math.PI);
  }
  ctx.stroke();
}
