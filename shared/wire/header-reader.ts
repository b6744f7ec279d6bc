/**
 * Reads the headers of a flood without parsing each.
 *
 * The headers of what a cell prints differ in a counter and a time. Once two in a row are of one type, the places of the
 * two are looked up, and proven: the same text with other values in them has to be parsed into just those values. A header
 * that differs from it nowhere else needs no parsing: it takes a third of the time and leaves less to be collected. Any
 * other header is parsed.
 */
import { hasAt } from './bytes.ts';
import { type Header, parseHeader } from './header.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Ids that end in a number, of characters that stand in JSON as they are; more digits than these are no exact number. */
const countedId = /^[\x20!#-[\]-~]*_(?:0|[1-9]\d{0,14})$/;
const plainText = /^[\x20!#-[\]-~]*$/;

const [zero, nine, firstPlain, lastPlain, quote, backslash] = [0x30, 0x39, 0x20, 0x7e, 0x22, 0x5c];

interface Template {
  readonly bytes: Uint8Array;
  readonly header: Header;
  /** The id up to its number, and where the number stands. */
  readonly idStem: string;
  readonly idFrom: number;
  readonly idTo: number;
  readonly dateFrom: number;
  readonly dateTo: number;
}

export class HeaderReader {
  private template: Template | null = null;
  private lastType = '';

  /** The header between two places of a frame; `null` where there is none that can be used. */
  read(frame: Uint8Array, start: number, end: number): Header | null {
    return this.readAlike(frame, start, end) ?? this.parse(frame.subarray(start, end));
  }

  private parse(bytes: Uint8Array): Header | null {
    const header = parseHeader(bytes);
    const type = header?.msg_type ?? '';
    if (header !== null && type === this.lastType) {
      this.template = templateOf(bytes, header);
    }
    this.lastType = type;
    return header;
  }

  private readAlike(frame: Uint8Array, start: number, end: number): Header | null {
    const { template } = this;
    if (template === null || end - start !== template.bytes.byteLength) {
      return null;
    }
    const { bytes, idFrom, idTo, dateFrom, dateTo } = template;
    const isAlike =
      hasAt(frame, start, bytes, 0, idFrom) &&
      hasAt(frame, start, bytes, idTo, dateFrom) &&
      hasAt(frame, start, bytes, dateTo) &&
      isPlain(frame, start + dateFrom, start + dateTo);
    const number = isAlike ? numberAt(frame, start + idFrom, start + idTo) : -1;
    if (number < 0) {
      return null;
    }
    const date = decoder.decode(frame.subarray(start + dateFrom, start + dateTo));
    return { ...template.header, msg_id: template.idStem + number, date };
  }
}

/** The whole number that stands there as JSON and JavaScript write it; -1 where there is none. */
function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] ?? 0;
    if (digit < zero || digit > nine || (at === from && digit === zero && to - from > 1)) {
      return -1;
    }
    number = number * 10 + digit - zero;
  }
  return number;
}

/** Characters that stand in a JSON string as they are. */
function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < firstPlain || byte > lastPlain || byte === quote || byte === backslash) {
      return false;
    }
  }
  return true;
}

function templateOf(bytes: Uint8Array, header: Header): Template | null {
  const { msg_id: msgId, date } = header;
  if (typeof date !== 'string' || !countedId.test(msgId) || !plainText.test(date)) {
    return null;
  }
  const text = decoder.decode(bytes);
  const idStem = msgId.slice(0, msgId.lastIndexOf('_') + 1);
  const idFrom = text.indexOf(`"${msgId}"`) + 1 + idStem.length;
  const idTo = idFrom + msgId.length - idStem.length;
  const dateFrom = text.indexOf(`"${date}"`) + 1;
  const dateTo = dateFrom + date.length;
  // Of text beyond ASCII the places are not those of its bytes.
  if (text.length !== bytes.byteLength || idFrom < 1 + idStem.length || dateFrom < idTo) {
    return null;
  }
  const probe = { msg_id: `${idStem}7`, date: 'a probe' };
  const probed = `${text.slice(0, idFrom)}7${text.slice(idTo, dateFrom)}${probe.date}${text.slice(dateTo)}`;
  if (JSON.stringify(parseHeader(encoder.encode(probed))) !== JSON.stringify({ ...header, ...probe })) {
    return null;
  }
  // A copy: a view would keep the socket's whole chunk.
  return { bytes: new Uint8Array(bytes), header, idStem, idFrom, idTo, dateFrom, dateTo };
}
