import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { hashPassword } from '#lib/auth/passwords.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { users } from '#lib/db/schema/users.ts';
import { type Project, projectStatuses } from '#lib/projects/schemas.ts';

/** The accounts of the local stage; printed by `npm start`. */
export const demoLogins = [
  {
    email: 'demo@plinth.local',
    password: 'plinth-demo',
    name: 'Demo Owner',
    role: 'owner',
    isOperator: false,
  },
  {
    email: 'operator@plinth.local',
    password: 'plinth-operator',
    name: 'Operator',
    role: 'viewer',
    isOperator: true,
  },
] as const;

/** Fixed, so that the events in events/ find them. */
export const demoIds = {
  organization: '01980000-0000-7000-8000-0000000000f0',
  owner: '01980000-0000-7000-8000-00000000000a',
  project: '01980000-0000-7000-8000-000000000001',
} as const;

const projectNames = [
  'Website relaunch',
  'Mobile app',
  'Data warehouse',
  'Customer portal',
  'Billing',
  'Search',
];
const phases = ['discovery', 'design', 'build', 'beta', 'launch', 'retrospective'];

/** Fills an empty local database with the Demo organization; leaves a filled one alone. Refuses every other stage. */
export async function seedDatabase(databaseUrl: string, stage: string): Promise<'seeded' | 'kept'> {
  if (stage !== 'local')
    throw new Error(`The seed has known passwords: it runs in the stage local, not in "${stage}"`);
  const client = postgres(databaseUrl, { max: 1, connect_timeout: 5 });
  const database = drizzle(client, { casing: 'snake_case' });
  try {
    return await database.transaction(async (tx) => {
      if ((await tx.select({ id: users.id }).from(users).limit(1)).length > 0) return 'kept';
      const organizationId = demoIds.organization;
      await tx.insert(organizations).values({ id: organizationId, name: 'Demo' });
      const accounts = await Promise.all(
        demoLogins.map(async ({ password, role, ...user }) => ({
          user: {
            ...user,
            id: role === 'owner' ? demoIds.owner : uuidv7(),
            passwordHash: await hashPassword(password),
            emailVerifiedAt: new Date().toISOString(),
          },
          role,
        })),
      );
      await tx.insert(users).values(accounts.map(({ user }) => user));
      await tx
        .insert(memberships)
        .values(accounts.map(({ user, role }) => ({ organizationId, userId: user.id, role })));
      await tx.insert(projects).values(demoProjects(organizationId));
      return 'seeded';
    });
  } finally {
    await client.end({ timeout: 1 });
  }
}

function demoProjects(organizationId: string) {
  return projectNames.flatMap((name, row) =>
    phases.map((phase, column) => {
      // Spread over the last 36 days, so that pages and statistics have something to show.
      const createdAt = new Date(Date.now() - (row * phases.length + column) * 86_400_000).toISOString();
      return {
        id: row + column === 0 ? demoIds.project : uuidv7(),
        organizationId,
        ownerId: demoIds.owner,
        name: `${name}: ${phase}`,
        slug: `${name} ${phase}`.toLowerCase().replaceAll(' ', '-'),
        description: '',
        status: projectStatuses[(row + column) % projectStatuses.length] ?? 'active',
        tags: [phase],
        metadata: {} satisfies Project['metadata'],
        createdAt,
        updatedAt: createdAt,
      };
    }),
  );
}
