/**
 * What is typed while a box is being made.
 *
 * A key opens the search box, and the next letters are meant for it: in a notebook in command mode they would be
 * commands, and two of them delete a cell.
 */

/** A box that does not come gives the keyboard back after this. */
const patienceMs = 3_000;

/** Keeps letters from the page until the field is there, and puts them into it. */
export function holdTyping(field: Promise<HTMLTextAreaElement>): void {
  let typed = '';
  const hold = (event: KeyboardEvent): void => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    typed += event.key;
  };
  const release = (): void => window.removeEventListener('keydown', hold, true);
  window.addEventListener('keydown', hold, true);
  setTimeout(release, patienceMs);
  void field
    .then((node) => {
      release();
      if (typed === '') return;
      node.setRangeText(typed, node.selectionStart, node.selectionEnd, 'end');
      node.dispatchEvent(new InputEvent('input', { bubbles: true }));
    })
    .catch(release);
}
