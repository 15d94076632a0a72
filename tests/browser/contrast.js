// Which words stand out from their ground by less than WCAG 2.1 asks (4.5 to 1)?
// The ground is the first colour behind a word that is not transparent, mixed with what lies over it.
() => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  const rgba = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };

  const luminance = (colour) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.slice(0, 3).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const mix = (under, [r, g, b, a]) => [r, g, b].map((part, index) => (part * a + under[index] * (255 - a)) / 255);

  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return layers.reduceRight(mix, colour.slice(0, 3));
      if (colour[3] > 0) layers.push(colour);
    }
    return null;
  };

  const readable = (node) => {
    const words = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    return words && node.checkVisibility({ visibilityProperty: true }) && !node.matches(".visually-hidden");
  };

  const contrast = (node) => {
    const [light, dark] = [rgba(getComputedStyle(node).color), ground(node)].map(luminance).sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  return [...document.querySelectorAll("body *")]
    .filter((node) => readable(node) && ground(node))
    .filter((node) => contrast(node) < 4.5)
    .map((node) => `${node.className || node.tagName} ${contrast(node).toFixed(2)}: ${node.textContent.slice(0, 20)}`);
};
