import type { Answer } from './problem.ts';

interface Page {
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

/** Every item, page by page, as fast as they are taken. */
export async function* iterate(fetchPage: FetchPage, first = fetchPage()): AsyncGenerator {
  let page = await first;
  yield* page.items;
  while (page.nextCursor !== undefined) {
    page = await fetchPage(page.nextCursor);
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
