/**
 * The plotting libraries that Nightjar brings along, and the addresses on the web under which outputs ask for them.
 *
 * An output that loads a known library from its usual address gets ours instead, so that it works without a network.
 * The list is a convenience of the frame's own page: what keeps outputs off the network is the policy.
 */

const known: readonly (readonly [pattern: RegExp, file: (match: RegExpExecArray) => string])[] = [
  [/^https?:\/\/cdn\.plot\.ly\/plotly(?:-[a-z0-9.-]+)?(?:\.min)?\.js$/, () => 'plotly.js'],
  [
    /^https?:\/\/(?:cdn\.jsdelivr\.net\/npm|unpkg\.com)\/plotly\.js(?:-dist)?(?:-min)?(?:@[^/]*)?(?:\/|$)/,
    () => 'plotly.js',
  ],
  [
    /^https?:\/\/cdn\.bokeh\.org\/bokeh\/(?:release|dev)\/bokeh(-api|-gl|-widgets|-tables|-mathjax)?-3\.[0-9a-z.]+?(?:\.min)?\.js$/,
    (match) => `bokeh${match[1] ?? ''}.js`,
  ],
  [
    /^https?:\/\/(?:cdn\.jsdelivr\.net\/npm|unpkg\.com)\/(vega|vega-lite|vega-embed)(?:@[^/?]*)?(?:[/?]|$)/,
    (match) => `${match[1] ?? ''}.js`,
  ],
];

/** Our own copy of the library at that address, relative to the page; null for what is not known. */
export function ownCopyOf(url: string): string | null {
  for (const [pattern, file] of known) {
    const match = pattern.exec(url);
    if (match !== null) return `lib/${file(match)}`;
  }
  return null;
}

/** From here on a script that asks for a known address is given our copy. */
export function serveKnownLibraries(): void {
  const { prototype } = HTMLScriptElement;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'src');
  const { set, get } = descriptor ?? {};
  if (set === undefined || get === undefined) return;
  Object.defineProperty(prototype, 'src', {
    configurable: true,
    enumerable: true,
    get,
    set(this: HTMLScriptElement, value: unknown) {
      const url = String(value);
      set.call(this, ownCopyOf(url) ?? url);
    },
  });
  const setAttribute = Element.prototype.setAttribute;
  prototype.setAttribute = function setScriptAttribute(name, value): void {
    setAttribute.call(this, name, name.toLowerCase() === 'src' ? (ownCopyOf(value) ?? value) : value);
  };
}

const loading = new Map<string, Promise<void>>();

/** Loads one of our libraries, once. */
export function load(file: string): Promise<void> {
  const known = loading.get(file);
  if (known !== undefined) return known;
  const script = document.createElement('script');
  const loaded = new Promise<void>((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`The library ${file} that Nightjar brings along could not be loaded.`));
  });
  script.src = `lib/${file}`;
  document.head.append(script);
  loading.set(file, loaded);
  return loaded;
}
