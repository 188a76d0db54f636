import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** Modules that the bundler cannot see are unused, because a table or a constructor refers to them. ADR 0004. */
const unused = [
  // JSON Schema is made by `npm run generate`, never at run time.
  /zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/,
  // Only for `pgTable(name, (columns) => …)` and `drizzle(client, { schema })`; we use neither form.
  /drizzle-orm\/pg-core\/columns\/all\.js$/,
  /drizzle-orm\/(relations|pg-core\/query-builders\/query)\.js$/,
  // Only for migrations: what a table says behind its columns is never called at run time.
  /drizzle-orm\/pg-core\/(indexes|primary-keys)\.js$/,
  // The logger has a line of its own.
  /powertools\/logger\/.*\/PowertoolsLogFormatter\.js$/,
  // Materialized views.
  /drizzle-orm\/pg-core\/query-builders\/refresh-materialized-view\.js$/,
  // Logical replication and large objects.
  /postgres\/src\/(subscribe|large)\.js$/,
];

const exported = /export (?:default )?(?:async )?(?:function|class|const) (\w+)|export \{([^}]*)\}/g;

/**
 * The commands of `@upstash/redis` that we send; the classes of the other 220, its pipelines and what it sends with are left out, and so are
 * its methods for them.
 */
const sentCommands = new Set(['EvalCommand', 'EvalshaCommand', 'PingCommand']);
const redisClass =
  /^var (\w+Command|\w+FieldBuilder|XAutoClaim|Pipeline|AutoPipelineExecutor|SearchIndex|VectorIndex|Subscriber|Script|ScriptRO|HttpClient) = class(?: _\w+)?(?: extends \w+)? \{\n[\s\S]*?^\};/gm;

const redisMember = /^ {2}\w+ = \([^)]*\) => new (\w+Command)\([^;]*;$/gm;

/** Settings come from lib/config alone. */
const redisFromEnvironment = /^ {2}static fromEnv\(config\) \{\n[\s\S]*?^ {2}\}$/m;

/** What `postgres` offers besides connections: changes of case, and big integers. */
const postgresExtras = /Object\.assign\(Postgres, \{[\s\S]*?\n\}\)/;

/** Columns for what a table says behind its columns, which is for migrations: they are half of what a table costs at initialization. */
const extraConfigColumns = /const builtColumnsForExtraConfig = [\s\S]*?\n {2}\);/;

/** The types of parameters for the Data API of Aurora; it refers to every kind of column. */
const typing = /^ {2}prepareTyping\(encoder\) \{\n[\s\S]*?^ {2}\}$/m;

/** Relational queries, for which a schema would have to be given, migrations and materialized views. */
const unusedOfDialect =
  /^ {2}(?:async )?(?:migrate|buildRelationalQueryWithoutPK|buildRefreshMaterializedViewQuery)\([\s\S]*?^ {2}\}$/gm;

/** What only `npm run generate` reads: the prose of an operation. */
const prose =
  /^ {4}(?:summary|description):\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`),$/gm;
const redisGroup = /^ {2}get (json|functions|search|vector)\(\) \{\n[\s\S]*?^ {2}\}$/gm;

/** Without its `.meta({ … })`: descriptions and examples of schemas are for the document alone. */
function withoutMeta(source: string): string {
  const start = source.indexOf('.meta({');
  if (start < 0) return source;
  let depth = 0;
  let end = start + '.meta'.length;
  do {
    const quote = /['"`]/.exec(source[end] ?? '')?.[0];
    if (quote) end = endOfString(source, end, quote);
    else if (source[end] === '(') depth++;
    else if (source[end] === ')') depth--;
    end++;
  } while (depth > 0 && end < source.length);
  return source.slice(0, start) + withoutMeta(source.slice(end));
}

/** The minifier keeps the indentation of scripts and SQL, which no server needs. */
function withoutIndentation(source: string): string {
  return /\bdefineScript\(|\bsql`/.test(source) ? source.replace(/^ +/gm, '') : source;
}

function endOfString(source: string, start: number, quote: string): number {
  let end = start + 1;
  while (source[end] !== quote && end < source.length) end += source[end] === '\\' ? 2 : 1;
  return end;
}

/** An esbuild plugin that leaves those modules out: their exports are functions that throw when their result is used. */
const trimBundle: Plugin = {
  name: 'trim-bundle',
  setup(build) {
    build.onLoad({ filter: /\/(lib|functions)\/[^.]*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      return {
        contents: withoutMeta(
          withoutIndentation(path.includes('/functions/') ? source.replace(prose, '') : source),
        ),
        loader: 'ts',
      };
    });
    for (const filter of unused)
      build.onLoad({ filter }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const declared = [...source.matchAll(exported)].flatMap(
          ([, name, list]) => name ?? list?.split(',') ?? [],
        );
        const names = new Set(declared.map((name) => name.split(' as ').at(-1)?.trim()).filter(Boolean));
        const isDefault = source.includes('export default');
        const message = `left out of the bundle: ${path.split('/node_modules/').at(-1)}`;
        const absent = `const absent = () => () => { throw new Error('${message}') };`;
        const exports = [...names].map((name) => `absent as ${name}`).join(', ');
        return { contents: `${absent} export ${isDefault ? 'default absent' : `{ ${exports} }`};` };
      });
    build.onLoad({ filter: /postgres\/src\/index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        postgresExtras,
        'Object.assign(Postgres, { PostgresError })',
      ),
    }));
    build.onLoad({ filter: /drizzle-orm\/pg-core\/dialect\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(unusedOfDialect, '')
        .replace(typing, "  prepareTyping() {\n    return 'none';\n  }"),
    }));
    build.onLoad({ filter: /drizzle-orm\/pg-core\/table\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        extraConfigColumns,
        'const builtColumnsForExtraConfig = {};',
      ),
    }));
    build.onLoad({ filter: /@upstash\/redis\/(chunk-\w+|nodejs)\.mjs$/ }, ({ path }) => {
      const absent = `const absent = (name) => class { constructor() { throw new Error('left out of the bundle: @upstash/redis ' + name) } };`;
      const trimmed = readFileSync(path, 'utf8')
        .replace(redisFromEnvironment, '')
        .replace(redisGroup, '')
        .replace(redisMember, (source, name) => (sentCommands.has(name) ? source : ''))
        .replace(redisClass, (source, name) =>
          sentCommands.has(name) ? source : `var ${name} = /* @__PURE__ */ absent('${name}');`,
        );
      return { contents: absent + trimmed };
    });
  },
};

export default [trimBundle];
