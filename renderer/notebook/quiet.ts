/**
 * Keeps two known, harmless warnings of the shared document library out of the console.
 *
 * `@jupyter/ydoc` reads shared types before they are in a document, and yjs warns about each read: five lines a cell,
 * which costs a second for 500 cells. Everything else passes. Imported first, for its effect.
 */
const warn = console.warn.bind(console);

console.warn = (...parts: unknown[]) => {
  const [first] = parts;
  const isKnown =
    typeof first === 'string' && (first.startsWith('Invalid access: Add Yjs') || first.startsWith('[yjs#509]'));
  if (!isKnown) {
    warn(...parts);
  }
};
