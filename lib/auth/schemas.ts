import * as z from 'zod';
import { SecondFactorCode } from '#lib/totp/schemas.ts';
import { organizationRoles } from './permissions.ts';

export const LoginInput = z
  .strictObject({
    email: z.email().max(254).toLowerCase().meta({ example: 'demo@plinth.local' }),
    password: z.string().min(1).max(256).meta({ example: 'plinth-demo' }),
    code: SecondFactorCode.optional(),
  })
  .meta({ id: 'LoginInput' });
export type LoginInput = z.output<typeof LoginInput>;

export const CurrentUser = z
  .object({
    id: z.uuid(),
    email: z.email(),
    name: z.string(),
    isOperator: z.boolean(),
    organization: z.object({ id: z.uuid(), name: z.string(), role: z.enum(organizationRoles) }),
  })
  .meta({ id: 'CurrentUser' });
export type CurrentUser = z.output<typeof CurrentUser>;
