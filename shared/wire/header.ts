/** The header of a message: what Nightjar routes by. */
import { isObject } from '../outputs/json.ts';

const decoder = new TextDecoder();

/** The fields of a message header that Nightjar routes by. Everything else stays in the bytes. */
export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly date?: string;
  readonly username?: string;
  readonly version?: string;
  readonly subshell_id?: string | null;
}

/** `undefined` where the bytes are no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

/** A header's routing fields, or `null` where the bytes hold none (an empty parent header, for one). */
export function parseHeader(bytes: Uint8Array): Header | null {
  const value = parseJson(bytes);
  if (!isObject(value)) {
    return null;
  }
  if (isHeader(value)) {
    return value;
  }
  const { msg_id, msg_type } = value;
  return typeof msg_id === 'string' && typeof msg_type === 'string'
    ? { ...value, msg_id, msg_type, session: '' }
    : null;
}

function isHeader(value: Record<string, unknown>): value is Record<string, unknown> & Header {
  return typeof value.msg_id === 'string' && typeof value.msg_type === 'string' && typeof value.session === 'string';
}
