import { createHash } from 'node:crypto';

/** For so long nobody asks for a document again; after that, with `If-None-Match`. */
export const documentCacheControl = 'public, max-age=300';

/** A document that is the same until the next deploy: rendered on first use and kept, with the tag of its text. */
export function renderOnce(render: () => string): { text(): string; entityTag(): string } {
  let kept: { text: string; entityTag: string } | undefined;
  const get = () => {
    if (!kept) {
      const text = render();
      kept = { text, entityTag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
    }
    return kept;
  };
  return { text: () => get().text, entityTag: () => get().entityTag };
}
