/** Values by key, up to a size in all; what was used longest ago goes first. */
export class SizedCache<Key, Value> {
  private readonly kept = new Map<Key, { readonly value: Value; readonly size: number }>();
  private total = 0;

  constructor(private readonly sizeMax: number) {}

  get(key: Key): Value | undefined {
    const found = this.kept.get(key);
    if (found !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, found);
    }
    return found?.value;
  }

  /** A value that alone is larger than the cache is not kept. */
  set(key: Key, value: Value, size: number): void {
    this.total -= this.kept.get(key)?.size ?? 0;
    this.kept.delete(key);
    if (size > this.sizeMax) {
      return;
    }
    this.kept.set(key, { value, size });
    this.total += size;
    for (const [oldest, { size: freed }] of this.kept) {
      if (this.total <= this.sizeMax) {
        break;
      }
      this.kept.delete(oldest);
      this.total -= freed;
    }
  }

  clear(): void {
    this.kept.clear();
    this.total = 0;
  }
}
