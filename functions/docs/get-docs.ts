import * as z from 'zod';
import { loadDocument } from '#lib/docs/load-document.ts';
import { renderDocs } from '#lib/docs/render-docs.ts';
import { documentCacheControl, renderOnce } from '#lib/docs/render-once.ts';
import { docsSecurityPolicy, openerPolicy } from '#lib/docs/render-page.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

const page = renderOnce(() => renderDocs(loadDocument(import.meta.dirname)));

export const handler = defineStaticEndpoint(
  {
    id: 'getDocs',
    method: 'GET',
    path: '/docs',
    summary: 'This API for people',
    response: {
      status: 200,
      schema: z.string().meta({ example: '<!doctype html>' }),
      contentType: 'text/html; charset=utf-8',
      headers: {
        'Content-Security-Policy': () => docsSecurityPolicy,
        'Cross-Origin-Opener-Policy': () => openerPolicy,
        'Cache-Control': () => documentCacheControl,
        ETag: page.entityTag,
      },
    },
  },
  page.text,
);
