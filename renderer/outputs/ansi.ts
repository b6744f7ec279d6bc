/**
 * ANSI escape sequences of terminal output, as styles.
 *
 * Colours and weights (SGR) become styles that carry over from one piece of text to the next; every other sequence is
 * taken out, because a cell's output has no cursor to move. Pure: what makes elements of it is in `stream-view.ts`.
 */

/** 0 to 15: a colour of the theme. An array: red, green, blue. */
export type AnsiColor = number | readonly [number, number, number];

export interface AnsiStyle {
  readonly fg: AnsiColor | null;
  readonly bg: AnsiColor | null;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

export const plainStyle: AnsiStyle = {
  fg: null,
  bg: null,
  bold: false,
  italic: false,
  underline: false,
  inverse: false,
};

const esc = String.fromCharCode(0x1b);
const bell = String.fromCharCode(0x07);

/** Control sequences (ECMA-48 5.4), operating system commands (ended by BEL or ST), and two-character escapes. */
const sequence = new RegExp(
  `${esc}\\[([0-?]*)[ -/]*([@-~])|${esc}\\][^${bell}${esc}]*(?:${bell}|${esc}\\\\)?|${esc}[@-_]`,
  'g',
);

/** Hands out the pieces of `text` with their styles. Returns the style that the following text begins with. */
export function readAnsi(text: string, from: AnsiStyle, emit: (piece: string, style: AnsiStyle) => void): AnsiStyle {
  if (!text.includes(esc)) {
    emit(text, from);
    return from;
  }
  let style = from;
  let start = 0;
  for (const match of text.matchAll(sequence)) {
    if (match.index > start) {
      emit(text.slice(start, match.index), style);
    }
    start = match.index + match[0].length;
    if (match[2] === 'm') {
      style = applySgr(style, match[1] ?? '');
    }
  }
  if (start < text.length) {
    emit(text.slice(start), style);
  }
  return style;
}

/** Select Graphic Rendition (ECMA-48 8.3.117), with the colours of xterm. */
function applySgr(from: AnsiStyle, parameters: string): AnsiStyle {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)));
  let style = from;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const { color, used } = extendedColor(codes.slice(index + 1));
      style = code === 38 ? { ...style, fg: color } : { ...style, bg: color };
      index += used;
    } else {
      style = applyCode(style, code);
    }
  }
  return style;
}

function applyCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, fg: code - 90 + 8 };
  if (code >= 100 && code <= 107) return { ...style, bg: code - 100 + 8 };
  switch (code) {
    case 0:
      return plainStyle;
    case 1:
    case 5:
      return { ...style, bold: true };
    case 3:
      return { ...style, italic: true };
    case 4:
      return { ...style, underline: true };
    case 7:
      return { ...style, inverse: true };
    case 21:
    case 22:
      return { ...style, bold: false };
    case 23:
      return { ...style, italic: false };
    case 24:
      return { ...style, underline: false };
    case 27:
      return { ...style, inverse: false };
    case 39:
      return { ...style, fg: null };
    case 49:
      return { ...style, bg: null };
    default:
      return style;
  }
}

/** What follows 38 or 48: `2;r;g;b` or `5;n`. */
function extendedColor(codes: readonly number[]): { color: AnsiColor | null; used: number } {
  const [kind, first, second, third] = codes;
  if (kind === 2 && first !== undefined && second !== undefined && third !== undefined) {
    return { color: [byte(first), byte(second), byte(third)], used: 4 };
  }
  if (kind === 5 && first !== undefined) {
    return { color: paletteColor(first), used: 2 };
  }
  return { color: null, used: codes.length };
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, Math.trunc(value) || 0));
}

/** The 256 colours of xterm: 16 of the theme, a 6 by 6 by 6 cube, 24 greys. */
function paletteColor(index: number): AnsiColor | null {
  if (!(index >= 0 && index <= 255)) return null;
  if (index < 16) return index;
  if (index >= 232) {
    const grey = (index - 232) * 10 + 8;
    return [grey, grey, grey];
  }
  const level = (value: number): number => (value === 0 ? 0 : value * 40 + 55);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor((cube % 36) / 6)), level(cube % 6)];
}

const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** Class names and inline colours for a style, with the class names of JupyterLab's themes. */
export function ansiLook(style: AnsiStyle): { classes: string[]; color: string | null; background: string | null } {
  const classes: string[] = [];
  let { fg, bg } = style;
  if (style.bold && typeof fg === 'number' && fg < 8) {
    fg += 8;
  }
  if (style.inverse) {
    [fg, bg] = [bg, fg];
    if (fg === null) classes.push('ansi-default-inverse-fg');
    if (bg === null) classes.push('ansi-default-inverse-bg');
  }
  if (typeof fg === 'number') classes.push(`${className(fg)}-fg`);
  else if (fg !== null) classes.push('nj-ansi-fg');
  if (typeof bg === 'number') classes.push(`${className(bg)}-bg`);
  if (style.bold) classes.push('ansi-bold');
  if (style.italic) classes.push('nj-ansi-italic');
  if (style.underline) classes.push('ansi-underline');
  return { classes, color: rgb(fg), background: rgb(bg) };
}

function className(color: number): string {
  return color < 8 ? `ansi-${names[color] ?? ''}` : `ansi-${names[color - 8] ?? ''}-intense`;
}

function rgb(color: AnsiColor | null): string | null {
  return color === null || typeof color === 'number' ? null : `rgb(${color.join(', ')})`;
}
