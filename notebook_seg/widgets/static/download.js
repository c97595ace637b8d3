/** A file that comes from the kernel part by part, and is then saved as any download. */

import { element } from "./elements.js";

function render({ model, el }) {
  const area = element("div", "nbs-download", el);
  const status = element("span", "", area);
  status.setAttribute("role", "status");
  const link = element("a", "nbs-download-link", area);
  link.hidden = true;
  let came = () => {};

  function part(offset) {
    return new Promise((resolve) => {
      came = resolve;
      model.send({ type: "part", offset });
    });
  }

  async function fetchFile({ name, size }) {
    forget();
    const parts = [];
    for (let have = 0; have < size; ) {
      status.textContent = `${name}: ${Math.round((100 * have) / size)} %`;
      const buffer = await part(have);
      if (buffer.byteLength === 0) return;
      parts.push(new Blob([buffer]));
      have += buffer.byteLength;
    }
    link.href = URL.createObjectURL(new Blob(parts));
    link.download = name;
    link.textContent = `Save ${name} again`;
    link.hidden = false;
    status.textContent = "";
    link.click();
  }

  function forget() {
    if (link.href) URL.revokeObjectURL(link.href);
    link.removeAttribute("href");
    link.hidden = true;
  }

  function receive(content, buffers) {
    if (content.type === "file") fetchFile(content);
    else if (content.type === "forget") forget();
    else came(buffers[0]);
  }

  model.on("msg:custom", receive);
  return () => {
    model.off("msg:custom", receive);
    forget();
  };
}

export default { render };
