/**
 * Tells what moves the view from what draws: the wheel, two fingers, the right or middle button and
 * the space bar move; all else goes to the tool.
 */

/** What 100 pixels of the wheel, one notch of most mice, zoom. */
const NOTCH = 1.25;
const LINE = 33;

export class Gestures {
  /**
   * @param {HTMLElement} element  that takes the pointer
   * @param {object} listeners  pan(dx, dy), zoom(factor, sx, sy), down(event), move(event),
   *   up(event), doubleClick(event), cancel(), leave()
   */
  constructor(element, listeners) {
    this.element = element;
    this.listeners = listeners;
    this.touches = new Map();
    this.panning = null;
    this.drawing = null;
    this.isSpaceHeld = false;
    const on = (name, handle, options) => element.addEventListener(name, handle, options);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#cancel(event));
    on("pointerleave", () => listeners.leave());
    on("dblclick", (event) => listeners.doubleClick(event));
    // Text that is selected around the canvas would be dragged in place of a stroke.
    for (const name of ["mousedown", "dragstart"]) on(name, (event) => event.preventDefault());
    // JupyterLab has a menu of its own, which it opens from further up in the page.
    on("contextmenu", (event) => {
      event.preventDefault();
      event.stopPropagation();
    });
    on("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** @param {boolean} isHeld */
  holdSpace(isHeld) {
    this.isSpaceHeld = isHeld;
    this.element.classList.toggle("nbs-grab", isHeld);
  }

  #down(event) {
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") this.touches.set(event.pointerId, event);
    if (this.touches.size > 1) this.#startPinch();
    else if (event.button > 0 || this.isSpaceHeld) this.panning = event;
    else if (this.drawing === null) {
      this.drawing = event.pointerId;
      this.listeners.down(event);
    }
  }

  /** A second finger was on its way: what the first has begun was no stroke. */
  #startPinch() {
    if (this.drawing !== null) this.listeners.cancel();
    this.drawing = null;
  }

  #move(event) {
    if (this.touches.size > 1) this.#pinch(event);
    else if (this.panning?.pointerId === event.pointerId) {
      this.listeners.pan(event.clientX - this.panning.clientX, event.clientY - this.panning.clientY);
      this.panning = event;
    } else if (this.drawing === event.pointerId || this.drawing === null) {
      this.listeners.move(event);
    }
  }

  #pinch(event) {
    if (!this.touches.has(event.pointerId)) return;
    const before = this.#spread();
    this.touches.set(event.pointerId, event);
    const after = this.#spread();
    const frame = this.element.getBoundingClientRect();
    this.listeners.pan(after.x - before.x, after.y - before.y);
    const factor = before.distance > 0 ? after.distance / before.distance : 1;
    this.listeners.zoom(factor, after.x - frame.left, after.y - frame.top);
  }

  /** Middle and distance of two fingers. */
  #spread() {
    const [one, other] = [...this.touches.values()];
    return {
      x: (one.clientX + other.clientX) / 2,
      y: (one.clientY + other.clientY) / 2,
      distance: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
    };
  }

  #up(event) {
    this.touches.delete(event.pointerId);
    if (this.panning?.pointerId === event.pointerId) this.panning = null;
    if (this.drawing === event.pointerId) {
      this.drawing = null;
      this.listeners.up(event);
    }
  }

  #cancel(event) {
    this.touches.delete(event.pointerId);
    if (this.panning?.pointerId === event.pointerId) this.panning = null;
    if (this.drawing !== event.pointerId) return;
    this.drawing = null;
    this.listeners.cancel();
  }

  #wheel(event) {
    event.preventDefault();
    const frame = this.element.getBoundingClientRect();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
    // Two fingers on a touchpad come as a wheel with ctrl, in smaller steps.
    const factor = NOTCH ** (-pixels / (event.ctrlKey ? 20 : 100));
    this.listeners.zoom(factor, event.clientX - frame.left, event.clientY - frame.top);
  }
}
