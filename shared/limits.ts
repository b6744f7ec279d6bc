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

/** Displays larger than this are kept by reference in stored states: an image would be stored again in every one. */
export const inlineDisplayBytes = 4 * 1024;

/** A block that claims more than this is damage, not data: no writer of ours makes one (a frame may be 256 MiB). */
export const blockBytesMax = 300 * 1024 * 1024;

/** Largest single websocket message accepted from a server. */
export const serverFrameBytesMax = 256 * 1024 * 1024;

/** One part of a recorder's spool, inflated: the largest record that it hands over (`recorder.py`). */
export const spoolPartBytesMax = 64 * 1024 * 1024;

/** Text handed to a window in one delivery: about 5 ms of work for its output area. */
export const deliveryBytesMax = 128 * 1024;

/** What waits beyond this is caught up with larger deliveries; the window still works them off in slices. */
export const deliveryBacklogBytes = 1024 * 1024;
export const catchUpDeliveryBytesMax = 512 * 1024;

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
/** Places on the network that one notebook's outputs may load from. A page of a library needs two or three. */
export const networkOriginsMax = 20;
/** Memory of a thread that reads journals: more is a hostile file, which must not take the whole app with it. */
export const libraryWorkerHeapMegabytes = 768;
/** Of it for what is short-lived: little, so that a thread that reads a long journal does not grow first and clean later. */
export const libraryWorkerYoungMegabytes = 8;
/** A thread that nobody asks ends after this: a library that nobody looks at takes no memory. */
export const libraryWorkerIdleMs = 10_000;

/** How often a growing journal is looked at for the windows that play it: four times a second reads as live. */
export const growthIntervalMs = 250;

/** Pause between two rounds of indexing: what was printed is found a few seconds later, and the disk has rest. */
export const indexIntervalMs = 3_000;
/** A journal that grows all the time is indexed this often, not in each round. */
export const indexGrowingMs = 15_000;
/** Pause while there is more to index: half of the time is for everybody else. */
export const indexBreakMs = 400;

/** A deleted journal can be brought back for this long. */
export const deletedKeptMs = 60 * 60 * 1000;

/** A journal that is over the person's limit is marked this long before it goes. */
export const leavingNoticeMs = 24 * 60 * 60 * 1000;

/** A notebook larger than this is no snapshot of ours: the largest a server hands out in one piece is far below. */
export const snapshotBytesMax = 256 * 1024 * 1024;

/** A stored state larger than this is not ours: states keep a bounded part of each cell. */
export const stateBytesMax = 64 * 1024 * 1024;

/** Raw bytes between two stored states of a journal: about 30 ms of reading. */
export const stateIntervalBytes = 4 * 1024 * 1024;

/** A stored state may take this part of the raw bytes since the one before; larger ones come less often. */
export const stateShareMax = 1 / 100;

/** Characters of output that one moment hands to a window: more would take seconds to pass over and to draw. */
export const momentBytesMax = 48 * 1024 * 1024;

/** Large displays that a player keeps beside it, so that stepping over images does not read them again. */
export const referredBytesMax = 64 * 1024 * 1024;

/** Runs and marks of one time line: more cannot be told apart on any screen. The latest are kept. */
export const timelineItemsMax = 20_000;

/** Stretches of a time line's activity: about one for each two pixels of a large window. */
export const activityStretchesMax = 600;

/** Up to this many entries activity is counted entry by entry; beyond, by the second. */
export const exactActivityEntriesMax = 20_000;

/** Blocks that one step back looks through for a message: a stretch longer than this without any is stepped over. */
export const findBlocksMax = 2_000;

/** Characters of a journal's name and of a tag, and how many tags: what a list can show. */
export const labelsMax = { title: 200, tag: 60, tags: 30 } as const;

/** Journals that a library worker keeps open: those of the windows one plays in, and one that is looked up. */
export const openJournalsMax = 4;

/** Journals that nobody asks about are let go after this, so that they are whole files again. */
export const releaseAfterMs = 20_000;

/** An edited notebook goes into its journal when typing pauses for this long, and at the latest after the other. */
export const snapshotDelayMs = 2_000;
export const snapshotDelayMsMax = 15_000;

/** A journal that a window shows is noted as seen this often at most. */
export const shownIntervalMs = 2_000;

/** Characters of a passage in the search index: about a screen, so that its words are near each other. */
export const passageCharacters = 4_000;

/** Of one message this much is searched; more is data, not text. */
export const searchedCharactersMax = 1_000_000;

/** Indexing pauses after this long, so that a question never waits for it, and commits after so many entries. */
export const indexStepMs = 400;
export const indexStepEntries = 20_000;

/** Words of a search that are looked at, and hits that one answer has at most. */
export const searchWordsMax = 16;
export const searchHitsMax = 500;

/** Steps of an exported page, and the size above which a step is followed by a longer pause: tens of megabytes in all. */
export const pageStepsMax = 2_000;
export const pageStepBytes = 8 * 1024;

/** Bytes of messages whose cells an export makes at once: small notebooks in one go, long ones a cell at a time. */
export const exportPartBytes = 16 * 1024 * 1024;

/** A notebook file of this computer: parsed in one piece; the largest seen in the wild are a third of this. */
export const diskNotebookBytesMax = 256 * 1024 * 1024;

/** Files of this computer that are known by name to windows: more than anyone has in recents. */
export const diskNotebooksMax = 200;

/** Characters of cells' outputs that a reader keeps for states it comes back to, and a player for moments. */
export const pieceCacheBytes = 48 * 1024 * 1024;
export const momentCacheBytes = 48 * 1024 * 1024;

/** Unsealed bytes above which sealing no longer waits for a quiet moment: about a tenth of a second of reading. */
export const unsealedBytesMax = 16 * 1024 * 1024;
/**
 * The same in a flood that keeps the journal busy: a second of reading, which the next quiet moment takes away. A night's
 * outage of 300,000 messages (177 MB) is caught up below it.
 */
export const unsealedFloodBytesMax = 256 * 1024 * 1024;

/** One output, copied or saved: a string of JavaScript holds half a billion characters, and a copy must fit beside it. */
export const outputCharactersMax = 200 * 1024 * 1024;

/** A damaged journal larger than this is not read page by page: it would have to stand in memory as a whole. */
export const salvageBytesMax = 1024 * 1024 * 1024;

/** After an outage of this length so much may wait at the server that the recorder is asked before the link is up. */
export const longOutageMs = 10_000;
