"use strict";
(() => {
  const run = document.getElementById("run");
  const panel = document.getElementById("panel");
  const hidden = document.head.appendChild(document.createElement("style"));
  const boxes = [...document.querySelectorAll("[data-hide]")];
  const filter = () => {
    hidden.textContent = boxes.filter((box) => !box.checked)
      .map((box) => `#run .${box.dataset.hide} { display: none }`).join("\n");
  };
  boxes.forEach((box) => box.addEventListener("change", filter));
  document.querySelectorAll("[data-all]").forEach((button) => button.addEventListener("click", () => {
    const group = boxes.filter((box) => box.dataset.hide.startsWith(button.dataset.all));
    const checked = !group.every((box) => box.checked);
    group.forEach((box) => { box.checked = checked; });
    filter();
  }));

  const places = [...run.querySelectorAll(":scope > *, :scope g *")].flatMap((part) =>
    ["y", "y1", "y2", "cy", "height"]
      .filter((name) => part.hasAttribute(name) && !part.closest("defs"))
      .filter((name) => name !== "height" || part.classList.contains("span"))
      .map((name) => [part, name, Number(part.getAttribute(name))]));
  const width = Number(run.getAttribute("width"));
  const height = Number(run.getAttribute("height"));
  let scale = 1;
  document.getElementById("zoom").addEventListener("input", (event) => {
    const top = run.getBoundingClientRect().top;
    const middle = (innerHeight / 2 - top) / scale;
    scale = 2 ** Number(event.target.value);
    places.forEach(([part, name, value]) => part.setAttribute(name, value * scale));
    run.setAttribute("height", height * scale);
    run.setAttribute("viewBox", `0 0 ${width} ${height * scale}`);
    run.classList.toggle("far", scale < 0.75);
    if (top < 0) scrollBy(0, run.getBoundingClientRect().top + middle * scale - innerHeight / 2);
  });

  const tell = (event) => {
    const part = event.target.closest(".t");
    const title = part && part.querySelector("title");
    panel.textContent = title ? title.textContent : "";
  };
  const pin = (pinned) => panel.classList.toggle("pinned", pinned);
  run.addEventListener("mouseover", (event) => panel.classList.contains("pinned") || tell(event));
  run.addEventListener("click", (event) => { tell(event); pin(panel.textContent !== ""); });
  addEventListener("keydown", (event) => { if (event.key === "Escape") { panel.textContent = ""; pin(false); } });
})();
