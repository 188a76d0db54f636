import { createHash } from 'node:crypto';

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{font:14px ui-monospace,monospace;overflow-wrap:anywhere}
section{border-top:1px solid #8884;padding:.5rem 0}
h2{margin:2rem 0 .5rem}h3{margin:.5rem 0}p{margin:.25rem 0}
`;

/** Allows this page's own style and nothing else: no script, no other origin. */
export const pageSecurityPolicy = `default-src 'none'; frame-ancestors 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`;

/** A page of the documentation; `body` is HTML whose text has gone through escapeHtml. */
export function renderPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><h1>${escapeHtml(title)}</h1>${body}</body>
</html>
`;
}

/** Text as HTML, safe in elements and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
