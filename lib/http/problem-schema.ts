import * as z from 'zod';
import { type ErrorCode as Code, errorCatalog } from '#lib/errors/catalog.ts';

const ErrorCode = z
  .enum(Object.keys(errorCatalog) as [Code, ...Code[]])
  .meta({ id: 'ErrorCode', description: 'Stable for ever: what a client switches on.' });

const FieldError = z
  .object({
    in: z.enum(['body', 'query', 'path', 'header']),
    pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) into that part.' }),
    code: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'FieldError' });

/** The body of every error answer (RFC 9457); for the documentation and the tests, it checks nothing at run time. */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'Where the problem is explained, relative to this service.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().meta({ description: 'What went wrong this time; absent on 5xx.' }),
    instance: z.string(),
    code: ErrorCode,
    requestId: z.string(),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
    errors: z
      .array(FieldError)
      .optional()
      .meta({ description: 'Every broken rule, of `validation_failed`.' }),
  })
  .meta({ id: 'Problem' });
