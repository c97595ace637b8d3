/**
 * Which pixels a stroke covers: the rule of `notebook_seg.labelling.raster`, operation by operation,
 * so that browser and kernel agree on every pixel.
 *
 * Points are flat arrays x, y, x, y, ...; the centre of pixel (row, column) is at x = column,
 * y = row. A region is the runs of pixels [start, stop) of its rows, and the box around them.
 *
 * @typedef {{top: number, left: number, bottom: number, right: number}} Box  half-open
 * @typedef {{box: Box, rows: Int32Array, starts: Int32Array, stops: Int32Array}} Region
 */

/** How far, in pixels, the sides of a brush's outline may lie inside its corners. */
const SAGITTA = 0.05;

/**
 * The pixels whose centres lie inside a closed outline, by the non-zero winding rule.
 * @param {ArrayLike<number>} points
 * @returns {Region | null}
 */
export function polygonRegion(points, height, width) {
  return points.length < 6 ? null : sweep([points], height, width);
}

/**
 * The pixels under a round brush that is drawn along a line; one point gives a disc.
 * @param {ArrayLike<number>} points
 * @returns {Region | null}
 */
export function brushRegion(points, radius, height, width) {
  return points.length < 2 ? null : sweep(capsules(points, radius), height, width);
}

/**
 * The pixels between two opposite corners, by the rule of a polygon.
 * @returns {Region | null}
 */
export function boxRegion(points, height, width) {
  const [x0, y0, x1, y1] = [points[0], points[1], points.at(-2), points.at(-1)];
  return polygonRegion([x0, y0, x1, y0, x1, y1, x0, y1], height, width);
}

/** @returns {Box | null} the box around two boxes, either of which may be missing */
export function unionOfBoxes(one, other) {
  if (one === null || other === null) return one ?? other;
  return {
    top: Math.min(one.top, other.top),
    left: Math.min(one.left, other.left),
    bottom: Math.max(one.bottom, other.bottom),
    right: Math.max(one.right, other.right),
  };
}

/** Outlines of the brush on its way from each point to the next. */
function capsules(points, radius) {
  const path = points.length === 2 ? [...points, ...points] : points;
  const half = halfTurn(radius);
  const reach = radius + SAGITTA / 2;
  const rings = [];
  for (let at = 0; at + 3 < path.length; at += 2) {
    rings.push(capsule(path[at], path[at + 1], path[at + 2], path[at + 3], half, reach));
  }
  return rings;
}

/** Angles from -90 to 90 degrees; an odd number puts a corner on the tip of the brush. */
function halfTurn(radius) {
  const angle = Math.acos(1 - Math.min(1, SAGITTA / radius));
  const corners = Math.max(4, Math.trunc(Math.PI / angle / 2)) | 1;
  const step = Math.PI / (corners - 1);
  const angles = Float64Array.from({ length: corners }, (_, i) => i * step - Math.PI / 2);
  angles[corners - 1] = Math.PI / 2;
  return angles;
}

function capsule(x0, y0, x1, y1, half, reach) {
  const heading = Math.atan2(y1 - y0, x1 - x0);
  const ring = new Float64Array(4 * half.length);
  half.forEach((angle, i) => {
    const [front, back] = [heading + angle, heading + (angle + Math.PI)];
    ring[2 * i] = x1 + reach * Math.cos(front);
    ring[2 * i + 1] = y1 + reach * Math.sin(front);
    ring[2 * (half.length + i)] = x0 + reach * Math.cos(back);
    ring[2 * (half.length + i) + 1] = y0 + reach * Math.sin(back);
  });
  return ring;
}

/** Fill closed outlines together. */
function sweep(rings, height, width) {
  const edges = rings.flatMap((ring) => edgesOf(ring, height));
  if (!edges.length) return null;
  const crossings = sortedCrossings(edges, width);
  return regionOf(crossings, width);
}

