// Runs in the browser under test, as an init script.

/** What is hard to read of the text that is shown: smaller than 12 px, paler than 4.5 : 1 (WCAG 2.2, 1.4.3), or on a page that scrolls sideways. */
globalThis.measureLegibility = () => {
  // On its way from one colour to another a text has neither.
  for (const animation of document.getAnimations())
    if (animation instanceof CSSTransition) animation.finish();
  const { scrollWidth, clientWidth } = document.documentElement;
  const backdrops = new Map();
  const findings = new Set();
  for (const element of document.body.querySelectorAll('*')) {
    if (scrollWidth > clientWidth && element.getBoundingClientRect().right + scrollX > clientWidth)
      findings.add(`beyond ${clientWidth} px, ${describe(element)}`);
    const texts = textsOf(element);
    if (texts.length === 0 || !isShown(element)) continue;
    const backdrop = backdropOf(element, backdrops);
    for (const { text, style } of texts)
      for (const finding of findingsOf(style, backdrop))
        findings.add(`${finding}, ${describe(element)}: ${text.trim().slice(0, 40)}`);
  }
  return [...findings];
};

/** Its own text, not that of its children, with what is generated and what is typed. */
function textsOf(element) {
  const own = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
  const candidates = [
    { text: own.map(({ data }) => data).join(''), style: getComputedStyle(element) },
    ...['::before', '::after'].map((pseudo) => {
      const style = getComputedStyle(element, pseudo);
      return { text: /^"(.*)"$/.exec(style.content)?.[1] ?? '', style };
    }),
    ...(element.matches('input, textarea')
      ? [
          { text: element.value, style: getComputedStyle(element) },
          { text: element.placeholder, style: getComputedStyle(element, '::placeholder') },
        ]
      : []),
  ];
  return candidates.filter(({ text }) => text.trim() !== '');
}

function isShown(element) {
  // Of an option the browser decides the look; a control that is disabled may be pale.
  if (element.closest('option, script, style, :disabled')) return false;
  const { width, height } = element.getBoundingClientRect();
  return (
    width > 1 && height > 1 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  );
}

function findingsOf({ fontSize, color }, { background, opacity }) {
  const [red, green, blue, alpha] = parse(color);
  const ratio = contrast(blend([red, green, blue, alpha * opacity], background), background);
  return [
    ...(Number.parseFloat(fontSize) < 12 ? [fontSize] : []),
    ...(ratio < 4.5
      ? [`${ratio.toFixed(1)} : 1 for ${color} on rgb(${background.slice(0, 3).map(Math.round)})`]
      : []),
  ];
}

function describe(element) {
  const names = [];
  for (let node = element; node && names.length < 4; node = node.parentElement)
    names.unshift([node.localName, ...node.classList].join('.'));
  return names.join(' > ');
}

/** What is behind the text of an element, and how much the element lets through of it. */
function backdropOf(element, known) {
  if (!element) return { background: canvas(), opacity: 1 };
  if (!known.has(element)) {
    const below = backdropOf(element.parentElement, known);
    const style = getComputedStyle(element);
    const opacity = below.opacity * Number(style.opacity);
    const [red, green, blue, alpha] = parse(style.backgroundColor);
    known.set(element, { background: blend([red, green, blue, alpha * opacity], below.background), opacity });
  }
  return known.get(element);
}

/** The colour of an empty page in the present scheme. */
function canvas() {
  const probe = document.createElement('i');
  probe.style.color = 'Canvas';
  document.body.append(probe);
  const color = parse(getComputedStyle(probe).color);
  probe.remove();
  return color;
}

function parse(color) {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue, alpha];
}

function blend([red, green, blue, alpha], below) {
  return [red, green, blue].map((part, index) => part * alpha + below[index] * (1 - alpha));
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color) {
  const [red, green, blue] = color
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
