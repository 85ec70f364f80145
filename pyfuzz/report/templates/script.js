// SPDX-License-Identifier: GPL-2.0-only
"use strict";
(() => {
  // What a link leads to may be folded away.
  const unfold = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
    const own = target.querySelector(":scope > details");
    if (own) own.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  addEventListener("click", (event) => {
    // Once more to where we are: the hash does not change.
    const link = event.target.closest("a[href]");
    if (link && link.hash && link.hash === location.hash) setTimeout(unfold);
  });
  unfold();

  const said = document.getElementById("said");
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without the permission, or from a page that is no secure context.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    const label = button.textContent;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      await copy(source.textContent);
      button.textContent = "Copied";
      button.classList.add("done");
      said.textContent = "Copied to the clipboard";
      setTimeout(() => {
        button.textContent = label;
        button.classList.remove("done");
        said.textContent = "";
      }, 2000);
    });
  }

  // The value under the pointer, in a chart's corner.
  for (const chart of document.querySelectorAll("svg.chart")) {
    const points = JSON.parse(chart.dataset.points);
    const output = chart.closest(".card").querySelector("output");
    const last = output.textContent;
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "path");
    cursor.setAttribute("class", "ch-cursor");
    chart.append(cursor);
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width;
      const near = points.reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a));
      cursor.setAttribute("d", `M${near[0]} 12V162`);
      output.textContent = `${near[3]} at ${near[2]}`;
    });
    chart.addEventListener("pointerleave", () => {
      cursor.removeAttribute("d");
      output.textContent = last;
    });
  }
})();
