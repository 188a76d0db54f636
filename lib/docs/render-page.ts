import { createHash } from 'node:crypto';

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{font:14px ui-monospace,monospace;overflow-wrap:anywhere}
section{border-top:1px solid #8884;padding:.5rem 0}
h2{margin:2rem 0 .5rem}h3{margin:.5rem 0}p{margin:.25rem 0}
`;

const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
const nothingElse = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Allows this page's own style and nothing else: no script, no other origin. */
export const pageSecurityPolicy = `${nothingElse}; style-src ${styleSource}`;

/** Allows files and requests of this origin besides, and pictures that stand in a style: nothing inline, no `eval` (ADR 0035). */
export const docsSecurityPolicy = `${nothingElse}; style-src 'self' ${styleSource}; script-src 'self'; connect-src 'self'; img-src 'self' data:`;

/** A page of another site that opened this one, where somebody may be logged in, has no hold of its window. */
export const openerPolicy = 'same-origin';

/** A page of the documentation; `body` and what `head` adds are HTML whose text has gone through escapeHtml. */
export function renderPage(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style>${head}</head>
<body><h1>${escapeHtml(title)}</h1>${body}</body>
</html>
`;
}

/** Text as HTML, safe in elements and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
