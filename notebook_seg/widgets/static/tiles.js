/**
 * The picture as a pyramid of tiles, of which only those that are seen come from the kernel.
 * Level 0 has the pixels of the photograph, each further level half as many a side.
 */

/** Tiles that are kept, of about a megabyte each once they are decoded. */
const KEPT = 240;
/** Tiles to ask for at once, and to wait for before asking for more. */
const AT_ONCE = 8;

export class Tiles {
  /**
   * @param {function(string, number[][]): void} ask  for tiles [level, row, column] of a picture
   * @param {function(): void} changed  called when there is more to see
   */
  constructor(ask, changed) {
    this.ask = ask;
    this.changed = changed;
    this.open(null);
  }

  /** @param {{id, width, height, tile, levels} | null} picture */
  open(picture) {
    for (const bitmap of this.bitmaps?.values() ?? []) bitmap.close();
    this.picture = picture;
    this.bitmaps = new Map();
    this.asked = new Set();
  }

  /** Take over tiles that came, each an encoded picture. */
  async receive({ picture, keys }, blobs) {
    const bitmaps = await Promise.all(blobs.map((blob) => createImageBitmap(blob)));
    if (this.picture?.id !== picture) return;
    keys.forEach((key, i) => {
      this.asked.delete(key.join());
      this.bitmaps.set(key.join(), bitmaps[i]);
    });
    this.changed();
  }

  /**
   * Draw what a view shows: a coarse level first, and what has come of the fine one over it.
   * @param {CanvasRenderingContext2D} context  in pixels of the device, as the view
   * @returns {boolean} whether nothing is missing
   */
  draw(context, view) {
    context.clearRect(0, 0, view.width, view.height);
    if (this.picture === null) return true;
    const fine = this.#levelFor(view.scale);
    const coarse = this.picture.levels - 1;
    const missing = [];
    // Pixels that are large are shown as the squares they are.
    context.imageSmoothingEnabled = view.scale < 2;
    for (const level of this.#hasAll(fine, view) ? [fine] : this.#levelsDownTo(fine, coarse)) {
      for (const key of this.#keysIn(level, view)) {
        const bitmap = this.bitmaps.get(key.join());
        if (bitmap) this.#drawTile(context, view, key, bitmap);
        else if (level === fine || level === coarse) missing.push(key);
      }
    }
    this.#request(missing);
    this.#forget();
    return missing.length === 0;
  }

  #levelsDownTo(fine, coarse) {
    return Array.from({ length: coarse - fine + 1 }, (_, i) => coarse - i);
  }

  #hasAll(level, view) {
    return this.#keysIn(level, view).every((key) => this.bitmaps.has(key.join()));
  }

  /** The coarsest level that has a pixel for each of the screen. */
  #levelFor(scale) {
    const level = Math.floor(Math.log2(1 / scale) + 1e-6);
    return Math.min(Math.max(level, 0), this.picture.levels - 1);
  }

  /** The tiles of a level that a view shows, those in its middle first. */
  #keysIn(level, view) {
    const { width, height, tile } = this.picture;
    const side = tile * 2 ** level;
    const count = (size) => Math.max(1, Math.ceil(Math.max(1, size >> level) / tile));
    const range = (low, high, size) => {
      const first = Math.max(0, Math.floor((low + 0.5) / side));
      const last = Math.min(count(size) - 1, Math.floor((high + 0.5) / side));
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    };
    const rows = range(view.top, view.bottom, height);
    const columns = range(view.left, view.right, width);
    const [midRow, midColumn] = [mean(rows), mean(columns)];
    const distance = ([, row, column]) => (row - midRow) ** 2 + (column - midColumn) ** 2;
    return rows
      .flatMap((row) => columns.map((column) => [level, row, column]))
      .sort((one, other) => distance(one) - distance(other));
  }

  #drawTile(context, view, [level, row, column], bitmap) {
    const { width, height, tile } = this.picture;
    const side = 2 ** level;
    // What halving leaves over at the end, less than a pixel of its level, is drawn with the last.
    const end = (start, count, size) =>
      start + count >= Math.max(1, size >> level) ? size : (start + count) * side;
    const [x, y] = [column * tile, row * tile];
    const [left, top] = view.toScreen(x * side - 0.5, y * side - 0.5).map(Math.round);
    const right = end(x, bitmap.width, width);
    const bottom = end(y, bitmap.height, height);
    const stop = view.toScreen(right - 0.5, bottom - 0.5).map(Math.round);
    context.drawImage(bitmap, left, top, stop[0] - left, stop[1] - top);
  }

  #request(missing) {
    if (this.asked.size >= AT_ONCE) return;
    const wanted = missing.filter((key) => !this.asked.has(key.join())).slice(0, AT_ONCE);
    if (!wanted.length) return;
    for (const key of wanted) this.asked.add(key.join());
    this.ask(this.picture.id, wanted);
  }

  /** Drop those that came first; what is on the screen of them is asked for again. */
  #forget() {
    const coarse = this.picture.levels - 1;
    for (const [key, bitmap] of this.bitmaps) {
      if (this.bitmaps.size <= KEPT) return;
      if (key === `${coarse},0,0`) continue;
      bitmap.close();
      this.bitmaps.delete(key);
    }
  }
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / (numbers.length || 1);
}
