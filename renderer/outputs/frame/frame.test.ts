import { describe, expect, it } from 'vitest';
import { placesIn } from './bokeh.ts';
import { ownCopyOf } from './libraries.ts';

describe('a library asked for on the web', () => {
  it('is taken from what Nightjar brings along, when it is one of those', () => {
    for (const [url, file] of [
      ['https://cdn.plot.ly/plotly-4.1.1.min.js', 'plotly.js'],
      ['https://cdn.plot.ly/plotly-latest.min.js', 'plotly.js'],
      ['https://cdn.bokeh.org/bokeh/release/bokeh-3.9.2.min.js', 'bokeh.js'],
      ['https://cdn.bokeh.org/bokeh/release/bokeh-widgets-3.9.2.min.js', 'bokeh-widgets.js'],
      ['https://cdn.jsdelivr.net/npm/vega@6?noext', 'vega.js'],
      ['https://cdn.jsdelivr.net/npm/vega-lite@6.4.1?noext', 'vega-lite.js'],
      ['https://cdn.jsdelivr.net/npm/vega-embed@7?noext', 'vega-embed.js'],
    ] as const) {
      expect(ownCopyOf(url)).toBe(`lib/${file}`);
    }
  });

  it('is left alone when it is another', () => {
    for (const url of [
      'https://cdn.bokeh.org/bokeh/release/bokeh-2.4.3.min.js',
      'https://cdn.jsdelivr.net/npm/vega-lib?noext',
      'https://example.com/plotly-4.1.1.min.js',
      'https://example.com/?https://cdn.plot.ly/plotly-4.1.1.min.js',
    ]) {
      expect(ownCopyOf(url)).toBeNull();
    }
  });
});

describe('a script of bokeh', () => {
  it('names the elements into which it draws', () => {
    const code = 'const render_items = [{"docid":"d","roots":{"p1":"a-1","p2":"b-2"},"root_ids":["p1","p2"]}];';
    expect(placesIn(code)).toEqual([
      { rootId: 'p1', elementId: 'a-1' },
      { rootId: 'p2', elementId: 'b-2' },
    ]);
  });
});
