import type postgres from 'postgres';

/** One place where a statement reads or inserts rows of a table that belongs to organizations. */
export interface TenantAccess {
  readonly table: string;
  /** What the rows are limited to: one organization, or one person in all of theirs; undefined when nothing limits them. */
  readonly owner: 'organization' | 'person' | undefined;
  /** The number of the parameter that says which. */
  readonly parameter: number | undefined;
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Parent Relationship'?: string;
  readonly Operation?: 'Insert' | 'Update' | 'Delete' | 'Merge';
  readonly Output?: readonly string[];
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly Filter?: string;
  readonly Plans?: readonly Plan[];
}

// The schema stays as it is while one connection asks.
const tenantColumns = new WeakMap<postgres.Sql, Promise<TenantColumns>>();

type TenantColumns = ReadonlyMap<string, { name: string; position: number }>;

/**
 * Every access of a statement to rows of organizations. PostgreSQL's planner says what a scan is limited to, so neither a
 * column list, nor an alias, a join, an OR or a subquery can pass for a condition.
 */
export async function findTenantAccesses(sql: postgres.Sql, text: string): Promise<TenantAccess[]> {
  const statement = text.trim().replace(/^explain \(format json\) /, '');
  if (!/^(select|insert|update|delete|with|merge)\b/i.test(statement)) return [];
  const [row] = await sql.unsafe(`explain (generic_plan, verbose, format json) ${statement}`);
  const columns = tenantColumns.get(sql) ?? readTenantColumns(sql);
  tenantColumns.set(sql, columns);
  const accesses = accessesOf(row?.['QUERY PLAN'][0].Plan, await columns);
  return accesses.flatMap(({ owner, ...access }) =>
    owner === 'rows' ? ownersOfRows(access.table, text) : [{ ...access, owner }],
  );
}

/** By table: its `organization_id`. A table that gets one is covered from then on, but for sessions: ids in signed tokens lead to them. */
async function readTenantColumns(sql: postgres.Sql): Promise<TenantColumns> {
  const rows = await sql`
    select relname as table, attname as name, attnum as position
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and relname <> 'sessions'
      and (attname = 'organization_id' or (relname = 'organizations' and attname = 'id'))`;
  return new Map(rows.map(({ table, ...column }) => [table, column as { name: string; position: number }]));
}

/** An access whose owner the plan tells, or an INSERT of several rows, which only the text tells. */
type PlannedAccess = Omit<TenantAccess, 'owner'> & { readonly owner: TenantAccess['owner'] | 'rows' };

function accessesOf(plan: Plan, columns: TenantColumns): PlannedAccess[] {
  const table = plan['Relation Name'] ?? '';
  const column = columns.get(table);
  const below = (plan.Plans ?? []).flatMap((child) => accessesOf(child, columns));
  // What an UPDATE or DELETE changes, the scan below it has found.
  if (!column || plan.Operation === 'Update' || plan.Operation === 'Delete') return below;
  if (plan.Operation !== 'Insert') return [{ table, ...ownerOf(plan, table, column.name) }, ...below];
  const source = plan.Plans?.find((child) => child['Parent Relationship'] === 'Outer');
  const inserted = source?.Output?.[column.position - 1] ?? '';
  // Copied from a row that a scan below has found.
  if (/\.organization_id$/.test(inserted)) return below;
  if (inserted.startsWith('"*VALUES*".')) return [{ table, owner: 'rows', parameter: undefined }, ...below];
  const parameter = numberOf(/^\$(\d+)$/, inserted);
  return [{ table, owner: parameter === undefined ? undefined : 'organization', parameter }, ...below];
}

/** The organization of each row of `insert into table (columns) values (…), (…)`, as Drizzle writes it. */
function ownersOfRows(table: string, text: string): TenantAccess[] {
  const [, columns = '', rows = ''] =
    new RegExp(`insert into "${table}" \\(([^)]*)\\) values (\\(.*?\\))(?: on conflict| returning|$)`).exec(
      text,
    ) ?? [];
  const position = columns.split(', ').indexOf('"organization_id"');
  return rows.split('), (').map((row) => {
    const parameter = numberOf(/^\$(\d+)$/, row.replace(/[()]/g, '').split(', ')[position] ?? '');
    return { table, owner: parameter === undefined ? undefined : 'organization', parameter };
  });
}

// What belongs to a person as much as to an organization.
const personalTables = new Set(['memberships', 'api_keys']);

function ownerOf(plan: Plan, table: string, column: string): Pick<TenantAccess, 'owner' | 'parameter'> {
  const organization = limitOf(plan, column);
  if (organization !== undefined) return { owner: 'organization', parameter: organization };
  const person = personalTables.has(table) ? limitOf(plan, 'user_id') : undefined;
  return { owner: person === undefined ? undefined : 'person', parameter: person };
}

function limitOf(plan: Plan, column: string): number | undefined {
  const isLimit = new RegExp(`^\\((?:[^ ]+\\.)?${column} = \\$(\\d+)\\)$`);
  return [plan['Index Cond'], plan['Recheck Cond'], plan.Filter]
    .flatMap((condition) => conjunctsOf(condition ?? ''))
    .map((conjunct) => numberOf(isLimit, conjunct))
    .find((parameter) => parameter !== undefined);
}

function numberOf(pattern: RegExp, text: string): number | undefined {
  const [, digits] = pattern.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** `((a) AND (b))` as `(a)` and `(b)`; anything else stays whole. */
function conjunctsOf(condition: string): string[] {
  const parts: string[] = [];
  let [depth, from, between, isQuoted] = [0, 0, '', false];
  for (let at = 0; at < condition.length; at++) {
    const character = condition[at];
    if (character === "'") isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '(' && ++depth === 2) from = at;
    if (depth === 1 && character !== '(') between += character;
    if (character === ')' && depth-- === 2) parts.push(condition.slice(from, at + 1));
  }
  return /^( AND )+\)$/.test(between) ? parts : [condition];
}
