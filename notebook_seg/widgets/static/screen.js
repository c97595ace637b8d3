/**
 * The three canvases, one over the other: picture, mask and pointer. Each has the size of the view
 * in pixels of the device, never that of the photograph, and is drawn at most once a frame.
 */

import { unionOfBoxes } from "./geometry.js";
import { drawScene } from "./layers.js";
import { View } from "./view.js";

/** Milliseconds: a mask that takes longer to draw is moved as it is while the view moves. */
const QUICK = 12;
/** Milliseconds of rest after which it is drawn anew. */
const REST = 80;

export class Screen {
  /**
   * @param {HTMLElement} stage  to fill
   * @param {object} parts
   * @param {Tiles} parts.tiles
   * @param {function(): Scene | null} parts.scene
   * @param {function(CanvasRenderingContext2D, View): void} parts.drawPointer
   * @param {function(boolean): void} parts.drawn  told whether all of the picture is there
   * @param {function(): void} parts.unfolded  told when the page gives it room again
   */
  constructor(stage, parts) {
    Object.assign(this, parts, { stage, picture: null, view: new View(0, 0, 0, 0, 1) });
    this.contexts = ["picture", "mask", "pointer"].map((name) => makeLayer(stage, name));
    this.ratio = window.devicePixelRatio || 1;
    this.isWhole = true;
    this.isFolded = false;
    this.#forgetFrame();
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(stage);
  }

  /** The canvas that takes the pointer. */
  get top() {
    return this.contexts[2].canvas;
  }

  /** @param {{width: number, height: number} | null} picture */
  open(picture) {
    this.picture = picture;
    this.showWhole();
  }

  /** Show all of the picture, and go on doing so when the size changes. */
  showWhole() {
    const { width, height } = this.view;
    if (this.picture !== null && width > 0) this.look(View.fit(this.picture, width, height));
    this.isWhole = true;
  }

  /** Show a box of the picture, as soon as there is a view to show it in. */
  lookAt(box) {
    this.wanted = box;
    if (this.picture === null || !this.isShown) return;
    this.wanted = null;
    this.look(View.around(box, this.picture, this.view.width, this.view.height));
  }

  /** Whether the page gives it any room: a panel that is folded away does not. */
  get isShown() {
    return this.stage.clientWidth > 0 && this.view.width > 0;
  }

  zoom(factor, sx = this.view.width / 2, sy = this.view.height / 2) {
    if (this.picture !== null) this.look(this.view.zoomed(factor, sx, sy, this.picture));
  }

  pan(dx, dy) {
    if (this.picture !== null) this.look(this.view.moved(dx, dy, this.picture));
  }

  look(view) {
    this.view = view;
    this.isWhole = false;
    this.isPictureStale = true;
    this.isViewStale = true;
    this.redrawPointer();
  }

  refreshPicture() {
    this.isPictureStale = true;
    this.#askForFrame();
  }

  /** Draw the mask anew: all of it, or what shows a box of the picture. */
  refreshMask(box = null) {
    if (box === null) this.isViewStale = this.isMaskForced = true;
    else {
      const margin = Math.ceil(this.ratio) + 1;
      this.stalePart = unionOfBoxes(this.stalePart, this.deviceView.screenBox(box, margin));
    }
    this.#askForFrame();
  }

  redrawPointer() {
    this.isPointerStale = true;
    this.#askForFrame();
  }

  /** The view in pixels of the device. */
  get deviceView() {
    return this.view.times(this.ratio);
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
  }

  #forgetFrame() {
    this.frame = 0;
    this.isPictureStale = this.isViewStale = this.isPointerStale = this.isMaskForced = false;
    this.stalePart = null;
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const wasFolded = this.isFolded;
    this.isFolded = width === 0 || height === 0;
    if (this.isFolded) return;
    this.ratio = window.devicePixelRatio || 1;
    for (const { canvas } of this.contexts) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    const isWhole = this.isWhole || this.view.width === 0;
    this.look(isWhole ? new View(width, height, 0, 0, 1) : this.view.resized(width, height));
    if (isWhole) this.showWhole();
    if (this.wanted) this.lookAt(this.wanted);
    this.isMaskForced = true;
    // A canvas of another size is empty: to wait for the frame would flicker.
    cancelAnimationFrame(this.frame);
    this.#draw();
    if (wasFolded) this.unfolded();
  }

  #askForFrame() {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { isPictureStale, isViewStale, isPointerStale, isMaskForced, stalePart } = this;
    this.#forgetFrame();
    if (this.view.width === 0) return;
    const [picture, , pointer] = this.contexts;
    if (isPictureStale) this.drawn(this.tiles.draw(picture, this.deviceView));
    if (isViewStale) this.#showMask(isMaskForced);
    else if (stalePart !== null) this.#mendMask(stalePart);
    if (isPointerStale) this.#drawPointer(pointer);
  }

  #showMask(isForced) {
    clearTimeout(this.rest);
    if (isForced || !(this.cost > QUICK)) this.#drawWholeMask();
    else {
      this.#moveMask();
      this.rest = setTimeout(() => this.#drawWholeMask(), REST);
    }
  }

  #mendMask(part) {
    if (this.maskView === this.view) this.#drawMask(part);
    else this.#drawWholeMask();
  }

  #drawWholeMask() {
    const start = performance.now();
    const { width, height } = this.deviceView;
    this.contexts[1].canvas.style.transform = "";
    this.#drawMask({ top: 0, left: 0, bottom: height, right: width });
    this.maskView = this.view;
    this.cost = performance.now() - start;
  }

  /** Show the mask as it was drawn for another view, where this one would show it. */
  #moveMask() {
    const [x, y] = this.view.toScreen(this.maskView.left, this.maskView.top);
    const factor = this.view.scale / this.maskView.scale;
    this.contexts[1].canvas.style.transform = `translate(${x}px, ${y}px) scale(${factor})`;
  }

  #drawMask(part) {
    const [, context] = this.contexts;
    const scene = this.scene();
    if (scene !== null) drawScene(context, this.deviceView, scene, part);
    else context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  }

  #drawPointer(context) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.drawPointer(context, this.view);
  }
}

function makeLayer(stage, name) {
  const canvas = document.createElement("canvas");
  canvas.className = `nbs-layer nbs-layer-${name}`;
  canvas.dataset.testid = `layer-${name}`;
  stage.append(canvas);
  return canvas.getContext("2d");
}
