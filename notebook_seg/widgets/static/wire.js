/**
 * The browser's end of the wire to `LassoCanvas`: strokes and wishes out, labels and tiles in.
 * What comes is handled in the order in which it came, although it is unpacked meanwhile.
 */

/** After how many milliseconds without an answer the kernel counts as silent. */
const SILENT_AFTER = 4000;

export class Wire {
  /**
   * @param {object} model  of anywidget
   * @param {Object<string, function(object, DataView[]): any>} listeners  by type of message
   */
  constructor(model, listeners) {
    this.model = model;
    this.listeners = listeners;
    this.name = Math.random().toString(36).slice(2, 8);
    this.count = 0;
    /** When each stroke or action was sent that has no answer yet. */
    this.unanswered = new Map();
    this.traces = new Map();
    this.queue = Promise.resolve();
    this.receive = (message, buffers) => this.#receive(message, buffers);
    model.on("msg:custom", this.receive);
  }

  hello() {
    this.model.send({ type: "hello" });
  }

  askForTiles(picture, wanted) {
    this.model.send({ type: "tiles", picture, wanted });
  }

  /**
   * Send a stroke; the answer bears the name that is returned.
   * @param {object} stroke  picture, tool, label, mode, radius, keep, tolerance
   * @param {Float32Array} points
   */
  sendStroke(stroke, points) {
    const seq = this.#expect("stroke");
    this.model.send({ type: "stroke", seq, ...stroke }, undefined, [points.buffer]);
    return seq;
  }

  /** Tell the kernel what a button or key stands for; the answer bears the name that is returned. */
  sendAction(name) {
    const seq = this.#expect("action");
    this.model.send({ type: "action", name, seq });
    return seq;
  }

  /** Tell the kernel that something is begun, which comes when it is ended. */
  tellBegun() {
    this.model.send({ type: "begun" });
  }

  /** Ask for the line along the edges between two places. */
  trace(picture, start, stop) {
    const seq = this.#expect("trace");
    this.model.send({ type: "trace", picture, seq, start, stop });
    return new Promise((resolve) => this.traces.set(seq, resolve));
  }

  /** How many strokes the kernel has not answered. */
  get waiting() {
    return [...this.unanswered.values()].filter(({ kind }) => kind === "stroke").length;
  }

  /** Whether the kernel owes an answer for longer than a person would wait. */
  get isSilent() {
    const oldest = Math.min(...[...this.unanswered.values()].map(({ since }) => since));
    return performance.now() - oldest > SILENT_AFTER;
  }

  close() {
    this.model.off("msg:custom", this.receive);
  }

  #expect(kind) {
    const seq = `${this.name}-${++this.count}`;
    this.unanswered.set(seq, { kind, since: performance.now() });
    return seq;
  }

  #receive(message, buffers) {
    const handle = async () => {
      try {
        await this.listeners[message.type]?.(message, buffers);
      } finally {
        this.unanswered.delete(message.seq);
        if (message.type === "trace") this.#answerTrace(message.seq, buffers);
        this.listeners.answered?.(message);
      }
    };
    // One message that cannot be handled must not keep all later ones from being handled.
    this.queue = this.queue.then(handle).catch((error) => console.error(error));
  }

  #answerTrace(seq, buffers) {
    const points = new Float32Array(bytesOf(buffers[0]).slice().buffer);
    const line = Array.from({ length: points.length / 2 }, (_, i) => [...points.slice(2 * i, 2 * i + 2)]);
    this.traces.get(seq)?.(line);
    this.traces.delete(seq);
  }
}

/** @param {DataView} view */
function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Unpack what Python's zlib has packed. @returns {Promise<Uint8Array>} */
async function inflate(view) {
  const packed = new Blob([bytesOf(view)]).stream();
  const unpacked = packed.pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/**
 * What a message says about changed pixels.
 * @returns {Promise<Change | null>} null if nothing has changed
 */
export async function changeOf({ box, value }, buffers) {
  if (!box) return null;
  const where = await inflate(buffers[0]);
  return { box: boxOf(box), where, values: value ?? (await inflate(buffers[1])) };
}

/** @returns {Box} */
export function boxOf([top, left, bottom, right]) {
  return { top, left, bottom, right };
}
