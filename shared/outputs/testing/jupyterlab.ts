/**
 * JupyterLab's own output model, for tests that compare with it.
 *
 * Its packages are written for bundlers and do not load under plain Node, so the one module is bundled in memory, with
 * the output model in place of the whole renderer package, which would ask for a DOM. What the output area's widget and
 * the kernel connection do around the model (display ids, pager, clearing for a new execution) is retold here in the
 * order in which they do it.
 */

import { rolldown } from 'rolldown';
import type { OutputMessage } from '../reducer.ts';

/** The part of JupyterLab's `OutputAreaModel` that the comparison needs. */
interface OutputAreaModel {
  readonly length: number;
  readonly clearNext: boolean;
  add(output: object): number;
  set(index: number, output: object): void;
  clear(wait?: boolean): void;
  toJSON(): unknown[];
}

interface Area {
  readonly model: OutputAreaModel;
  readonly displayIds: Map<string, number[]>;
}

type MakeModel = () => OutputAreaModel;

export async function loadOutputAreaModel(): Promise<MakeModel> {
  const bundle = await rolldown({
    input: '@jupyterlab/outputarea/lib/model.js',
    platform: 'browser',
    plugins: [
      {
        name: 'model-only',
        resolveId(id, importer) {
          if (id !== '@jupyterlab/rendermime') return null;
          return this.resolve('@jupyterlab/rendermime/lib/outputmodel.js', importer);
        },
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const address = `data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`;
  const loaded: { OutputAreaModel: new () => OutputAreaModel } = await import(/* @vite-ignore */ address);
  return () => new loaded.OutputAreaModel();
}

/** Several output areas on one kernel connection. */
export class JupyterLab {
  readonly #makeModel: MakeModel;
  readonly #areas = new Map<string, Area>();
  /** As in the kernel connection: which executions ever showed a display id. */
  readonly #displayIdToCells = new Map<string, Set<string>>();

  constructor(makeModel: MakeModel) {
    this.#makeModel = makeModel;
  }

  begin(cellKey: string): void {
    for (const cells of this.#displayIdToCells.values()) cells.delete(cellKey);
    const area = this.#area(cellKey);
    area.model.clear();
    area.displayIds.clear();
  }

  apply({ cellKey, msgType, content }: OutputMessage): void {
    const fields = Object(content);
    const id: unknown = fields.transient?.display_id;
    if (typeof id === 'string') {
      for (const shown of this.#displayIdToCells.get(id) ?? []) this.#update(this.#area(shown), id, fields);
      if (msgType === 'update_display_data') return;
      this.#displayIdToCells.set(id, (this.#displayIdToCells.get(id) ?? new Set()).add(cellKey));
    }
    const area = this.#area(cellKey);
    switch (msgType) {
      case 'stream':
      case 'error':
      case 'display_data':
      case 'execute_result':
        this.#add(area, { ...fields, output_type: msgType });
        if (typeof id === 'string' && msgType === 'display_data') {
          area.displayIds.set(id, [...(area.displayIds.get(id) ?? []), area.model.length - 1]);
        }
        break;
      case 'clear_output':
        area.model.clear(fields.wait);
        if (!fields.wait) area.displayIds.clear();
        break;
      case 'execute_reply': {
        const page = fields.payload?.find((item: { source: string }) => item.source === 'page');
        if (fields.status === 'ok' && page) {
          this.#add(area, { output_type: 'display_data', data: page.data, metadata: {} });
        }
        break;
      }
    }
  }

  outputs(cellKey: string): unknown {
    return JSON.parse(JSON.stringify(this.#area(cellKey).model.toJSON()));
  }

  #add(area: Area, output: object): void {
    if (area.model.clearNext) area.displayIds.clear();
    area.model.add(output);
  }

  #update(area: Area, id: string, fields: object): void {
    for (const index of area.displayIds.get(id) ?? [])
      area.model.set(index, { ...fields, output_type: 'display_data' });
  }

  #area(cellKey: string): Area {
    const area = this.#areas.get(cellKey) ?? { model: this.#makeModel(), displayIds: new Map<string, number[]>() };
    this.#areas.set(cellKey, area);
    return area;
  }
}
