/** Text as a reader or a search sees it: without colours, cursor movements and other control characters. */

/** Escape sequences of terminals (ECMA-48: CSI, OSC, and two-character ones). */
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Line feeds and tabs stay; a carriage return begins a new line, as each step of a progress bar does. */
export function plainText(text: string): string {
  return text.replace(escapes, '').replace(/\r\n?/g, '\n').replace(controls, '');
}
