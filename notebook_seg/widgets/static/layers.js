/**
 * The layers over the picture, at the size of the view: the mask, what is proposed, the scribbles.
 *
 * Each is sampled from labels of the photograph's size by nearest neighbour, with an outline of a
 * CSS pixel where labels meet. Millions of pixels a frame: hence tables and plain loops.
 */

const BACKGROUND = 0;
const UNLABELLED = 255;
/** No label at all: a pixel for which nothing is proposed or said. */
const NOTHING = 256;
const LABELS = 257;
/** Patterns repeat after as many pixels of the diagonal. */
const PERIOD = 40;

/**
 * @typedef {{map: LabelMap, colors: number[][], opacity: number,
 *   proposal: {box: Box, labels: Uint8Array} | null, scribbles: Uint8Array | null,
 *   line: number}} Scene
 *   colors: red, green and blue of each label; line: width of outlines in pixels of the device
 */

/**
 * Draw a part of what a view shows of a scene.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view  in pixels of the device
 * @param {Scene} scene
 * @param {Box} part  of the screen
 */
export function drawScene(context, view, scene, part) {
  const [width, height] = [part.right - part.left, part.bottom - part.top];
  if (width <= 0 || height <= 0) return;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const { map, proposal, scribbles, line } = scene;
  const whole = { top: 0, left: 0, bottom: map.height, right: map.width };
  const mask = sample(view, part, line, map.labels, whole, BACKGROUND);
  paint(pixels, mask, part, line, BACKGROUND, maskInks(scene));
  if (proposal) {
    const shown = sample(view, part, line, proposal.labels, proposal.box, NOTHING);
    leaveOutEqual(shown, mask);
    paint(pixels, shown, part, line, NOTHING, proposalInks(scene));
  }
  if (scribbles) {
    const shown = sample(view, part, line, scribbles, whole, UNLABELLED);
    paint(pixels, shown, part, line, UNLABELLED, scribbleInks(scene));
  }
  context.putImageData(image, part.left, part.top);
}

/**
 * What a part of the screen shows, with a margin on each side in which outlines may begin.
 * @param {Uint8Array} labels  of the pixels of `box`
 * @param {number} outside  what is shown outside the box
 */
function sample(view, part, margin, labels, box, outside) {
  const boxWidth = box.right - box.left;
  const rows = view.rows(part.top - margin, part.bottom + margin, box.top, box.bottom);
  const columns = view.columns(part.left - margin, part.right + margin, box.left, box.right);
  const shown = new Uint16Array(rows.length * columns.length).fill(outside);
  for (let y = 0, at = 0; y < rows.length; y++, at += columns.length) {
    if (rows[y] < 0) continue;
    if (y > 0 && rows[y] === rows[y - 1]) {
      shown.copyWithin(at, at - columns.length, at);
      continue;
    }
    const start = rows[y] * boxWidth;
    for (let x = 0; x < columns.length; x++) {
      if (columns[x] >= 0) shown[at + x] = labels[start + columns[x]];
    }
  }
  return shown;
}

/** A proposal to leave a pixel as it is says nothing. */
function leaveOutEqual(shown, mask) {
  for (let i = 0; i < shown.length; i++) if (shown[i] === mask[i]) shown[i] = NOTHING;
}

/** Put the ink of each pixel's label, phase of the pattern, and place inside or at the edge. */
function paint(pixels, shown, part, line, nothing, inks) {
  const stride = part.right - part.left + 2 * line;
  const down = line * stride;
  for (let y = part.top, pixel = 0; y < part.bottom; y++) {
    let at = (y - part.top + line) * stride + line;
    let phase = (part.left + y) % PERIOD;
    for (let x = part.left; x < part.right; x++, at++, pixel++) {
      const label = shown[at];
      if (label !== nothing) {
        const isInside =
          shown[at - line] === label &&
          shown[at + line] === label &&
          shown[at - down] === label &&
          shown[at + down] === label;
        pixels[pixel] = inks[((isInside ? 0 : PERIOD) + phase) * LABELS + label];
      }
      if (++phase === PERIOD) phase = 0;
    }
  }
}

/**
 * A table of inks: those of the inside for each phase and label, then those of the edge.
 * @param {function(number[], number, number): number} fill  ink of a color, phase and label
 * @param {function(number[], number, number): number} edge
 */
function inkTable(colors, fill, edge) {
  const inks = new Uint32Array(2 * PERIOD * LABELS);
  for (let phase = 0; phase < PERIOD; phase++) {
    colors.forEach((color, label) => {
      inks[phase * LABELS + label] = fill(color, phase, label);
      inks[(PERIOD + phase) * LABELS + label] = edge(color, phase, label);
    });
  }
  return inks;
}

/** Classes are covered evenly, unlabelled is striped in greys. */
function maskInks({ colors, opacity }) {
  const strong = Math.min(1, 3 * opacity);
  const grey = (phase) => (phase % 10 < 5 ? [70, 70, 70] : [190, 190, 190]);
  const draw = (share) => (color, phase, label) =>
    ink(label === UNLABELLED ? grey(phase) : color, share);
  return inkTable(colors, draw(opacity), draw(strong));
}

/** What would change is hatched, within a dashed line of black and white. */
function proposalInks({ colors }) {
  const hatch = (color, phase) => ink(color, phase % 8 < 3 ? 0.9 : 0.2);
  const dash = (_, phase) => ink(phase % 8 < 4 ? [255, 255, 255] : [0, 0, 0], 1);
  return inkTable(colors, hatch, dash);
}

/** Hints are solid, with a white edge: nobody shall take them for the mask. */
function scribbleInks({ colors }) {
  return inkTable(
    colors,
    (color) => ink(color, 0.95),
    () => ink([255, 255, 255], 1),
  );
}

/** A pixel of an ImageData, on a machine whose lowest byte comes first, as all browsers' do. */
function ink([red, green, blue], share) {
  return ((Math.round(255 * share) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
