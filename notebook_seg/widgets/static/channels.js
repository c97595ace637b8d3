/** The channels of a layer as a grid of pictures to choose from. */

function render({ model, el }) {
  const grid = document.createElement("div");
  grid.className = "nbs-channels";
  grid.setAttribute("role", "listbox");
  grid.setAttribute("aria-label", "Channels");
  el.append(grid);
  let urls = [];

  function forget() {
    for (const url of urls) URL.revokeObjectURL(url);
    urls = [];
  }

  function choose(index) {
    model.set("chosen", index);
    model.save_changes();
  }

  function cell({ index, dead }, picture) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = dead ? "nbs-channel nbs-dead" : "nbs-channel";
    button.dataset.channel = index;
    button.setAttribute("role", "option");
    button.title = dead ? `Channel ${index} says the same everywhere` : `Channel ${index}`;
    const image = document.createElement("img");
    image.alt = "";
    const url = URL.createObjectURL(new Blob([picture], { type: "image/jpeg" }));
    urls.push(url);
    image.src = url;
    const name = document.createElement("span");
    name.textContent = dead ? `${index} dead` : index;
    button.append(image, name);
    button.onclick = () => choose(index);
    return button;
  }

  function show() {
    forget();
    const pictures = model.get("pictures");
    grid.replaceChildren(...model.get("channels").map((about, i) => cell(about, pictures[i])));
    mark();
  }

  function mark() {
    for (const button of grid.children) {
      const isChosen = Number(button.dataset.channel) === model.get("chosen");
      button.setAttribute("aria-selected", isChosen);
    }
  }

  model.on("change:pictures", show);
  model.on("change:chosen", mark);
  show();
  return () => {
    model.off("change:pictures", show);
    model.off("change:chosen", mark);
    forget();
  };
}

export default { render };
