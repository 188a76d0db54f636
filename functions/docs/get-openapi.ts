import * as z from 'zod';
import { loadDocument } from '#lib/docs/load-document.ts';
import { documentCacheControl, renderOnce } from '#lib/docs/render-once.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

const document = renderOnce(() => JSON.stringify(loadDocument(import.meta.dirname)));
// Its text, but to who reads the document it is an object.
const OpenApi = z.string().meta({
  type: 'object',
  properties: { openapi: { type: 'string' } },
  required: ['openapi'],
  additionalProperties: true,
  example: { openapi: '3.1.0' },
});

export const handler = defineStaticEndpoint(
  {
    id: 'getOpenapi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API for programs (OpenAPI 3.1)',
    response: {
      status: 200,
      schema: OpenApi,
      headers: { 'Cache-Control': () => documentCacheControl, ETag: document.entityTag },
    },
  },
  document.text,
);
