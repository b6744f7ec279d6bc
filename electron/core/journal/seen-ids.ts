/**
 * Which message ids were seen, for journals of any length: ids that count up cost a few numbers for each run of them,
 * others eight bytes each.
 */
import { countedId } from '../../../shared/journal/counter.ts';

/** Whole numbers as runs without holes. */
class Runs {
  /** First and last of each run, in order. */
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  /** False when the number was there. */
  add(number: number): boolean {
    const last = this.ends.length - 1;
    const end = this.ends[last];
    if (end !== undefined && number === end + 1) {
      this.ends[last] = number;
      return true;
    }
    // The run that begins at or before the number.
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) <= number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const before = low - 1;
    if (before >= 0 && number <= (this.ends[before] ?? -1)) {
      return false;
    }
    const joinsBefore = before >= 0 && this.ends[before] === number - 1;
    const joinsAfter = this.starts[low] === number + 1;
    if (joinsBefore && joinsAfter) {
      this.ends[before] = this.ends[low] ?? number;
      this.starts.splice(low, 1);
      this.ends.splice(low, 1);
    } else if (joinsBefore) {
      this.ends[before] = number;
    } else if (joinsAfter) {
      this.starts[low] = number;
    } else {
      this.starts.splice(low, 0, number);
      this.ends.splice(low, 0, number);
    }
    return true;
  }
}

/** Texts by 64 bits of hash: of ten million, two in a journal of a million like it would be taken for the same. */
class Hashes {
  private first = new Uint32Array(1024);
  private second = new Uint32Array(1024);
  private used = 0;

  /** False when the text was there. */
  add(text: string): boolean {
    const [first, second] = hashOf(text);
    if (2 * this.used >= this.first.length) {
      this.grow();
    }
    return this.put(first, second);
  }

  private put(first: number, second: number): boolean {
    const mask = this.first.length - 1;
    for (let at = first & mask; ; at = (at + 1) & mask) {
      if (this.first[at] === 0 && this.second[at] === 0) {
        this.first[at] = first;
        this.second[at] = second;
        this.used += 1;
        return true;
      }
      if (this.first[at] === first && this.second[at] === second) {
        return false;
      }
    }
  }

  private grow(): void {
    const [first, second] = [this.first, this.second];
    this.first = new Uint32Array(first.length * 2);
    this.second = new Uint32Array(first.length * 2);
    this.used = 0;
    for (let index = 0; index < first.length; index++) {
      if (first[index] !== 0 || second[index] !== 0) {
        this.put(first[index] ?? 0, second[index] ?? 0);
      }
    }
  }
}

/** Two mixes of the characters; never both zero, which means an empty place. */
function hashOf(text: string): readonly [number, number] {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x85ebca6b);
    second ^= second >>> 13;
  }
  return [first >>> 0, (second | 1) >>> 0];
}

export class SeenIds {
  private readonly counted = new Map<string, Runs>();
  private readonly others = new Hashes();

  /** False when the id was seen before. */
  add(msgId: string): boolean {
    const counted = countedId(msgId);
    // A number written in two ways would be two ids.
    if (counted === null || `${counted.series}_${counted.number}` !== msgId) {
      return this.others.add(msgId);
    }
    const known = this.counted.get(counted.series);
    const runs = known ?? new Runs();
    if (known === undefined) {
      this.counted.set(counted.series, runs);
    }
    return runs.add(counted.number);
  }
}
