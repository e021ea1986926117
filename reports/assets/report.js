(() => {
  "use strict";
  const reveal = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    for (let node = place; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    place.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  const tools = document.getElementById("tools");
  if (!tools) return;
  const query = document.getElementById("q");
  const hits = document.getElementById("hits");
  const none = document.getElementById("nohit");
  const boxes = [...tools.querySelectorAll("input[type=checkbox]")];
  let groups = null;
  const read = () => [...document.querySelectorAll("#findings .g")].map(group => ({
    group,
    head: group.querySelector("header").textContent.toLowerCase(),
    clusters: [...group.querySelectorAll(".c")].map(cluster => ({
      cluster,
      kind: (cluster.querySelector(".same .tag") || group.querySelector(".tag")).textContent.trim(),
      said: (cluster.querySelector(".same") || {textContent: ""}).textContent.toLowerCase(),
      more: cluster.querySelector(".more"),
      rows: [...cluster.querySelectorAll(".f")].map(row => [row, row.firstElementChild.textContent.toLowerCase()])
    }))
  }));
  const filter = () => {
    groups ||= read();
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(boxes.filter(box => box.checked).map(box => box.value));
    let shown = 0;
    for (const one of groups) {
      let inGroup = 0;
      for (const {cluster, kind, said, more, rows} of one.clusters) {
        let inCluster = 0;
        for (const [row, text] of rows) {
          const hit = kinds.has(kind) && words.every(word => text.includes(word) || said.includes(word) || one.head.includes(word));
          row.hidden = !hit;
          if (hit) inCluster++;
        }
        cluster.hidden = !inCluster;
        if (more) {
          more.hidden = ![...more.children].some(child => child.tagName === "DETAILS" && !child.hidden);
          if (words.length) more.open = true;
        }
        inGroup += inCluster;
      }
      one.group.hidden = !inGroup;
      shown += inGroup;
    }
    none.hidden = shown > 0;
    const all = words.length === 0 && kinds.size === boxes.length;
    hits.textContent = all ? "" : shown === 1 ? "1 finding shown" : shown + " findings shown";
  };
  let waiting = 0;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  for (const box of boxes) box.addEventListener("change", filter);
  const button = document.getElementById("open");
  button.addEventListener("click", () => {
    const opened = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(opened));
    button.textContent = opened ? "Close all evidence" : "Open all evidence";
    for (const one of document.querySelectorAll("#findings details")) one.open = opened;
  });
  tools.hidden = false;
})();
