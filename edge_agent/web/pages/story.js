// One line per fact, newest first.
const LINES_MAX = 200;
const list = document.getElementById("lines");

const source = new EventSource("story/lines");
source.onopen = () => list.replaceChildren(); // the server sends the recent lines again
source.onmessage = ({ data }) => {
  const item = document.createElement("li");
  item.textContent = data;
  item.classList.toggle("then", data.includes(" → "));
  list.prepend(item);
  while (list.childElementCount > LINES_MAX) list.lastElementChild.remove();
};
