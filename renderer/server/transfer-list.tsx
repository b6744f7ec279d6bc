/** The strip at the bottom of the window: what is on its way, how far, and what did not arrive. */
import type { ReactElement } from 'react';
import { IconButton } from '../common/button.tsx';
import { ProgressBar } from '../common/feedback.tsx';
import { formatBytes } from '../common/format.ts';
import { Icon } from '../common/icons.tsx';
import type { Transfer, Transfers } from './use-transfers.ts';

export function TransferList({ transfers, cancel }: Pick<Transfers, 'transfers' | 'cancel'>): ReactElement | null {
  if (transfers.length === 0) {
    return null;
  }
  return (
    <section className="transfers" aria-label="Transfers">
      {transfers.map((transfer) => (
        <div key={transfer.id} className="transfer" data-state={transfer.state}>
          <Icon name={transfer.state === 'failed' ? 'warning' : transfer.kind} size={15} />
          <span className="transfer-name">{transfer.name}</span>
          <span className="transfer-state" role={transfer.state === 'failed' ? 'alert' : undefined}>
            {stateText(transfer)}
          </span>
          {transfer.state === 'running' ? (
            <ProgressBar label={`${transfer.kind} of ${transfer.name}`} fraction={fraction(transfer)} />
          ) : null}
          {transfer.kind === 'upload' || transfer.state === 'failed' ? (
            <IconButton
              icon="close"
              label={transfer.state === 'failed' ? 'Dismiss' : `Cancel the upload of ${transfer.name}`}
              onClick={() => cancel(transfer.id)}
            />
          ) : null}
        </div>
      ))}
    </section>
  );
}

function fraction(transfer: Transfer): number | null {
  return transfer.bytesTotal === null || transfer.bytesTotal === 0 ? null : transfer.bytes / transfer.bytesTotal;
}

function stateText(transfer: Transfer): string {
  if (transfer.state === 'failed') {
    return transfer.sentence;
  }
  if (transfer.state === 'waiting') {
    return 'Waiting';
  }
  const total = transfer.bytesTotal === null ? '' : ` of ${formatBytes(transfer.bytesTotal)}`;
  return `${formatBytes(transfer.bytes)}${total}`;
}
