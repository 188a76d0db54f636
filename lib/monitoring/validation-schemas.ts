import * as z from 'zod';

const Status = z.enum(['pass', 'warn', 'fail']);
const Outcome = z.enum(['accepted', 'refused']);

export const AuthenticationReport = z
  .object({
    status: z.enum(['pass', 'fail']),
    asOf: z.iso.datetime(),
    vectors: z.array(
      z.object({
        name: z.string().meta({ example: 'an access token without a signature' }),
        expected: Outcome,
        outcome: Outcome,
        code: z
          .string()
          .nullable()
          .meta({ description: 'What it was refused with.', example: 'unauthenticated' }),
        status: z.enum(['pass', 'fail']),
      }),
    ),
  })
  .meta({ id: 'AuthenticationReport' });
export type AuthenticationReport = z.output<typeof AuthenticationReport>;

export const EndpointsReport = z
  .object({
    status: Status,
    asOf: z.iso.datetime(),
    endpoints: z.array(
      z.object({
        operation: z.string().meta({ example: 'getProject' }),
        route: z.string().meta({ example: 'GET /api/v1/projects/{id}' }),
        status: Status,
        access: z.string().meta({ example: 'permission `projects:read`' }),
        rateLimit: z.string().meta({ example: 'read' }),
        timeoutSeconds: z.int(),
        problems: z.array(
          z
            .object({ rule: z.string(), status: Status, detail: z.string() })
            .meta({ example: { rule: 'alarm', status: 'warn', detail: 'no alarm' } }),
        ),
      }),
    ),
  })
  .meta({ id: 'EndpointsReport' });
export type EndpointsReport = z.output<typeof EndpointsReport>;
