import * as z from 'zod';
import { openerPolicy, pageSecurityPolicy } from '#lib/docs/render-page.ts';
import { renderProblem } from '#lib/docs/render-problem.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

export const handler = defineStaticEndpoint(
  {
    id: 'getProblem',
    method: 'GET',
    path: '/problems/{code}',
    summary: 'What a problem type means',
    params: z.object({ code: z.string() }),
    response: {
      status: 200,
      schema: z.string().meta({ example: '<!doctype html>' }),
      contentType: 'text/html; charset=utf-8',
      headers: {
        'Content-Security-Policy': () => pageSecurityPolicy,
        'Cross-Origin-Opener-Policy': () => openerPolicy,
        // The same for everybody, and changed by a release at most.
        'Cache-Control': () => 'public, max-age=3600',
      },
    },
    errors: ['not_found'],
  },
  ({ params }) => renderProblem(params.code),
);