/**
 * The edges that cross the centre of a row, each from its upper end: an edge that two polygons
 * share is then rounded the same way in both.
 */
function edgesOf(ring, height) {
  const edges = [];
  const clip = (y) => Math.min(Math.max(Math.ceil(y), 0), height);
  for (let at = 0; at < ring.length; at += 2) {
    const to = at + 2 < ring.length ? at + 2 : 0;
    const down = ring[to + 1] > ring[at + 1];
    const [upper, lower] = down ? [at, to] : [to, at];
    const [x0, y0, x1, y1] = [ring[upper], ring[upper + 1], ring[lower], ring[lower + 1]];
    const [first, last] = [clip(y0), clip(y1)];
    if (last > first) edges.push({ x0, y0, x1, y1, first, last, down: down ? 0 : 1 });
  }
  return edges;
}

/**
 * Where edges cross the rows: for each row, sorted, those downwards and then those upwards.
 * `offsets[2 * i]` is where the crossings of row `top + i` start.
 */
function sortedCrossings(edges, width) {
  let [top, bottom] = [Infinity, -Infinity];
  for (const { first, last } of edges) {
    top = Math.min(top, first);
    bottom = Math.max(bottom, last);
  }
  const offsets = countedOffsets(edges, top, bottom);
  const xs = new Float64Array(offsets.at(-1));
  const next = offsets.slice();
  for (const { x0, y0, x1, y1, first, last, down } of edges) {
    for (let row = first; row < last; row++) {
      const x = x0 + (x1 - x0) * ((row - y0) / (y1 - y0));
      xs[next[2 * (row - top) + down]++] = Math.min(Math.max(x, -1), width);
    }
  }
  for (let i = 0; i + 1 < offsets.length; i++) sortPart(xs, offsets[i], offsets[i + 1]);
  return { top, bottom, offsets, xs };
}

function countedOffsets(edges, top, bottom) {
  const offsets = new Int32Array(2 * (bottom - top) + 1);
  for (const { first, last, down } of edges) {
    for (let row = first; row < last; row++) offsets[2 * (row - top) + down + 1]++;
  }
  for (let i = 1; i < offsets.length; i++) offsets[i] += offsets[i - 1];
  return offsets;
}

function sortPart(xs, start, stop) {
  if (stop - start === 2 && xs[start] > xs[start + 1]) {
    [xs[start], xs[start + 1]] = [xs[start + 1], xs[start]];
  } else if (stop - start > 2) {
    xs.subarray(start, stop).sort();
  }
}

function regionOf({ top, bottom, offsets, xs }, width) {
  const runs = { rows: [], starts: [], stops: [] };
  for (let row = top; row < bottom; row++) {
    const [down, up, end] = offsets.subarray(2 * (row - top), 2 * (row - top) + 3);
    pushRuns(runs, row, xs.subarray(down, up), xs.subarray(up, end), width);
  }
  if (!runs.rows.length) return null;
  const [rows, starts, stops] = [runs.rows, runs.starts, runs.stops].map((a) => Int32Array.from(a));
  const box = {
    top: rows[0],
    left: starts.reduce((least, x) => Math.min(least, x)),
    bottom: rows.at(-1) + 1,
    right: stops.reduce((most, x) => Math.max(most, x)),
  };
  return { box, rows, starts, stops };
}

/** Every row has as many crossings downwards as upwards; between equally many is outside. */
function pushRuns(runs, row, downs, ups, width) {
  const column = (x) => Math.min(Math.max(Math.ceil(x), 0), width);
  let [d, u, entered] = [0, 0, 0];
  while (d < downs.length || u < ups.length) {
    const was = d - u;
    const x = u >= ups.length || downs[d] < ups[u] ? downs[d++] : ups[u++];
    if (was === 0) entered = column(x);
    else if (d === u && column(x) > entered) {
      runs.rows.push(row);
      runs.starts.push(entered);
      runs.stops.push(column(x));
    }
  }
}
