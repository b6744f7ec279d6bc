/**
 * A point in time as people say it, kept current while it is on the screen. The exact time is in its title.
 */
import { useEffect, useState, type ReactElement } from 'react';
import { formatExact, formatRelative, relativeTickMs } from './format.ts';

export function RelativeTime({ timeMs }: { readonly timeMs: number }): ReactElement {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setTimeout(() => setNowMs(Date.now()), relativeTickMs(timeMs, nowMs));
    return () => clearTimeout(timer);
  }, [timeMs, nowMs]);
  const isValid = Number.isFinite(timeMs);
  return (
    <time
      dateTime={isValid ? new Date(timeMs).toISOString() : undefined}
      title={isValid ? formatExact(timeMs) : undefined}
    >
      {isValid ? formatRelative(timeMs, Math.max(nowMs, timeMs)) : ''}
    </time>
  );
}
