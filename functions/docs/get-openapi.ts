import * as z from 'zod';
import { loadDocument } from '#lib/docs/load-document.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

export const handler = defineStaticEndpoint(
  {
    id: 'getOpenapi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API for programs (OpenAPI 3.1)',
    response: { status: 200, schema: z.looseObject({ openapi: z.string() }) },
  },
  () => loadDocument(import.meta.dirname),
);
