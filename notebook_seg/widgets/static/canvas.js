/**
 * The surface of the labeller: a canvas that draws each stroke at once and tells the kernel.
 * `notebook_seg.widgets.canvas` holds the other end.
 */

import { element } from "./elements.js";
import { boxRegion, brushRegion, polygonRegion } from "./geometry.js";
import { Gestures } from "./gestures.js";
import { bindKeys } from "./keys.js";
import { LabelMap, labelsOfBox } from "./labelmap.js";
import { Screen } from "./screen.js";
import { StatusLine } from "./status.js";
import { Tiles } from "./tiles.js";
import { makeToolbar } from "./toolbar.js";
import { toggleHelp } from "./help.js";
import { makeTool } from "./tools.js";
import { Wire, boxOf, changeOf } from "./wire.js";

const UNLABELLED = 255;
const OUTLINES = new Set(["lasso", "polygon", "scissors"]);
const PATHS = new Set(["brush", "erase", "scribble"]);
/** Wishes after which another picture may be open: no stroke is begun before the answer. */
const LEAVING = new Set(["next", "previous", "next_unlabelled", "reload"]);
const ZOOM_STEP = 1.25;
const PAN_STEP = 60;
/** For how many frames a panel may be yet to come. */
const PANEL_FRAMES = 120;
/** Colours of background and unlabelled, where they are drawn at all, and of labels of no class. */
const BLACK = [16, 16, 16];
const GREY = [150, 150, 150];

class LassoCanvas {
  constructor(model, el) {
    this.model = model;
    this.picture = null;
    this.map = null;
    this.proposal = null;
    this.scribbles = null;
    this.areScribblesShown = false;
    this.leaving = null;
    this.strokes = new Map();
    this.subscribers = new Set();
    this.#build(el);
    this.wire = new Wire(model, this.#listeners());
    this.tiles = new Tiles(
      (picture, wanted) => this.wire.askForTiles(picture, wanted),
      () => this.screen.refreshPicture(),
    );
    this.screen = new Screen(this.stage, {
      tiles: this.tiles,
      scene: () => this.#scene(),
      drawPointer: (context, view) => this.tool?.draw(context, view),
      drawn: (isComplete) => this.#tellPainted(isComplete),
      unfolded: () => this.#takeFocus(),
    });
    this.#connect(el);
    this.wire.hello();
  }

  close() {
    for (const end of this.ends) end();
    this.screen.close();
    this.wire.close();
  }

  // ------------------------------------------------------------------ the page

  #build(el) {
    this.root = element("div", "nbs-canvas", el);
    this.root.dataset.testid = "lasso-canvas";
    this.bar = element("div", "nbs-canvas-bar", this.root);
    this.stage = element("div", "nbs-stage", this.root);
    this.status = new StatusLine(element("div", "nbs-canvas-status", this.root));
  }

  #connect(el) {
    const { top } = this.screen;
    top.tabIndex = 0;
    top.setAttribute("role", "application");
    top.setAttribute("aria-label", "Picture to draw on; press ? for the keys");
    this.store = this.#store();
    this.gestures = new Gestures(top, this.#gestureListeners());
    this.toolbar = makeToolbar(this.bar, this.store, (name) => this.act(name));
    const clock = setInterval(() => this.#showStatus(), 500);
    this.ends = [() => clearInterval(clock), () => this.toolbar.destroy?.()];
    for (const name of ["pen", "classes", "state"]) this.#follow(name);
    this.#follow("pen", () => this.#takeTool());
    this.#takeTool();
    // The panel is put around this element after it was rendered.
    this.#whenInPanel(el, (panel) => this.#listenToKeys(panel));
  }

  #follow(name, react = () => this.#changed()) {
    this.model.on(`change:${name}`, react);
    this.ends.push(() => this.model.off(`change:${name}`, react));
  }

