/**
 * The labels of all pixels of a picture, as the kernel has them and a little ahead of it: strokes
 * are drawn at once, and drawn again over whatever the kernel answers.
 */

import { unionOfBoxes } from "./geometry.js";

const BACKGROUND = 0;
const UNLABELLED = 255;

/**
 * @typedef {{label: number, mode: "add" | "subtract" | "replace", keep: boolean}} Rule
 * @typedef {{box: Box, where: Uint8Array, values: number | Uint8Array}} Change
 *   which pixels of the box have changed, a bit each, and their labels in reading order
 */
export class LabelMap {
  /** @param {Uint8Array | null} labels  of all pixels, background without them */
  constructor(width, height, labels = null) {
    this.width = width;
    this.height = height;
    this.labels = labels ?? new Uint8Array(width * height);
    /** Strokes that the kernel has not answered yet, the oldest first. */
    this.pending = [];
  }

  /**
   * Draw a stroke ahead of the kernel.
   * @param {string} seq  its name until the kernel answers
   * @param {Region | null} region
   * @param {Rule} rule
   */
  draw(seq, region, rule) {
    const stroke = { seq, region, rule, before: null };
    this.pending.push(stroke);
    this.#make(stroke);
  }

  /**
   * Take over what the kernel says; `seq` names the stroke that it answers.
   * @param {string | null} seq
   * @param {Change | null} change
   * @returns {Box | null} around all pixels that may look different now
   */
  settle(seq, change) {
    let touched = change?.box ?? null;
    for (const stroke of this.pending.toReversed()) {
      touched = unionOfBoxes(touched, stroke.region?.box ?? null);
      this.#takeBack(stroke);
    }
    if (change) applyChange(this.labels, this.width, change);
    this.pending = this.pending.filter((stroke) => stroke.seq !== seq);
    for (const stroke of this.pending) this.#make(stroke);
    return touched;
  }

  #make(stroke) {
    if (stroke.region === null) return;
    stroke.before = copyBox(this.labels, this.width, stroke.region.box);
    paintRegion(this.labels, this.width, stroke.region, stroke.rule);
  }

  #takeBack({ region, before }) {
    if (region !== null) pasteBox(this.labels, this.width, region.box, before);
  }
}

/** Give the pixels of a region a label, in place. */
export function paintRegion(labels, width, { rows, starts, stops }, { label, mode, keep }) {
  for (let i = 0; i < rows.length; i++) {
    const run = labels.subarray(rows[i] * width + starts[i], rows[i] * width + stops[i]);
    if (mode === "subtract") swapLabel(run, label);
    else if (keep) paintFreePixels(run, label);
    else run.fill(label);
  }
}

function swapLabel(run, label) {
  for (let i = 0; i < run.length; i++) if (run[i] === label) run[i] = BACKGROUND;
}

function paintFreePixels(run, label) {
  for (let i = 0; i < run.length; i++) {
    if (run[i] === BACKGROUND || run[i] === UNLABELLED) run[i] = label;
  }
}

/** Write the labels of a box, row by row, into the labels of a picture. */
function pasteBox(labels, width, { top, left, bottom, right }, values) {
  for (let row = top, at = 0; row < bottom; row++, at += right - left) {
    labels.set(values.subarray(at, at + right - left), row * width + left);
  }
}

function copyBox(labels, width, { top, left, bottom, right }) {
  const values = new Uint8Array((bottom - top) * (right - left));
  for (let row = top, at = 0; row < bottom; row++, at += right - left) {
    values.set(labels.subarray(row * width + left, row * width + right), at);
  }
  return values;
}

/**
 * Write a change of the kernel into the labels, in place. Whole bytes of eight equal bits are
 * taken at once: a large stroke has millions of bits and few edges.
 */
export function applyChange(labels, width, { box, where, values }) {
  const boxWidth = box.right - box.left;
  const size = boxWidth * (box.bottom - box.top);
  let read = 0;
  const write = (start, stop) => {
    while (start < stop) {
      const row = Math.floor(start / boxWidth);
      const end = Math.min(stop, (row + 1) * boxWidth);
      const at = (box.top + row) * width + box.left + (start - row * boxWidth);
      if (typeof values === "number") labels.fill(values, at, at + end - start);
      else labels.set(values.subarray(read, read + end - start), at);
      read += end - start;
      start = end;
    }
  };
  forEachRun(where, size, write);
}

/** The labels of all pixels of a box, from a change of its pixels. @param {Change} change */
export function labelsOfBox({ box, where, values }) {
  const [height, width] = [box.bottom - box.top, box.right - box.left];
  const labels = new Uint8Array(height * width);
  const alone = { top: 0, left: 0, bottom: height, right: width };
  applyChange(labels, width, { box: alone, where, values });
  return labels;
}

/** Call `write(start, stop)` for each run of set bits, the highest bit of a byte first. */
function forEachRun(bits, size, write) {
  let start = -1;
  const step = (isSet, at) => {
    if (isSet && start < 0) start = at;
    if (!isSet && start >= 0) {
      write(start, at);
      start = -1;
    }
  };
  for (let i = 0; i < bits.length; i++) {
    const byte = bits[i];
    if (byte === 0 || byte === 255) step(byte === 255, 8 * i);
    else for (let bit = 0; bit < 8; bit++) step(((byte >> (7 - bit)) & 1) === 1, 8 * i + bit);
  }
  if (start >= 0) write(start, Math.min(size, 8 * bits.length));
}
