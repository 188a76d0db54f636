import * as z from 'zod';
import { organizationRoles } from '#lib/auth/permissions.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { OrganizationParams } from './schemas.ts';

const Role = z.enum(organizationRoles);

export const MemberParams = OrganizationParams.extend({ userId: z.uuid().toLowerCase() });
export type MemberParams = z.output<typeof MemberParams>;

export const UpdateMemberInput = z.strictObject({ role: Role }).meta({ id: 'UpdateMemberInput' });
export type UpdateMemberInput = z.output<typeof UpdateMemberInput>;

export const RemoveMemberQuery = z.object({
  projectsTo: z.uuid().toLowerCase().optional().meta({
    description:
      'The member who gets the projects of the one who goes; left out, that is you, and when you leave, the oldest owner.',
  }),
});
export type RemoveMemberQuery = z.output<typeof RemoveMemberQuery>;

export const Member = z
  .object({
    userId: z.uuid(),
    email: z.string().meta({ example: 'ada@example.com' }),
    name: z.string().meta({ example: 'Ada Lovelace' }),
    role: Role,
    createdAt: z.iso.datetime().meta({ description: 'When the membership began.' }),
  })
  .meta({ id: 'Member' });
export type Member = z.input<typeof Member>;

export const MemberPage = z
  .object({
    items: z.array(Member),
    nextCursor: NextCursor,
  })
  .meta({ id: 'MemberPage' });
export type MemberPage = z.input<typeof MemberPage>;
