/**
 * Every limit of the product, each with its reason.
 *
 * Nothing grows without a bound, and a bound that is reached is told: to the person, to the journal, or to the caller.
 */

/** A frame larger than this is refused from a window: the largest message a person can produce is a pasted file. */
export const windowFrameBytesMax = 64 * 1024 * 1024;

/** Group commit: output waits at most this long before it is durable (and then shown). One screen glance is ~100 ms. */
export const groupCommitMs = 50;

/** A batch this large is committed at once, so that one block stays a quick read. */
export const batchBytesMax = 512 * 1024;

/** Bytes received but not yet durable above which the socket is paused: TCP then holds the flood at the server. */
export const uncommittedBytesMax = 8 * 1024 * 1024;

/** Bytes that wait while the recorder is asked; beyond it only what the recorder does not have is kept. */
export const heldBytesMax = 32 * 1024 * 1024;

/** Raw size at which small blocks are sealed into one compressed block. Larger compresses hardly better. */
export const sealedBlockBytes = 1024 * 1024;

/** A block that claims more than this is damage, not data: no writer of ours makes one (a frame may be 256 MiB). */
export const blockBytesMax = 300 * 1024 * 1024;

/** Largest single websocket message accepted from a server. */
export const serverFrameBytesMax = 256 * 1024 * 1024;

/** Text handed to a window in one delivery: about 5 ms of work for its output area. */
export const deliveryBytesMax = 128 * 1024;

/** Deliveries a window may leave unanswered before more are held back (and coalesced) for it. */
export const deliveriesInFlightMax = 2;

/** Shortest time between two deliveries to one window: two display frames at 60 Hz. */
export const deliveryIntervalMs = 33;

/** Websocket pings: hubs and nginx drop idle websockets after 60 s. Interval and deadline notice a dead path in 15 s. */
export const pingIntervalMs = 9_000;
export const pongDeadlineMs = 5_000;

/**
 * Reconnect back-off: first try at once, then doubling with jitter, for ever. The cap grows with the outage: up to half
 * a minute of it a try every second or so brings the notebook back within a second of the network; a night of them
 * would only cost battery.
 */
export const backoffFirstMs = 250;
export const backoffEarlyMaxMs = 1_200;
export const backoffMaxMs = 15_000;

/**
 * How long a TCP connect may take before it is tried anew. While packets are dropped TCP itself tries after 1, 3 and
 * 7 s; a fresh try finds a network that came back sooner. Every fourth try is given long enough for a very slow path.
 */
export const tcpTimeoutMs = 1_200;
export const tcpTimeoutSlowMs = 6_000;

/**
 * So long after a new connection is open, a server has closed the one it replaces (tornado gives the closing handshake
 * 5 s): nothing that was sent on the old one can reach the kernel any more.
 */
export const replacedSocketMs = 6_000;

/** How long a TCP connect plus websocket upgrade may take. */
export const connectTimeoutMs = 15_000;

/** REST answers other than file bodies arrive within this, or the server counts as away. */
export const restTimeoutMs = 30_000;

/** Unsaved edits reach the main process at most this long after the keystroke. */
export const draftDelayMs = 700;

/** Requests waiting for a link; beyond it new ones are refused with a sentence. */
export const queuedRequestsMax = 1_000;

/** Recent notebooks kept in Home. */
export const recentsMax = 30;

/** Notebooks whose scroll position is remembered: the work of months. */
export const viewsMax = 300;

/** A notebook file of this computer: parsed in one piece; the largest seen in the wild are a third of this. */
export const diskNotebookBytesMax = 256 * 1024 * 1024;

/** Files of this computer that are known by name to windows: more than anyone has in recents. */
export const diskNotebooksMax = 200;
