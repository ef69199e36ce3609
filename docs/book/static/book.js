// What the theme leaves out for people without a mouse, or without eyes on the page.
for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.ariaLevel = "2";
document.querySelector(".sidebar-drawer").ariaLabel = "Pages";
document.querySelector(".toc-drawer").ariaLabel = "On this page";

// Markdown needs a row of headings; what is empty in it would be read out.
for (const head of document.querySelectorAll("thead")) if (!head.textContent.trim()) head.remove();
for (const cell of document.querySelectorAll("th")) {
  if (!cell.textContent.trim()) cell.replaceWith(document.createElement("td"));
}

function reachable() {
  for (const box of document.querySelectorAll("pre, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachable);
reachable();
