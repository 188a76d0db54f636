import * as z from 'zod';
import { organizationRoles } from '#lib/auth/permissions.ts';
import { Email } from '#lib/email.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { OrganizationParams } from './schemas.ts';

const Role = z.enum(organizationRoles);

export const InvitationParams = OrganizationParams.extend({ invitationId: z.uuid() });
export type InvitationParams = z.output<typeof InvitationParams>;

export const CreateInvitationInput = z
  .strictObject({
    email: Email,
    role: Role.optional().meta({ description: "The organization's `defaultRole` when left out." }),
  })
  .meta({ id: 'CreateInvitationInput' });
export type CreateInvitationInput = z.output<typeof CreateInvitationInput>;

export const AcceptInvitationInput = z
  .strictObject({ token: z.string().max(200).meta({ description: 'From the mail; it works once.' }) })
  .meta({ id: 'AcceptInvitationInput' });

export const AcceptedInvitation = z
  .object({ organizationId: z.uuid(), role: Role })
  .meta({ id: 'AcceptedInvitation' });
export type AcceptedInvitation = z.output<typeof AcceptedInvitation>;

export const Invitation = z
  .object({
    id: z.uuid(),
    email: z.string().meta({ example: 'ada@example.com' }),
    role: Role,
    invitedBy: z.uuid().nullable().meta({ description: 'Null when that account is gone.' }),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });
export type Invitation = z.input<typeof Invitation>;

export const InvitationPage = z
  .object({
    items: z.array(Invitation),
    nextCursor: NextCursor,
  })
  .meta({ id: 'InvitationPage' });
export type InvitationPage = z.input<typeof InvitationPage>;
