/**
 * What a search has found, by journal. Enter or a click opens the player at that moment.
 */
import { Fragment, type ReactElement } from 'react';
import { Button } from '../common/button.tsx';
import { EmptyState, InlineProblem } from '../common/feedback.tsx';
import { formatExact, plural } from '../common/format.ts';
import { Cell, Grid, HeadRow, Row } from '../common/grid.tsx';
import { Icon, type IconName } from '../common/icons.tsx';
import { useRows } from '../common/use-rows.ts';
import { piecesOf } from './snippet.ts';
import type { Search, SearchAnswer } from './use-search.ts';

type Hit = SearchAnswer['hits'][number];

export interface SearchResultsProps {
  readonly search: Search;
  readonly onOpen: (journalId: string, seq: number) => void;
  readonly onMore: (() => void) | null;
}

const icons: Readonly<Record<Hit['where'], IconName>> = { input: 'chevron', output: 'file', error: 'warning' };
const names: Readonly<Record<Hit['where'], string>> = { input: 'Input', output: 'Output', error: 'Error' };

const keyOf = (hit: Hit): string => `${hit.journalId}/${hit.seq}/${hit.where}/${hit.cellId ?? ''}/${hit.snippet}`;

export function SearchResults({ search, onOpen, onMore }: SearchResultsProps): ReactElement | null {
  const hits = search.answer?.hits ?? [];
  const rows = useRows<Hit>({ items: hits, keyOf, onOpen: (hit) => onOpen(hit.journalId, hit.seq) });
  if (search.problem !== null) return <InlineProblem sentence={search.problem} />;
  if (search.answer === null) return null;
  const more = moreText(search.answer);
  if (hits.length === 0) {
    return (
      <EmptyState
        title={
          search.answer.indexing === 0
            ? `Nothing was run or printed with “${search.answered}”`
            : `Nothing found yet with “${search.answered}”`
        }
        text={`${more === null ? '' : `${more} `}Every word must stand in the same line. Try a shorter word, or a part of one.`}
      />
    );
  }
  return (
    <>
      <Grid className="hits" label="Search results">
        {hits.map((hit, index) => (
          <Fragment key={keyOf(hit)}>
            {hits[index - 1]?.journalId === hit.journalId ? null : <GroupHead hit={hit} hits={hits} />}
            <Row className="hit" rowProps={rows.rowProps(hit, index)} onClick={() => onOpen(hit.journalId, hit.seq)}>
              <Cell className="hit-where" data-where={hit.where} title={names[hit.where]}>
                <Icon name={icons[hit.where]} size={13} />
                <span className="nj-visually-hidden">{names[hit.where]}</span>
              </Cell>
              <Cell className="hit-text">
                {piecesOf(hit.snippet, hit.marks).map(({ text, isMatch, at }) =>
                  isMatch ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>,
                )}
              </Cell>
              <Cell className="hit-time">{formatExact(hit.timeMs)}</Cell>
            </Row>
          </Fragment>
        ))}
      </Grid>
      <div className="hits-foot">
        {more === null ? null : <span>{more}</span>}
        {search.answer.hasMore && onMore !== null ? (
          <Button look="quiet" onClick={onMore}>
            Show more
          </Button>
        ) : null}
      </div>
    </>
  );
}

/** Why there may be more than is shown. `null`: there is not. */
function moreText({ indexing, growing }: SearchAnswer): string | null {
  if (indexing > 0) return `${plural(indexing, 'journal is', 'journals are')} still being read; more may turn up.`;
  return growing > 0
    ? `${plural(growing, 'journal has', 'journals have')} something new that is still being read.`
    : null;
}

function GroupHead({ hit, hits }: { readonly hit: Hit; readonly hits: readonly Hit[] }): ReactElement {
  const count = hits.filter(({ journalId }) => journalId === hit.journalId).length;
  return (
    <HeadRow className="hit-group">
      <Cell className="hit-title">
        <Icon name="journal" size={15} />
        {hit.title}
      </Cell>
      <Cell className="hit-server">{hit.serverName}</Cell>
      <Cell className="hit-count">{plural(count, 'match', 'matches')}</Cell>
    </HeadRow>
  );
}
