import * as z from 'zod';
import { loadDocument } from '#lib/docs/load-document.ts';
import { renderDocs } from '#lib/docs/render-docs.ts';
import { pageSecurityPolicy } from '#lib/docs/render-page.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

export const handler = defineStaticEndpoint(
  {
    id: 'getDocs',
    method: 'GET',
    path: '/docs',
    summary: 'This API for people',
    response: {
      status: 200,
      schema: z.string(),
      contentType: 'text/html; charset=utf-8',
      headers: { 'Content-Security-Policy': () => pageSecurityPolicy },
    },
  },
  () => renderDocs(loadDocument(import.meta.dirname)),
);
