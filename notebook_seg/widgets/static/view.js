/**
 * Which part of a picture a screen shows: `notebook_seg.widgets.viewport` for the browser.
 *
 * Screen coordinates are CSS pixels from the upper left corner of the canvas.
 */

/** Screen pixels for a pixel of the picture: beyond, there is nothing more to see. */
const MAX_SCALE = 40;

export class View {
  /**
   * @param {number} left  the place in the picture that the upper left corner shows
   * @param {number} scale  how many pixels of the screen a pixel of the picture is wide
   */
  constructor(width, height, left, top, scale) {
    Object.assign(this, { width, height, left, top, scale });
  }

  /** Show all of a picture, in the middle. */
  static fit(picture, width, height) {
    const scale = Math.min(width / picture.width, height / picture.height, MAX_SCALE);
    const left = (picture.width - width / scale) / 2 - 0.5;
    const top = (picture.height - height / scale) / 2 - 0.5;
    return new View(width, height, left, top, scale);
  }

  /** Show a box of a picture in the middle, with as much again around it. */
  static around(box, picture, width, height) {
    const whole = View.fit(picture, width, height);
    const [across, down] = [box.right - box.left, box.bottom - box.top];
    const scale = Math.min(width / (2 * across), height / (2 * down));
    const near = whole.zoomed(Math.max(scale / whole.scale, 1), 0, 0, picture);
    const [x, y] = near.toScreen((box.left + box.right - 1) / 2, (box.top + box.bottom - 1) / 2);
    return near.moved(width / 2 - x, height / 2 - y, picture);
  }

  get right() {
    return this.left + this.width / this.scale;
  }

  get bottom() {
    return this.top + this.height / this.scale;
  }

  /** @returns {[number, number]} */
  toPicture(sx, sy) {
    return [this.left + sx / this.scale, this.top + sy / this.scale];
  }

  /** @returns {[number, number]} */
  toScreen(x, y) {
    return [(x - this.left) * this.scale, (y - this.top) * this.scale];
  }

  /** Zoom in by a factor above 1 or out by one below, about a place on the screen. */
  zoomed(factor, sx, sy, picture) {
    const smallest = View.fit(picture, this.width, this.height).scale / 2;
    const scale = Math.min(Math.max(this.scale * factor, smallest), MAX_SCALE);
    const [x, y] = this.toPicture(sx, sy);
    return new View(this.width, this.height, x - sx / scale, y - sy / scale, scale).near(picture);
  }

  /** Push the picture by a distance on the screen. */
  moved(dx, dy, picture) {
    const [left, top] = [this.left - dx / this.scale, this.top - dy / this.scale];
    return new View(this.width, this.height, left, top, this.scale).near(picture);
  }

  /** The same part of the picture, on a screen of another size. */
  resized(width, height) {
    const scale = this.scale * Math.min(width / this.width, height / this.height);
    const left = (this.left + this.right - width / scale) / 2;
    const top = (this.top + this.bottom - height / scale) / 2;
    return new View(width, height, left, top, scale);
  }

  /** The same look in pixels of the device, of which a CSS pixel has `ratio`. */
  times(ratio) {
    const [width, height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    return new View(width, height, this.left, this.top, this.scale * ratio);
  }

  /** The edge of the picture stops in the middle of the view. */
  near(picture) {
    const [halfWidth, halfHeight] = [this.width / this.scale / 2, this.height / this.scale / 2];
    const clip = (value, low, high) => Math.min(Math.max(value, low), high);
    const left = clip(this.left, -0.5 - halfWidth, picture.width - 0.5 - halfWidth);
    const top = clip(this.top, -0.5 - halfHeight, picture.height - 0.5 - halfHeight);
    return new View(this.width, this.height, left, top, this.scale);
  }

  /** The pixels of the screen that show a box of the picture, and a margin around. */
  screenBox(box, margin = 0) {
    const [left, top] = this.toScreen(box.left - 0.5, box.top - 0.5);
    const [right, bottom] = this.toScreen(box.right - 0.5, box.bottom - 0.5);
    const clip = (value, most) => Math.min(Math.max(value, 0), most);
    return {
      top: clip(Math.floor(top) - margin, this.height),
      left: clip(Math.floor(left) - margin, this.width),
      bottom: clip(Math.ceil(bottom) + margin, this.height),
      right: clip(Math.ceil(right) + margin, this.width),
    };
  }

  /**
   * For each column of the screen from `start` to `stop` the place, counted from `low`, of the
   * picture's column that it shows; -1 where that is not between `low` and `high`.
   * @returns {Int32Array}
   */
  columns(start, stop, low, high) {
    return shownPixels(this.left, this.scale, start, stop, low, high);
  }

  /** @returns {Int32Array} the same for rows */
  rows(start, stop, low, high) {
    return shownPixels(this.top, this.scale, start, stop, low, high);
  }
}

function shownPixels(origin, scale, start, stop, low, high) {
  return Int32Array.from({ length: Math.max(0, stop - start) }, (_, i) => {
    const pixel = Math.floor(origin + (start + i + 0.5) / scale + 0.5);
    return pixel >= low && pixel < high ? pixel - low : -1;
  });
}
