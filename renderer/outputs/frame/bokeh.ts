/**
 * Bokeh's documents as `show()` sends them: a script that embeds a document into an element which an output before it
 * brought along. Here each output has a frame of its own, so the element is made here, under the id the script names.
 */
import type { Shown } from './shown.ts';
import { runScript } from './html.ts';
import { load } from './libraries.ts';

const rootsOf = /"roots"\s*:\s*\{([^{}]*)\}/g;
const pairOf = /"([^"]+)"\s*:\s*"([^"]+)"/g;

/** The elements that the script looks for: pairs of the model's id and the element's. */
export function placesIn(code: string): { rootId: string; elementId: string }[] {
  return [...code.matchAll(rootsOf)].flatMap(([, pairs = '']) =>
    [...pairs.matchAll(pairOf)].map(([, rootId = '', elementId = '']) => ({ rootId, elementId })),
  );
}

function largestCanvas(): HTMLCanvasElement | null {
  const found: HTMLCanvasElement[] = [];
  const walk = (root: ParentNode): void => {
    for (const node of root.querySelectorAll('*')) {
      if (node instanceof HTMLCanvasElement) found.push(node);
      if (node.shadowRoot !== null) walk(node.shadowRoot);
    }
  };
  walk(document);
  return found.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? null;
}

export async function showBokeh(code: string, parent: HTMLElement): Promise<Shown> {
  await load('bokeh.js');
  const extensions = [
    ['bokeh-widgets.js', /"name":"(?:Button|.*Slider|Select|TextInput|Toggle|Checkbox\w*|Radio\w*|Tabs|DatePicker)"/],
    ['bokeh-tables.js', /"name":"(?:DataTable|TableColumn|DataCube)"/],
    ['bokeh-gl.js', /"output_backend":"webgl"/],
    ['bokeh-mathjax.js', /\$\$|\\\\\(|"name":"(?:TeX|MathML|Ascii)"/],
  ] as const;
  for (const [file, sign] of extensions) if (sign.test(code)) await load(file);
  for (const { rootId, elementId } of placesIn(code)) {
    const place = document.createElement('div');
    place.id = elementId;
    place.dataset['rootId'] = rootId;
    place.style.display = 'contents';
    parent.append(place);
  }
  await runScript(code, parent);
  return {
    imageFormats: ['png'],
    image: async () => {
      const canvas = largestCanvas();
      if (canvas === null) throw new Error('There is no canvas.');
      return canvas.toDataURL('image/png');
    },
  };
}
