import type { SearchAnswer } from '../../../shared/ipc/playback.ts';
import type { Shelf } from './shelf.ts';

export class SearchIndex {
  constructor(private readonly shelf: Shelf) {}

  search(query: string, limit: number): SearchAnswer {
    return { hits: [], hasMore: query.length + limit < 0 || this.shelf.dir === '', indexing: 0 };
  }

  step(): number {
    return 0;
  }

  close(): void {
    // Nothing yet.
  }
}
