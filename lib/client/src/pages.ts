import type { Answer } from './problem.ts';

export interface Page {
  readonly items: readonly unknown[];
  readonly nextCursor?: string;
}

type FetchPage = (cursor?: string) => Promise<Page>;

/** The first page, for who awaits it; every item of all pages for who iterates. */
export function toPages(fetchPage: FetchPage): Promise<Page> & AsyncIterable<unknown> {
  const first = fetchPage();
  // A list that is iterated later, or never, has told nobody yet.
  first.catch(() => undefined);
  return Object.assign(first, { [Symbol.asyncIterator]: () => iterate(fetchPage, first) });
}

/** Every item, page by page, as fast as they are taken; nothing is asked for before the first is. Throws when a page leads to itself. */
export async function* iterate(fetchPage: FetchPage, first?: Promise<Page>): AsyncGenerator {
  let page = await (first ?? fetchPage());
  yield* page.items;
  while (page.nextCursor !== undefined) {
    const { nextCursor } = page;
    page = await fetchPage(nextCursor);
    // A cache that ignores the query answers the same page for ever.
    if (page.nextCursor === nextCursor) throw new Error('The next page is the same page again');
    yield* page.items;
  }
}

/** A page of NDJSON, whose cursor is in its `Link`. */
export function parseLines({ text, headers }: Answer): Page {
  const [, target = ''] = /<([^>]*)>;\s*rel="next"/.exec(headers.get('link') ?? '') ?? [];
  const nextCursor = new URLSearchParams(target.split('?')[1]).get('cursor');
  const lines = text.split('\n').filter((line) => line !== '');
  return { items: lines.map((line) => JSON.parse(line)), ...(nextCursor !== null && { nextCursor }) };
}
