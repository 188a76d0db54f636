import type { Profiler } from 'node:inspector';

/** The file that a place in a bundle comes from. */
export type Locate = (frame: { readonly url: string; readonly lineNumber: number }) => string;

export interface SelfTime {
  readonly group: string;
  readonly name: string;
  readonly file: string;
  us: number;
}

const collector = 'garbage collection';
const runtime = 'Node itself';
// The first that fits. Only the call of Redis speaks HTTP in an instance of Lambda.
const groups: readonly (readonly [name: string, files: RegExp])[] = [
  ['Redis client', /@upstash\/|(^|\/)lib\/redis\/|^node:(_http|https?$|internal\/http)/],
  ['PostgreSQL driver', /node_modules\/postgres\/|(^|\/)lib\/db\//],
  ['Drizzle', /drizzle-orm\//],
  ['zod', /node_modules\/zod\//],
  ['token', /node_modules\/jose\/|(^|\/)lib\/(auth|sessions)\//],
  ['log and metrics lines', /@aws-lambda-powertools\/|(^|\/)lib\/observability\//],
  ['Middy and the pipeline', /@middy\/|(^|\/)lib\/(http|invocation|runtime|resilience|config|context)\b/],
  ['projects, audit, cursors', /(^|\/)(lib|functions)\//],
];

/** In the order of the table. */
export const groupNames = [...groups.map(([name]) => name), runtime, collector];

/**
 * What each function has taken itself, but for waiting, the most first. What Node's own functions take counts for the group that calls them,
 * and as Node's when that is not on the stack.
 */
export function attributeTime(profile: Profiler.Profile, locate: Locate): SelfTime[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const spent = new Map<number, number>();
  for (const [index, id] of (profile.samples ?? []).entries())
    spent.set(id, (spent.get(id) ?? 0) + (profile.timeDeltas?.[index] ?? 0));
  const found = new Map<string, SelfTime>();
  const visit = (node: Profiler.ProfileNode, caller: string) => {
    const { functionName: name } = node.callFrame;
    const file = locate(node.callFrame);
    const group =
      name === '(garbage collector)'
        ? collector
        : (groups.find(([, files]) => files.test(file))?.[0] ?? caller);
    const us = spent.get(node.id) ?? 0;
    // The inspector is at work only to begin and to end.
    if (us > 0 && name !== '(idle)' && file !== 'node:inspector') {
      const key = `${group} ${name} ${file}`;
      const one = found.get(key) ?? { group, name: name || '(anonymous)', file, us: 0 };
      one.us += us;
      found.set(key, one);
    }
    for (const id of node.children ?? []) {
      const child = nodes.get(id);
      if (child) visit(child, group);
    }
  };
  const [root] = profile.nodes;
  if (root) visit(root, runtime);
  return [...found.values()].sort((one, other) => other.us - one.us);
}
