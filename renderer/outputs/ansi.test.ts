import { describe, expect, it } from 'vitest';
import { type AnsiStyle, ansiLook, plainStyle, readAnsi } from './ansi.ts';

const esc = String.fromCharCode(27);

function read(text: string, from: AnsiStyle = plainStyle): { pieces: [string, string][]; style: AnsiStyle } {
  const pieces: [string, string][] = [];
  const style = readAnsi(text, from, (piece, look) => pieces.push([piece, ansiLook(look).classes.join(' ')]));
  return { pieces, style };
}

describe('ANSI sequences', () => {
  it('become the classes of JupyterLab’s themes', () => {
    expect(read(`a${esc}[31mb${esc}[1mc${esc}[0md`).pieces).toEqual([
      ['a', ''],
      ['b', 'ansi-red-fg'],
      ['c', 'ansi-red-intense-fg ansi-bold'],
      ['d', ''],
    ]);
    expect(read(`${esc}[7mx`).pieces).toEqual([['x', 'ansi-default-inverse-fg ansi-default-inverse-bg']]);
  });

  it('carry their style over to the next piece of text', () => {
    const { style } = read(`${esc}[4;32mfirst`);
    expect(read('second', style).pieces).toEqual([['second', 'ansi-green-fg ansi-underline']]);
  });

  it('know 256 colours and true colour', () => {
    const { style } = read(`${esc}[38;5;196;48;2;1;2;3m`);
    expect(ansiLook(style)).toMatchObject({ color: 'rgb(255, 0, 0)', background: 'rgb(1, 2, 3)' });
  });

  it('are taken out when they are not about style', () => {
    expect(
      read(`a${esc}[2Kb${esc}]0;title${String.fromCharCode(7)}c${esc}[?25ld`).pieces.map(([piece]) => piece),
    ).toEqual(['a', 'b', 'c', 'd']);
  });
});