  /** In Voila the panel is there some frames before its class is. */
  #whenInPanel(el, use) {
    let frame = 0;
    let patience = PANEL_FRAMES;
    const look = () => {
      const panel = el.closest(".nbs-labeller");
      const isAlone = el.isConnected && patience-- <= 0;
      if (panel !== null || isAlone) use(panel ?? this.root);
      else frame = requestAnimationFrame(look);
    };
    this.ends.push(() => cancelAnimationFrame(frame));
    look();
  }

  #listenToKeys(panel) {
    this.panel = panel;
    const space = ({ type, key, target }) => {
      if (key === " " && target === this.screen.top) this.gestures.holdSpace(type === "keydown");
    };
    const still = (event) => {
      if (event.key === " " && event.target === this.screen.top) event.preventDefault();
    };
    for (const [name, listener] of [["keydown", space], ["keyup", space], ["keydown", still]]) {
      this.#listen(panel, name, listener);
    }
    const actions = (name) => this.act(name);
    const drawing = panel.querySelector(":scope > .nbs-drawing") ?? panel;
    this.ends.push(bindKeys(drawing, { store: this.store, tool: () => this.tool, actions }));
    this.#finishBeforeOthers(panel);
    if (drawing !== panel) this.#leaveReviewByKey(panel, drawing);
  }

  /** Who goes to the list of pictures with an outline begun has not given it up. */
  #finishBeforeOthers(panel) {
    for (const name of ["pointerdown", "focusin"]) {
      this.#listen(panel, name, ({ target }) => {
        if (target !== panel && !this.root.contains(target)) this.tool.finish?.();
      });
    }
  }

  /** What lies over the drawing has keys of its own, but the one that brought it takes it away. */
  #leaveReviewByKey(panel, drawing) {
    panel.tabIndex = -1;
    panel.dataset.lmSuppressShortcuts = "true";
    this.#listen(panel, "keydown", (event) => {
      const isTyped = event.target.closest("input, select, textarea, dialog[open]") !== null;
      if (drawing.offsetParent !== null || isTyped) return;
      if (event.key === "y" || event.key === "Escape") this.act("review");
    });
  }

  /** Whoever comes back from the review goes on drawing, with the keys at hand. */
  #takeFocus() {
    const { activeElement } = document;
    const isNowhere = activeElement === null || activeElement === document.body;
    if (isNowhere || this.panel?.contains(activeElement)) {
      this.screen.top.focus({ preventScroll: true });
    }
  }

  #listen(target, name, listener) {
    target.addEventListener(name, listener);
    this.ends.push(() => target.removeEventListener(name, listener));
  }

  #store() {
    return {
      pen: () => this.model.get("pen"),
      setPen: (patch) => {
        this.model.set("pen", { ...this.model.get("pen"), ...patch });
        this.model.save_changes();
      },
      classes: () => this.model.get("classes"),
      state: () => this.model.get("state"),
      subscribe: (listener) => {
        this.subscribers.add(listener);
        return () => this.subscribers.delete(listener);
      },
    };
  }

  #changed() {
    for (const listener of this.subscribers) listener();
    const { opacity } = this.store.pen();
    if (opacity !== this.opacity) this.screen.refreshMask();
    this.opacity = opacity;
    this.screen.redrawPointer();
    this.#showStatus();
  }

  // ------------------------------------------------------------------ the tool

  #takeTool() {
    const { tool: name } = this.store.pen();
    if (name === this.toolName) return;
    this.tool?.finish?.();
    this.toolName = name;
    this.tool = makeTool(name, {
      pen: () => this.store.pen(),
      color: (label) => this.#colorOf(label),
      view: () => this.screen.view,
      commit: (stroke) => this.#commit(stroke),
      trace: (start, stop) => this.wire.trace(this.picture.id, start, stop),
      redraw: () => this.screen.redrawPointer(),
    });
    this.screen.top.style.cursor = this.tool.cursor ?? "crosshair";
    this.screen.redrawPointer();
  }

  #gestureListeners() {
    return {
      down: (event) => this.#canDraw() && this.#begin(event),
      move: (event) => {
        const events = event.getCoalescedEvents?.() ?? [];
        for (const each of events.length ? events : [event]) this.tool.move(this.#placeOf(each));
      },
      up: (event) => this.tool.up(this.#placeOf(event)),
      doubleClick: (event) => this.#canDraw() && this.tool.doubleClick(this.#placeOf(event)),
      cancel: () => (this.tool.drop ?? this.tool.cancel)(),
      leave: () => this.tool.leave?.(),
      pan: (dx, dy) => this.#look(() => this.screen.pan(dx, dy)),
      zoom: (factor, sx, sy) => this.#look(() => this.screen.zoom(factor, sx, sy)),
    };
  }

  /** Nobody shall take the picture away while something is begun on it. */
  #begin(event) {
    const wasBusy = this.tool.busy();
    this.tool.down(this.#placeOf(event));
    if (!wasBusy && this.tool.busy()) this.wire.tellBegun();
  }

  #look(change) {
    change();
    this.#showStatus();
  }

  #canDraw() {
    return this.map !== null && this.leaving === null;
  }

  #placeOf(event) {
    const frame = this.screen.top.getBoundingClientRect();
    const [sx, sy] = [event.clientX - frame.left, event.clientY - frame.top];
    const [x, y] = this.screen.view.toPicture(sx, sy);
    const held = (event.altKey && "subtract") || (event.shiftKey && "replace");
    const mode = held || this.store.pen().mode;
    return { x, y, sx, sy, mode, pressure: event.pressure, kind: event.pointerType };
  }

  /** Fill what a stroke covers at once, and send it. */
  #commit({ tool, points, mode }) {
    if (!this.#canDraw()) return;
    const { label, radius, keep, tolerance } = this.store.pen();
    // The kernel gets float32: to fill from others would differ by a pixel now and then.
    const places = Float32Array.from(points.flat());
    const region = this.#regionOf(tool, places, radius);
    const stroke = { picture: this.picture.id, tool, label, mode, radius, keep, tolerance };
    const seq = this.wire.sendStroke(stroke, places);
    const map = this.#mapFor(tool);
    map.draw(seq, region, ruleOf(stroke));
    if (region !== null) this.screen.refreshMask(region.box);
    this.strokes.set(seq, stroke);
    this.#showStatus();
  }

  #regionOf(tool, points, radius) {
    const { height, width } = this.map;
    if (OUTLINES.has(tool)) return polygonRegion(points, height, width);
    if (PATHS.has(tool)) return brushRegion(points, radius, height, width);
    return tool === "box" ? boxRegion(points, height, width) : null;
  }

  #mapFor(tool) {
    this.areScribblesShown = tool === "scribble";
    return tool === "scribble" ? this.#scribbleMap() : this.map;
  }

  #scribbleMap() {
    const { width, height } = this.map;
    this.scribbles ??= new LabelMap(width, height, new Uint8Array(width * height).fill(UNLABELLED));
    return this.scribbles;
  }

  // ------------------------------------------------------------------ wishes

  /** Do what a button or key stands for: here what moves the view, else in the kernel. */
  act(name) {
    const here = {
      whole: () => this.#look(() => this.screen.showWhole()),
      zoom_in: () => this.#look(() => this.screen.zoom(ZOOM_STEP)),
      zoom_out: () => this.#look(() => this.screen.zoom(1 / ZOOM_STEP)),
      pan_left: () => this.screen.pan(PAN_STEP, 0),
      pan_right: () => this.screen.pan(-PAN_STEP, 0),
      pan_up: () => this.screen.pan(0, PAN_STEP),
      pan_down: () => this.screen.pan(0, -PAN_STEP),
      fullscreen: () => this.#toggleFullScreen(),
      help: () => toggleHelp(this.bar),
    };
    if (here[name]) here[name]();
    else this.#wish(name);
  }

  #wish(name) {
    if (this.leaving !== null) return;
    if (name === "reload") this.tool.cancel();
    else this.tool.finish?.();
    const seq = this.wire.sendAction(name);
    if (LEAVING.has(name)) this.leaving = seq;
    if (name === "review") this.panel?.focus({ preventScroll: true });
    if (name === "accept" || name === "refuse") this.areScribblesShown = false;
    this.#showStatus();
  }

  #toggleFullScreen() {
    if (document.fullscreenElement !== null) document.exitFullscreen();
    else this.panel?.requestFullscreen?.();
  }

  // ------------------------------------------------------------------ what the kernel says

  #listeners() {
    return {
      open: (message, buffers) => this.#open(message, buffers),
      tiles: (message, buffers) => void this.tiles.receive(message, buffers.map((b) => new Blob([b]))),
      patch: (message, buffers) => this.#patch(message, buffers),
      proposal: (message, buffers) => this.#propose(message, buffers),
      whole: () => this.act("whole"),
      look: ({ box }) => this.#look(() => this.screen.lookAt(boxOf(box))),
      answered: ({ seq }) => {
        if (seq === this.leaving) this.leaving = null;
        this.#showStatus();
      },
    };
  }

  async #open(message, buffers) {
    const { about: picture, stem } = message;
    const isAnother = picture?.id !== this.picture?.id;
    const change = await changeOf(message, buffers);
    // Another view of the same widget asks for the picture again: nobody stops drawing for that.
    if (isAnother) this.tool.cancel();
    this.picture = picture ?? { id: null, stem };
    this.map = picture?.editable ? new LabelMap(picture.width, picture.height) : null;
    this.map?.settle(null, change);
    this.strokes = new Map();
    this.proposal = this.scribbles = null;
    if (isAnother) {
      this.tiles.open(picture);
      this.screen.open(picture);
    }
    this.screen.refreshPicture();
    this.screen.refreshMask();
    this.root.dataset.stem = this.picture.stem;
    this.#showStatus();
  }

  async #patch(message, buffers) {
    if (message.picture !== this.picture?.id || this.map === null) return;
    const change = await changeOf(message, buffers);
    const isHint = message.layer === "scribbles";
    if (isHint) this.areScribblesShown = true;
    const map = isHint ? this.#scribbleMap() : this.map;
    const touched = map.settle(message.seq, change);
    if (touched !== null) this.screen.refreshMask(touched);
    this.#tell(this.strokes.get(message.seq), change);
    this.strokes.delete(message.seq);
  }

  #tell(stroke, change) {
    if (stroke !== undefined && change !== null) {
      this.toolbar.stroke?.({ ...stroke, pixels: countPixels(change.where) });
    }
  }

  async #propose(message, buffers) {
    if (message.picture !== this.picture?.id) return;
    const change = await changeOf(message, buffers);
    this.proposal = change && { box: change.box, labels: labelsOfBox(change) };
    this.root.dataset.proposal = change ? "shown" : "none";
    this.screen.refreshMask();
  }

  // ------------------------------------------------------------------ what is shown

  #scene() {
    if (this.map === null) return null;
    const colors = Array.from({ length: 256 }, () => GREY);
    for (const { index, color } of this.store.classes()) colors[index] = rgbOf(color);
    colors[0] = BLACK;
    return {
      map: this.map,
      line: Math.max(1, Math.round(this.screen.ratio)),
      colors,
      opacity: this.store.pen().opacity,
      proposal: this.proposal,
      scribbles: this.areScribblesShown ? (this.scribbles?.labels ?? null) : null,
    };
  }

  #colorOf(label) {
    return this.store.classes().find(({ index }) => index === label)?.color ?? "#969696";
  }

  #tellPainted(isComplete) {
    this.root.dataset.picture = isComplete && this.picture !== null ? "painted" : "loading";
  }

  #showStatus() {
    this.status.show({
      picture: this.picture,
      scale: this.screen.view.scale,
      waiting: this.wire.waiting,
      isSilent: this.wire.isSilent,
      isOnDisk: this.store.state().on_disk ?? true,
    });
    this.root.dataset.waiting = this.wire.waiting;
  }
}

/** What a stroke does to the pixels that it covers. @returns {Rule} */
function ruleOf({ tool, label, mode, keep }) {
  if (tool === "scribble") return { label, mode: "add", keep: false };
  if (tool !== "erase") return { label, mode, keep };
  return keep ? { label, mode: "subtract", keep } : { label: 0, mode: "add", keep };
}

function countPixels(bits) {
  let count = 0;
  for (let byte of bits) for (; byte; byte &= byte - 1) count++;
  return count;
}

function rgbOf(color) {
  const number = parseInt(color.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function render({ model, el }) {
  const canvas = new LassoCanvas(model, el);
  return () => canvas.close();
}

export default { render };
