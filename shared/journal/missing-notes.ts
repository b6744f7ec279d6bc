/**
 * What a session notes in its journal about numbers of the kernel that are missing, until it is known what became of
 * them: killed meanwhile, the next start goes on with those that are open (`FORMAT.md`, entries of kind `app`).
 */
import * as v from 'valibot';

/** Numbers `from` to `to` of a kernel process did not come between these times. */
export const missingNote = v.object({
  what: v.literal('missing'),
  ...{ series: v.string(), from: v.number(), to: v.number(), fromTimeMs: v.number(), toTimeMs: v.number() },
  /** The request whose output they fall into. */
  parentId: v.nullable(v.string()),
});
export type MissingNote = v.InferOutput<typeof missingNote>;

/** What began at `from` is settled: so many are lost, and told, or none. */
export const settledNote = v.object({
  what: v.literal('missing-settled'),
  ...{ series: v.string(), from: v.number(), messages: v.number() },
});
export type SettledNote = v.InferOutput<typeof settledNote>;
