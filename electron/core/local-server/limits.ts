/**
 * Every limit of the local server in one place, each with the reason for its size.
 * Times are in milliseconds, sizes in bytes. Reaching one is always visible: as a problem with a sentence, or in
 * the log of the caller. Nothing here is a setting for people.
 */

/** A cold `import jupyter_server, ipykernel` takes 0.6 s here and up to 5 s from a spinning or network disk. */
export const probeTimeoutMs = 8_000;

/** Three imports at once keep two cores busy; more only make each of them slower. */
export const probesAtOnce = 3;

/** A developer's machine showed nine Pythons; the bound keeps the worst search under a minute. */
export const candidatesMax = 16;

/** `python -m venv` takes 4 s here, most of it unpacking pip; a slow laptop with a virus scanner needs a minute. */
export const venvTimeoutMs = 180_000;

/** The packages are about 60 MB: at 1 Mbit/s that is 8 minutes, so a quarter of an hour means stuck. */
export const pipTimeoutMs = 15 * 60_000;

/** Packages in the closure of `jupyter_server` and `ipykernel` (66 with 2.21.1 and 7.4.0), before pip knows. */
export const packagesExpected = 66;

/** How often the folder of installed packages is counted: pip says nothing while it installs without a terminal. */
export const packageCountIntervalMs = 250;

/** The end of a subprocess's output that is kept: pip's last words fit, a runaway program does not. */
export const outputCharsMax = 256 * 1024;

/** After a subprocess ended, a grandchild may hold its pipes open; we do not wait longer than this for them. */
export const pipeGraceMs = 1_000;

/** jupyter_server answers 0.9 s after its start here; with many extensions and a cold disk, 15 s were seen. */
export const startDeadlineMs = 30_000;

/** One question to a server on the same machine; a healthy one answers in 5 ms. */
export const statusTimeoutMs = 2_000;

/** How often a starting server is asked. */
export const statusIntervalMs = 100;

/** A recorded server gets this long to answer: saving a big notebook blocks its event loop for seconds. */
export const adoptPatienceMs = 10_000;

/** A reply to one of our questions is below 1 KiB; what is longer does not come from a Jupyter server. */
export const replyBytesMax = 64 * 1024;

/** A free port may be taken between our choice and the server's bind. Three losses in a row are not chance. */
export const portAttemptsMax = 3;

/** How much of the previous server's log is kept. */
export const logKeptBytesMax = 1024 * 1024;

/** An adopted server's log is cut when it passes this: it may have run for months. */
export const logGrownBytesMax = 8 * 1024 * 1024;

/** Lines of a log that may stand in the detail of a problem. */
export const detailLinesMax = 6;

/** After `POST /api/shutdown` the server gives its kernels 5 s to end, then ends itself. */
export const shutdownWaitMs = 10_000;

/** After SIGTERM the server only closes its sockets. */
export const terminateWaitMs = 5_000;

/** After SIGKILL only the operating system has work left. */
export const killWaitMs = 3_000;

/** How often we look whether a process is gone or a lock is free. */
export const pollIntervalMs = 100;

/** A lock file without readable content and older than this was left by a crash while it was written. */
export const lockWriteGraceMs = 5_000;

/** The longest a lock is waited for: an installation (15 minutes), the venv and a start, with some room. */
export const lockWaitMs = 20 * 60_000;
