// How clearly each text on the page stands out from its ground: [ratio of WCAG, text, where].
(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = colour => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map(each => each / 255)
      .map(each => each <= .04045 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4);
    return .2126 * red + .7152 * green + .0722 * blue;
  };
  const ground = it => {
    for (; it; it = it.parentElement) {
      const found = getComputedStyle(it).backgroundColor;
      if (!/, 0\)$|^transparent$/.test(found)) return found;
    }
    return "white";
  };
  const contrast = (ink, it) => {
    const [more, less] = [light(ink), light(ground(it))].sort((one, other) => other - one);
    return (more + .05) / (less + .05);
  };
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const it = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
    if (!text || !it.checkVisibility() || it.closest("script, style, .unseen, option")) continue;
    found.push([contrast(getComputedStyle(it).color, it), text.slice(0, 30), it.id || it.className]);
  }
  const field = document.querySelector("#text");
  found.push([contrast(getComputedStyle(field, "::placeholder").color, field), "placeholder", "text"]);
  return found;
})()
