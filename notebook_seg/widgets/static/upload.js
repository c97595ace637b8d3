/** A place to drop files, which go to the kernel part by part, each after the one before. */

import { element } from "./elements.js";

/** Bytes of a part: well below what a message may hold. */
const PART = 2 ** 22;

function render({ model, el }) {
  const area = element("div", "nbs-upload", el);
  const input = element("input", "", area);
  Object.assign(input, { type: "file", hidden: true });
  const choose = element("button", "nbs-upload-choose", area);
  choose.type = "button";
  choose.onclick = () => input.click();
  const hint = element("span", "nbs-upload-hint", area);
  const status = element("div", "nbs-upload-status", area);
  status.setAttribute("role", "status");
  let answered = () => {};
  /** What is to be sent; more may be dropped meanwhile. */
  const waiting = [];
  let busy = false;
  let gone = false;

  function ask(content, buffers = []) {
    return new Promise((resolve) => {
      answered = resolve;
      model.send(content, undefined, buffers);
    });
  }

  async function send(file, tell) {
    let answer = await ask({ type: "begin", name: file.name, size: file.size });
    for (let sent = 0; answer.type === "next" && sent < file.size; sent += PART) {
      tell(sent / file.size);
      const part = await file.slice(sent, sent + PART).arrayBuffer();
      answer = await ask({ type: "part" }, [part]);
    }
    return answer.type === "refused" ? answer.why : null;
  }

  async function sendAll(files) {
    waiting.push(...files);
    if (busy || waiting.length === 0) return;
    busy = true;
    const refused = [];
    for (let index = 0; index < waiting.length && !gone; index += 1) {
      const file = waiting[index];
      const why = await send(file, (share) => {
        const which = waiting.length > 1 ? `${index + 1} of ${waiting.length}: ` : "";
        status.textContent = `${which}${file.name}, ${Math.round(100 * share)} %`;
      }).catch((error) => `${file.name} cannot be read: ${error.message}`);
      if (why !== null) refused.push(why);
    }
    waiting.length = 0;
    status.textContent = refused.join(" · ");
    status.classList.toggle("nbs-refused", refused.length > 0);
    busy = false;
    model.send({ type: "all" });
  }

  input.onchange = () => {
    const files = [...input.files];
    input.value = "";
    sendAll(files);
  };
  area.ondragover = (event) => {
    event.preventDefault();
    area.classList.add("nbs-over");
  };
  area.ondragleave = () => area.classList.remove("nbs-over");
  area.ondrop = (event) => {
    event.preventDefault();
    area.classList.remove("nbs-over");
    sendAll([...event.dataTransfer.files]);
  };

  function show() {
    choose.textContent = model.get("text");
    input.accept = model.get("accept");
    input.multiple = model.get("several");
    hint.textContent = input.multiple ? "or drop them here" : "or drop it here";
  }

  function receive(content) {
    answered(content);
  }

  model.on("msg:custom", receive);
  model.on("change:text", show);
  show();
  return () => {
    gone = true;
    answered({ type: "gone" });
    model.off("msg:custom", receive);
    model.off("change:text", show);
  };
}

export default { render };
