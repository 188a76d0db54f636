import * as z from 'zod';
import { organizationRoles } from '#lib/auth/permissions.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';

export const OrganizationName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line without control characters')
  .meta({ example: 'Demo' });
const Role = z.enum(organizationRoles);

/** What an organization decides for itself; what it leaves open is the default. */
export const OrganizationSettings = z.object({
  defaultRole: Role.exclude(['owner'])
    .default('viewer')
    .meta({ description: 'The role of an invitation that names none.' }),
  invitationDays: z
    .int()
    .min(1)
    .max(30)
    .default(7)
    .meta({ description: 'How many days an invitation can be accepted.' }),
});
export type OrganizationSettings = z.output<typeof OrganizationSettings>;

const { defaultRole, invitationDays } = OrganizationSettings.shape;
const SettingsPatch = z
  .strictObject({
    defaultRole: defaultRole.unwrap().nullable(),
    invitationDays: invitationDays.unwrap().nullable(),
  })
  .partial()
  .meta({ description: '`null` sets one back to its default.' });

export const CreateOrganizationInput = z
  .strictObject({ name: OrganizationName })
  .meta({ id: 'CreateOrganizationInput' });
export type CreateOrganizationInput = z.output<typeof CreateOrganizationInput>;

/** A JSON merge patch (RFC 7396). */
export const UpdateOrganizationInput = z
  .strictObject({ name: OrganizationName, settings: SettingsPatch })
  .partial()
  .meta({ id: 'UpdateOrganizationInput' });
export type UpdateOrganizationInput = z.output<typeof UpdateOrganizationInput>;

export const OrganizationParams = z.object({
  id: z.uuid().toLowerCase().meta({ description: 'The id of the organization you act in.' }),
});

export const Organization = z
  .object({
    id: z.uuid(),
    name: z.string().meta({ example: 'Analytical Engines' }),
    settings: OrganizationSettings,
    version: z.int().meta({ description: 'Counts the changes; the `ETag` is made from it.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Organization' });
export type Organization = z.output<typeof Organization>;

export const OrganizationPage = z
  .object({
    items: z.array(
      z.object({ id: z.uuid(), name: z.string().meta({ example: 'Analytical Engines' }), role: Role }),
    ),
    nextCursor: NextCursor,
  })
  .meta({ id: 'OrganizationPage' });
export type OrganizationPage = z.input<typeof OrganizationPage>;

export const SwitchOrganizationInput = z
  .strictObject({ organizationId: z.uuid().meta({ description: 'One that you are a member of.' }) })
  .meta({ id: 'SwitchOrganizationInput' });

/** Where an organization is read, as a path on this service. */
export function organizationPath({ id }: { id: string }): string {
  return `/api/v1/organizations/${id}`;
}
